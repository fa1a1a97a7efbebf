"""What was asked beside what is there, in which order things are made, and whose they are: no calls."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import (
    Wanted,
    asked,
    differences,
    joined,
    merged,
    owner_of,
    patch_of,
    speaks_of,
    waves,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

GROUP = "/subscriptions/S/resourceGroups/rg"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg"
NET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/acc"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers"
RULE = {"name": "http", "properties": {"access": "Allow", "sourceAddressPrefixes": ["b", "a"]}}


def want(resource_id: str, **settings):
    return Wanted(resource_id, "1", **settings)


@pytest.mark.parametrize(
    ("body", "have", "lines"),
    [
        ({"location": "Korea Central"}, {"location": "koreacentral", "more": 1}, []),
        ({"location": "koreacentral"}, {"location": "koreasouth"}, ["location: koreasouth instead of koreacentral"]),
        ({"sku": {"name": "A"}}, {}, ["sku: nothing instead of {'name': 'A'}"]),
        ({"tags": {"Team": "x"}}, {"tags": {"team": "x"}}, []),
        ({"p": {"id": NSG}}, {"p": {"id": NSG.upper()}}, []),
        ({"p": []}, {}, []),
        ({"p": ["a", "b"]}, {"p": ["b", "a"]}, []),
        ({"p": ["a"]}, {"p": ["a", "b"]}, ["p: ['a', 'b'] instead of ['a']"]),
        ({"p": False}, {"p": None}, ["p: nothing instead of False"]),
        ({"p": "", "q": []}, {"p": None, "q": None}, []),
    ],
)
def test_only_what_was_asked_is_compared(body, have, lines):
    assert differences(body, have) == lines


def test_members_are_compared_by_name_and_those_of_others_are_told_or_kept():
    extra = {"name": "goupang-dr-ssh-x_1", "properties": {}}
    there = {"rules": [extra, {"name": "HTTP", "properties": {"access": "Deny", "sourceAddressPrefixes": ["a", "b"]}}]}
    wrong = "rules[http].properties.access: Deny instead of Allow"
    assert differences({"rules": [RULE]}, there) == [
        wrong,
        "rules[goupang-dr-ssh-x_1]: nobody asked for it",
    ]
    assert "nobody asked" not in str(differences({"rules": [RULE]}, there, keep=("goupang-dr-ssh-*",)))
    assert differences({"rules": [RULE]}, {"rules": []}) == ["rules[http]: is not there"]


def test_what_is_sent_keeps_what_others_set_and_what_runs_have_made():
    have = {
        "id": "x", "etag": "1", "tags": {"team": "a"},
        "properties": {
            "provisioningState": "Succeeded", "flush": 1,
            "rules": [{"name": "http", "id": "y", "properties": {"priority": 9}}, {"name": "run-1"}, {"name": "stray"}],
        },
    }  # fmt: skip
    body = {"tags": {"goupang-dr": "o"}, "properties": {"rules": [RULE]}}
    assert merged(body, have, ("run-*",)) == {
        "tags": {"team": "a", "goupang-dr": "o"},
        "properties": {
            "flush": 1,
            "rules": [{"name": "http", "properties": {"priority": 9, **RULE["properties"]}}, {"name": "run-1"}],
        },
    }


def test_patch_sends_what_differs_and_all_tags():
    have = {"location": "k", "sku": {"name": "A"}, "tags": {"team": "a"}, "properties": {"tls": "1.0", "kind": "x"}}
    body = {"location": "k", "sku": {"name": "A"}, "tags": {"o": "p"}, "properties": {"tls": "1.2", "kind": "x"}}
    assert patch_of(body, have) == {"tags": {"team": "a", "o": "p"}, "properties": {"tls": "1.2"}}


@pytest.mark.parametrize(
    ("size", "grow", "lines", "sent"),
    [
        (40, "Enabled", [], {}),
        (20, "Enabled", ["properties.storage.size: 20 instead of 32"], {"size": 32, "grow": "Enabled"}),
        (40, "Disabled", ["properties.storage.grow: Disabled instead of Enabled"], {"size": 40, "grow": "Enabled"}),
    ],
)
def test_what_grows_by_itself_is_no_difference_and_is_never_made_smaller(size, grow, lines, sent):
    body = {"properties": {"storage": {"size": 32, "grow": "Enabled"}}}
    have = {"properties": {"storage": {"size": size, "grow": grow}}, "tags": {"goupang-dr": "o"}}
    one = asked(want(NSG, body=body, at_least=("properties.storage.size",)), "o", have)
    assert differences(one, have) == lines
    assert patch_of(one, have) == ({"properties": {"storage": sent}} if sent else {})
    assert asked(want(NSG, body=body, at_least=("properties.storage.size",)), "o")["properties"] == body["properties"]


def test_a_secret_is_laid_over_the_body():
    assert joined({"a": 1, "p": {"x": 1}}, {"p": {"password": "s"}}) == {"a": 1, "p": {"x": 1, "password": "s"}}
    assert "s3cret" not in repr(want(ACCOUNT, secret={"p": "s3cret"}))


def test_a_diff_shows_what_was_asked_about_and_members_of_others():
    have = {"name": "n", "properties": {"rules": [{"name": "http", "id": "y", "properties": {"access": "Deny"}}]}}
    shown = speaks_of({"properties": {"rules": [{"name": "http", "properties": {"access": "Allow"}}]}}, have)
    assert shown == {"properties": {"rules": [{"name": "http", "properties": {"access": "Deny"}}]}}


def test_ids_tell_the_order():
    container, immutable = want(f"{CONTAINER}/a"), want(f"{CONTAINER}/a/immutabilityPolicies/default")
    other, service = want(f"{CONTAINER}/b"), want(f"{ACCOUNT}/blobServices/default")
    subnet = {"properties": {"networkSecurityGroup": {"id": NSG}}}
    net = want(NET, body={"properties": {"subnets": [{"name": "s", **subnet}]}})
    group, nsg, account = want(GROUP), want(NSG), want(ACCOUNT)
    assert waves([group, nsg, account, service, net, container, other, immutable]) == [
        [[group]],
        [[nsg], [account]],
        [[service], [net]],
        [[container, other]],
        [[immutable]],
    ]


@pytest.mark.parametrize("wrong", ["", "nsg", "/subscriptions/S", f"{GROUP}/providers/Microsoft.Network", f"{NSG}/x"])
def test_what_is_no_id_is_refused(wrong):
    with pytest.raises(Refused, match="is no id"):
        _ = want(wrong).root


def test_labels_and_owners():
    assert want(GROUP).label == "resource group rg"
    assert want(f"{CONTAINER}/a").label == "storageAccounts acc/blobServices default/containers a"
    assert (want(GROUP).is_group, want(NSG).is_group, want(f"{CONTAINER}/a").is_part) == (True, False, True)
    assert owner_of({"tags": {"Goupang-DR": "petclinic"}}) == "petclinic"
    assert asked(want(NSG, body={"tags": {"a": "b"}}), "o") == {"tags": {"a": "b", "goupang-dr": "o"}}
    assert asked(want(f"{CONTAINER}/a"), "o") == {}
