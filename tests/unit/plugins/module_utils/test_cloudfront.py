from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._cloudfront import (
    CloudFront,
    Distribution,
    HeadersPolicy,
    already_taken,
    deployed,
    ensure_absent,
    ensure_answering,
    ensure_present,
)
from ansible_collections.goupang.dr.plugins.module_utils._cloudfront_config import (
    ALL_METHODS,
    ALL_VIEWER,
    ErrorPage,
    Origin,
    Wanted,
    being_removed,
    desired,
    headers_of,
    headers_policy,
    summary,
)
from botocore.exceptions import ClientError

from tests.unit.plugins.scripted import Call, FakeClock, Script

PAGE = ErrorPage("/index.html", (400, 404), 503, 300)
APP = Wanted("app", ("dr.example.com",), Origin("vm.example.net", "", "http-only", 8080), pass_viewer_host=True)
WWW = Wanted("www", ("www.example.com",), Origin("blob.example.net", "/maintenance"), error_page=PAGE)


def as_found(want, policy_id=None):
    """What CloudFront gives back of a new distribution: what we asked for, and what it adds."""
    config = desired(None, want, policy_id)
    config.update({"PriceClass": "PriceClass_All", "Logging": {"Enabled": False}, "WebACLId": "acl"})
    config["DefaultCacheBehavior"]["Compress"] = False
    return config


def distribution(config, status="Deployed", version="E1"):
    return Distribution("EDX", "d1.cloudfront.net", "arn:aws:cloudfront::1:distribution/EDX", status, config, version)


POLICY = HeadersPolicy("P1", headers_policy("www", PAGE), "V1")


# -- The comparison -----------------------------------------------------------------


@pytest.mark.parametrize("want", [APP, WWW])
def test_what_was_created_is_what_is_wanted(want):
    have = as_found(want, "P1")
    assert desired(have, want, "P1") == have


def test_the_order_of_lists_is_no_difference():
    want = replace(APP, aliases=("a.example.com", "b.example.com"))
    have = as_found(want)
    have["Aliases"]["Items"].reverse()
    have["DefaultCacheBehavior"]["AllowedMethods"]["Items"].reverse()
    assert desired(have, want, None) == have


def test_what_others_set_is_kept():
    have = as_found(APP)
    have["Origins"]["Items"].append({"Id": "theirs", "DomainName": "theirs.example.com"})
    have["Origins"]["Items"][0]["CustomHeaders"] = {"Quantity": 1, "Items": [{"HeaderName": "a", "HeaderValue": "b"}]}
    have["CustomErrorResponses"] = {"Quantity": 1, "Items": [{"ErrorCode": 500}]}
    now = desired(have, replace(APP, origin=Origin("other.example.net")), None)
    expected = copy.deepcopy(have)
    expected["Origins"]["Items"][0]["DomainName"] = "other.example.net"
    expected["Origins"]["Items"][0]["CustomOriginConfig"].update(HTTPPort=80, OriginProtocolPolicy="https-only")
    assert now == expected


def test_headers_for_the_origin_are_set_whole_and_a_diff_does_not_tell_their_values():
    have = as_found(APP)
    have["Origins"]["Items"][0]["CustomHeaders"] = {"Quantity": 1, "Items": [{"HeaderName": "a", "HeaderValue": "b"}]}
    said = replace(APP.origin, headers={"X-Edge": "hush-hush"})
    now = desired(have, replace(APP, origin=said), None)
    items = [{"HeaderName": "X-Edge", "HeaderValue": "hush-hush"}]
    assert now["Origins"]["Items"][0]["CustomHeaders"] == {"Quantity": 1, "Items": items}
    assert desired(now, replace(APP, origin=replace(said, headers={"x-edge": "hush-hush"})), None) == now
    shown = summary(now)
    assert list(shown["origin"]["headers"]) == ["x-edge"]
    assert shown != summary(desired(now, replace(APP, origin=replace(said, headers={"X-Edge": "other"})), None))
    assert "hush-hush" not in str(shown) + repr(said)


def test_what_is_there_is_not_written_into():
    have = as_found(APP)
    before = copy.deepcopy(have)
    desired(have, replace(APP, origin=Origin("other.example.net"), allowed_methods=("GET", "HEAD")), None)
    assert have == before


def test_the_page_replaces_errors_and_is_not_kept_at_the_edge():
    (item, _other) = desired(None, WWW, "P1")["CustomErrorResponses"]["Items"]
    assert item == {
        "ErrorCode": 400,
        "ResponsePagePath": "/index.html",
        "ResponseCode": "503",
        "ErrorCachingMinTTL": 0,
    }


def test_a_blob_store_is_sent_its_own_name_and_an_application_the_users():
    assert "OriginRequestPolicyId" not in desired(None, WWW, "P1")["DefaultCacheBehavior"]
    config = desired(None, APP, None)
    assert config["DefaultCacheBehavior"]["OriginRequestPolicyId"] == ALL_VIEWER
    config = desired(config, replace(APP, pass_viewer_host=False), None)
    assert "OriginRequestPolicyId" not in config["DefaultCacheBehavior"]


def test_settings_from_before_policies_give_way():
    have = as_found(APP)
    behaviour = have["DefaultCacheBehavior"]
    del behaviour["CachePolicyId"]
    behaviour.update({"ForwardedValues": {"QueryString": True}, "MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 60})
    assert desired(have, APP, None) == as_found(APP)


def test_a_bucket_becomes_a_host():
    have = as_found(APP)
    origin = have["Origins"]["Items"][0]
    del origin["CustomOriginConfig"]
    origin["S3OriginConfig"] = {"OriginAccessIdentity": ""}
    now = desired(have, APP, None)["Origins"]["Items"][0]
    assert "S3OriginConfig" not in now
    assert now["CustomOriginConfig"]["HTTPPort"] == 8080


def test_a_new_certificate_leaves_nothing_of_the_old_one():
    have = as_found(APP)
    have["ViewerCertificate"] = {"ACMCertificateArn": "old", "Certificate": "old", "CertificateSource": "acm"}
    assert desired(have, APP, None) == have
    assert desired(have, replace(APP, certificate_arn="old"), None) == have
    now = desired(have, replace(APP, certificate_arn="new"), None)["ViewerCertificate"]
    assert now["ACMCertificateArn"] == "new"
    assert "Certificate" not in now


def test_the_headers_of_the_page():
    assert headers_of(headers_policy("www", PAGE)) == {"retry-after": "300", "cache-control": "no-store"}


def test_the_summary_speaks_of_all_methods():
    assert summary(desired(None, APP, None))["allowed_methods"] == sorted(ALL_METHODS)


# -- The cycle: check, do, check again, do again --------------------------------------


def test_a_new_distribution_with_its_page():
    created = distribution(as_found(WWW, "P1"), status="InProgress")
    with Script(Call("find", ("www",)), Call("find_policy", ("goupang-dr-www",))) as cloudfront:
        result = ensure_present(cloudfront, WWW, check_mode=True)
    assert result.changed
    assert result.distribution is None
    assert result.after["response_headers_policy"] == "to be created"
    with Script(
        Call("find", ("www",)),
        Call("find_policy", ("goupang-dr-www",)),
        Call("create_policy", (headers_policy("www", PAGE),), "P1"),
        Call("create", (desired(None, WWW, "P1"),), created),
    ) as cloudfront:
        result = ensure_present(cloudfront, WWW, check_mode=False)
    assert result.changed
    assert result.distribution is created


@pytest.mark.parametrize("check_mode", [True, False])
def test_nothing_is_updated_when_it_is_so_already(check_mode):
    have = distribution(as_found(WWW, "P1"))
    with Script(Call("find", ("www",), have), Call("find_policy", ("goupang-dr-www",), POLICY)) as cloudfront:
        result = ensure_present(cloudfront, WWW, check_mode=check_mode)
    assert not result.changed
    assert result.before == result.after
    assert result.distribution == have


def test_an_update_carries_what_was_found():
    have = distribution(as_found(APP))
    want = replace(APP, aliases=())
    config = desired(have.config, want, None)
    with Script(
        Call("find", ("app",), have), Call("update", (have, config), replace(have, config=config))
    ) as cloudfront:
        result = ensure_present(cloudfront, want, check_mode=False)
    assert result.changed
    assert result.distribution.public()["aliases"] == []


def disabled(have, version="E2"):
    return replace(have, config={**have.config, "Enabled": False}, version=version)


def test_one_that_somebody_shut_stays_shut():
    have = disabled(distribution(as_found(APP)))
    with Script(Call("find", ("app",), have)) as cloudfront:
        assert not ensure_present(cloudfront, APP, check_mode=False).changed


def test_a_way_is_shut_and_opened_again_and_nothing_else_of_it_is_touched():
    have = distribution(as_found(APP))
    shut = disabled(have)
    with Script(Call("find", ("app",), have), Call("update", (have, shut.config), shut)) as cloudfront:
        result = ensure_answering(cloudfront, "app", enabled=False, check_mode=False)
    assert (result.changed, result.distribution.public()["enabled"]) == (True, False)
    assert {key for key in result.before if result.before[key] != result.after[key]} == {"enabled"}
    with Script(Call("find", ("app",), shut)) as cloudfront:
        assert not ensure_answering(cloudfront, "app", enabled=False, check_mode=False).changed
    with Script(Call("find", ("app",), shut)) as cloudfront:
        result = ensure_answering(cloudfront, "app", enabled=True, check_mode=True)
    assert (result.changed, result.distribution.config) == (True, have.config)


def test_a_way_that_is_not_there_cannot_be_shut():
    with Script(Call("find", ("app",))) as cloudfront, pytest.raises(errors.Missing, match="caller reference app"):
        ensure_answering(cloudfront, "app", enabled=False, check_mode=False)


def test_other_headers_are_a_change_of_their_own():
    have = distribution(as_found(WWW, "P1"))
    want = replace(WWW, error_page=replace(PAGE, retry_after=60))
    with Script(
        Call("find", ("www",), have),
        Call("find_policy", ("goupang-dr-www",), POLICY),
        Call("update_policy", (POLICY, headers_policy("www", want.error_page))),
    ) as cloudfront:
        result = ensure_present(cloudfront, want, check_mode=False)
    assert result.changed
    assert (result.before["headers"]["retry-after"], result.after["headers"]["retry-after"]) == ("300", "60")


def test_absent_disables_waits_and_deletes():
    have = distribution(as_found(WWW, "P1"))
    disabled = replace(have, config=being_removed(have.config), status="InProgress", version="E2")
    gone = replace(disabled, status="Deployed")
    find = [Call("find", ("www",), have), Call("find_policy", ("goupang-dr-www",), POLICY)]
    with Script(*find) as cloudfront:
        assert ensure_absent(cloudfront, "www", 60, FakeClock(), check_mode=True).changed
    with Script(
        *find,
        Call("update", (have, disabled.config), disabled),
        Call("get", ("EDX",), disabled),
        Call("get", ("EDX",), gone),
        Call("delete", (gone,)),
        Call("delete_policy", (POLICY,)),
    ) as cloudfront:
        assert ensure_absent(cloudfront, "www", 60, FakeClock(), check_mode=False).changed
    with Script(Call("find", ("www",)), Call("find_policy", ("goupang-dr-www",))) as cloudfront:
        assert not ensure_absent(cloudfront, "www", 60, FakeClock(), check_mode=False).changed


def test_what_a_removal_that_stopped_half_way_has_shut_is_opened_again():
    have = distribution(as_found(replace(APP, comment="the application")))

    class Edges:
        """CloudFront with this one distribution, whose edges never get done."""

        delete = None

        def find(self, _reference):
            return have

        def find_policy(self, _name):
            return None

        def get(self, _id):
            return have

        def update(self, _have, config):
            nonlocal have
            have = distribution(config, status="InProgress")
            return have

    with pytest.raises(errors.DeadlinePassed):
        ensure_absent(Edges(), "app", 6, FakeClock(), check_mode=False)
    assert not have.config["Enabled"]
    for want in (APP, replace(APP, comment="the application")):
        with pytest.raises(errors.DeadlinePassed):
            ensure_absent(Edges(), "app", 6, FakeClock(), check_mode=False)
        result = ensure_present(Edges(), want, check_mode=False)
        assert (result.changed, have.config["Enabled"], have.config["Comment"]) == (True, True, "the application")
        assert not ensure_present(Edges(), want, check_mode=False).changed


def test_a_removal_opens_nothing_that_somebody_else_has_shut():
    have = disabled(distribution(as_found(APP), status="InProgress"))
    found = [Call("find", ("app",), have), Call("find_policy", ("goupang-dr-app",)), *[Call("get", ("EDX",), have)] * 4]
    with Script(*found) as cloudfront, pytest.raises(errors.DeadlinePassed):
        ensure_absent(cloudfront, "app", 6, FakeClock(), check_mode=False)
    with Script(Call("find", ("app",), have)) as cloudfront:
        assert not ensure_present(cloudfront, APP, check_mode=False).changed


def test_waiting_for_the_edges_has_a_deadline():
    have = distribution(as_found(APP), status="InProgress")
    with (
        Script(*[Call("get", ("EDX",), have)] * 4) as cloudfront,
        pytest.raises(errors.DeadlinePassed, match="distribution EDX to be deployed"),
    ):
        deployed(cloudfront, have, 6, FakeClock())


# -- The API ---------------------------------------------------------------------------


class Pages:
    def __init__(self, *items):
        self._items = items

    def paginate(self):
        return [{"DistributionList": {"Items": list(self._items)}}, {"DistributionList": {"Quantity": 0}}]


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": "because"}}, "UpdateDistribution")


def update(config, error):
    return Call("update_distribution", (), refused(error), {"Id": "EDX", "IfMatch": "E1", "DistributionConfig": config})


@pytest.mark.parametrize("code", ["PreconditionFailed", "InvalidIfMatchVersion"])
def test_somebody_elses_change_is_not_overwritten(code):
    have = distribution(as_found(APP))
    with Script(update(have.config, code)) as client, pytest.raises(errors.Refused, match="Somebody else"):
        CloudFront(client).update(have, have.config)


def test_a_taken_name_tells_by_whom():
    have = distribution(as_found(APP))
    own = {"Id": "EDX", "DomainName": "d1.cloudfront.net", "Aliases": {"Items": ["dr.example.com"]}}
    other = {"Id": "EOTHER", "DomainName": "d2.cloudfront.net", "Aliases": {"Items": ["dr.example.com"]}}
    with (
        Script(
            update(have.config, "CNAMEAlreadyExists"), Call("get_paginator", ("list_distributions",), Pages(own, other))
        ) as client,
        pytest.raises(errors.Refused, match=r"taken: dr\.example\.com by distribution EOTHER \(d2"),
    ):
        CloudFront(client).update(have, have.config)


def test_a_name_taken_in_another_account():
    assert "of another account" in already_taken([], as_found(APP))


def test_the_distribution_is_found_by_its_reference():
    def found(reference):
        config = {**as_found(APP), "CallerReference": reference}
        answer = {"Id": reference, "DomainName": "d", "ARN": "a", "Status": "Deployed", "DistributionConfig": config}
        return Call("get_distribution", (), {"Distribution": answer, "ETag": "E1"}, {"Id": reference})

    listed = Call("get_paginator", ("list_distributions",), Pages({"Id": "other"}, {"Id": "app"}, {"Id": "more"}))
    with Script(listed, found("other"), found("app")) as client:
        assert CloudFront(client).find("app").id == "app"
    with Script(Call("get_paginator", ("list_distributions",), Pages())) as client:
        assert CloudFront(client).find("app") is None
