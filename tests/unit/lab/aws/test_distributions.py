from __future__ import annotations

import time
import typing as t

import pytest
from botocore.exceptions import ClientError

from lab.aws.gaps.distribution_versions import DEPLOYMENT_SECONDS

METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
PAGE = {"ErrorCode": 404, "ResponseCode": "503", "ResponsePagePath": "/index.html", "ErrorCachingMinTTL": 0}


def configuration(reference: str, *aliases: str, **settings: t.Any) -> dict[str, t.Any]:
    origin = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    return {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
        "Aliases": {"Quantity": len(aliases), "Items": list(aliases)},
        "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "o.lab", "CustomOriginConfig": origin}]},
        "CustomErrorResponses": {"Quantity": 1, "Items": [PAGE]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "o",
            "ViewerProtocolPolicy": "allow-all",
            "AllowedMethods": {"Quantity": len(METHODS), "Items": METHODS},
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
        },
        **settings,
    }


def created(cloudfront: t.Any, *names: str, **settings: t.Any) -> tuple[str, str]:
    answer = cloudfront.create_distribution(DistributionConfig=configuration(*names, **settings))
    return answer["Distribution"]["Id"], answer["ETag"]


def refused(call: t.Callable[[], t.Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_what_is_read_is_what_was_written(cloudfront: t.Any) -> None:
    identifier, _ = created(cloudfront, "1", "www.petclinic.lab")
    config = cloudfront.get_distribution_config(Id=identifier)["DistributionConfig"]
    behaviour = config["DefaultCacheBehavior"]
    assert sorted(behaviour["AllowedMethods"]["Items"]) == sorted(METHODS)
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behaviour["OriginRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    assert not behaviour.keys() & {"ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"}
    assert config["CustomErrorResponses"]["Items"] == [PAGE]


def test_what_is_read_can_be_written_back(cloudfront: t.Any) -> None:
    identifier, _ = created(cloudfront, "1", "www.petclinic.lab")
    answer = cloudfront.get_distribution_config(Id=identifier)
    cloudfront.update_distribution(
        Id=identifier, IfMatch=answer["ETag"], DistributionConfig=answer["DistributionConfig"]
    )
    assert cloudfront.get_distribution_config(Id=identifier)["DistributionConfig"] == answer["DistributionConfig"]


def test_a_certificate_of_its_own_is_not_the_default_one(cloudfront: t.Any) -> None:
    certificate = {"ACMCertificateArn": "arn:aws:acm:us-east-1:1:certificate/x", "SSLSupportMethod": "sni-only"}
    identifier, _ = created(cloudfront, "1", ViewerCertificate=certificate)
    config = cloudfront.get_distribution_config(Id=identifier)["DistributionConfig"]
    assert config["ViewerCertificate"]["CloudFrontDefaultCertificate"] is False


def test_an_alternate_name_belongs_to_one_distribution(cloudfront: t.Any) -> None:
    created(cloudfront, "1", "www.petclinic.lab")
    other, etag = created(cloudfront, "2", "dr.petclinic.lab")
    taken = configuration("2", "dr.petclinic.lab", "WWW.petclinic.lab")
    assert refused(lambda: created(cloudfront, "3", "www.petclinic.lab")) == ("CNAMEAlreadyExists", 409)
    assert refused(lambda: cloudfront.update_distribution(Id=other, IfMatch=etag, DistributionConfig=taken)) == (
        "CNAMEAlreadyExists",
        409,
    )
    with_tags = {"DistributionConfig": configuration("4", "www.petclinic.lab"), "Tags": {"Items": []}}
    assert refused(lambda: cloudfront.create_distribution_with_tags(DistributionConfigWithTags=with_tags)) == (
        "CNAMEAlreadyExists",
        409,
    )


def test_a_stale_etag_is_refused(cloudfront: t.Any) -> None:
    identifier, etag = created(cloudfront, "1")
    config = configuration("1", "www.petclinic.lab")
    fresh = cloudfront.update_distribution(Id=identifier, IfMatch=etag, DistributionConfig=config)["ETag"]
    assert fresh != etag
    assert refused(lambda: cloudfront.update_distribution(Id=identifier, IfMatch=etag, DistributionConfig=config)) == (
        "PreconditionFailed",
        412,
    )
    assert refused(lambda: cloudfront.update_distribution(Id=identifier, DistributionConfig=config)) == (
        "InvalidIfMatchVersion",
        400,
    )


def test_a_change_is_deployed_after_a_moment(cloudfront: t.Any) -> None:
    def status() -> str:
        return str(cloudfront.get_distribution(Id=identifier)["Distribution"]["Status"])

    identifier, etag = created(cloudfront, "1")
    time.sleep(DEPLOYMENT_SECONDS + 0.1)
    assert status() == "Deployed"
    cloudfront.update_distribution(Id=identifier, IfMatch=etag, DistributionConfig=configuration("1", "a.lab"))
    assert status() == "InProgress"
    cloudfront.get_waiter("distribution_deployed").wait(
        Id=identifier, WaiterConfig={"Delay": 1, "MaxAttempts": DEPLOYMENT_SECONDS + 2}
    )


def test_an_enabled_distribution_is_not_deleted(cloudfront: t.Any) -> None:
    identifier, etag = created(cloudfront, "1")
    assert refused(lambda: cloudfront.delete_distribution(Id=identifier, IfMatch=etag)) == (
        "DistributionNotDisabled",
        409,
    )
    disabled = configuration("1", Enabled=False)
    etag = cloudfront.update_distribution(Id=identifier, IfMatch=etag, DistributionConfig=disabled)["ETag"]
    assert refused(lambda: cloudfront.delete_distribution(Id=identifier, IfMatch="X"))[0] == "PreconditionFailed"
    cloudfront.delete_distribution(Id=identifier, IfMatch=etag)
    assert refused(lambda: cloudfront.get_distribution(Id=identifier))[0] == "NoSuchDistribution"


@pytest.mark.parametrize("page", [{**PAGE, "ErrorCode": 409}, {**PAGE, "ResponsePagePath": ""}])
def test_error_pages_are_those_that_cloudfront_has(cloudfront: t.Any, page: dict[str, t.Any]) -> None:
    pages = {"Quantity": 1, "Items": [page]}
    assert refused(lambda: created(cloudfront, "1", CustomErrorResponses=pages)) == ("InvalidArgument", 400)


def policy(name: str, value: str = "120") -> dict[str, t.Any]:
    header = {"Header": "Retry-After", "Value": value, "Override": True}
    return {"Name": name, "Comment": "", "CustomHeadersConfig": {"Quantity": 1, "Items": [header]}}


def test_response_headers_policies(cloudfront: t.Any) -> None:
    answer = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy("page"))
    identifier, etag = answer["ResponseHeadersPolicy"]["Id"], answer["ETag"]
    assert refused(lambda: cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy("page"))) == (
        "ResponseHeadersPolicyAlreadyExists",
        409,
    )
    found = cloudfront.get_response_headers_policy_config(Id=identifier)
    assert (found["ResponseHeadersPolicyConfig"], found["ETag"]) == (policy("page"), etag)
    changed = cloudfront.update_response_headers_policy(
        Id=identifier, IfMatch=etag, ResponseHeadersPolicyConfig=policy("page", "60")
    )
    read = cloudfront.get_response_headers_policy(Id=identifier)
    assert read["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"] == policy("page", "60")
    listed = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
    assert [one["ResponseHeadersPolicy"]["Id"] for one in listed["Items"]] == [identifier]
    assert cloudfront.list_response_headers_policies(Type="managed")["ResponseHeadersPolicyList"]["Quantity"] == 0
    assert refused(lambda: cloudfront.delete_response_headers_policy(Id=identifier, IfMatch=etag)) == (
        "PreconditionFailed",
        412,
    )
    cloudfront.delete_response_headers_policy(Id=identifier, IfMatch=changed["ETag"])
    assert refused(lambda: cloudfront.get_response_headers_policy(Id=identifier)) == (
        "NoSuchResponseHeadersPolicy",
        404,
    )


def test_a_policy_in_use_is_not_deleted(cloudfront: t.Any) -> None:
    answer = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy("page"))
    identifier = answer["ResponseHeadersPolicy"]["Id"]
    behaviour = {**configuration("1")["DefaultCacheBehavior"], "ResponseHeadersPolicyId": identifier}
    created(cloudfront, "1", DefaultCacheBehavior=behaviour)
    assert refused(lambda: cloudfront.delete_response_headers_policy(Id=identifier, IfMatch=answer["ETag"])) == (
        "ResponseHeadersPolicyInUse",
        409,
    )
