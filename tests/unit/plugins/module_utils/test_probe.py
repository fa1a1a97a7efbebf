from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._probe import (
    Page,
    Probe,
    Resolution,
    Wanted,
    asked_everywhere,
    look,
    look_until_all_hold,
    resolve,
)

from tests.unit.plugins.scripted import Call, FakeClock, Script

DNS = "192.0.2.53"
SITE = Resolution(("198.51.100.7",), 60)
OTHER = Resolution(("203.0.113.9",), 60)
OK = Page(200, {"x-served-by": "secondary", "set-cookie": "id=1"}, "<h1>Owners</h1>")


def probe(**kwargs):
    return Probe(**{"name": "dr", "url": "https://dr.example.com/owners", "resolver": DNS, **kwargs})


def asked(page=OK, resolution=SITE, of=None, body=None):
    question = of or probe()
    return [
        Call("resolve", ("dr.example.com", DNS), resolution),
        Call("fetch", (question, "198.51.100.7", body), page),
    ]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Wanted(status=(200, 204)), ""),
        (Wanted(status=(503,)), "the status is 200, expected 503"),
        (Wanted(header={"X-Served-By": "secondary"}), ""),
        (Wanted(header={"X-Served-By": "primary"}), "the header X-Served-By is secondary, expected primary"),
        (Wanted(header={"Retry-After": "300"}), "there is no header Retry-After, expected 300"),
        (Wanted(contains="Owners"), ""),
        (Wanted(contains="Vets"), "the page lacks the text, expected 'Vets'"),
    ],
)
def test_expectations_of_a_page(wanted, reason):
    question = probe(expect=wanted)
    with Script(*asked(of=question)) as world:
        answer = look(world, question, FakeClock())
    assert answer.public()["why"] == reason
    assert answer.ok is (reason == "")


@pytest.mark.parametrize(
    ("wanted", "ok"),
    [
        (Wanted(header={"X-Served-By": "primary"}), True),
        (Wanted(header={"X-Served-By": "secondary"}), False),
        (Wanted(status=(200,)), False),
        (Wanted(contains="Owners"), False),
    ],
)
def test_what_is_forbidden(wanted, ok):
    question = probe(forbid=wanted)
    with Script(*asked(of=question)) as world:
        answer = look(world, question, FakeClock())
    assert answer.ok is ok
    assert ("forbidden" in answer.public()["why"]) is not ok


@pytest.mark.parametrize(("others", "ok"), [(SITE, True), (OTHER, False)])
def test_two_names_with_one_address(others, ok):
    question = Probe("www", domain="www.example.com", resolver=DNS, expect=Wanted(address_of="page.example.net"))
    with Script(
        Call("resolve", ("www.example.com", DNS), SITE), Call("resolve", ("page.example.net", DNS), others)
    ) as world:
        answer = look(world, question, FakeClock())
    assert answer.ok is ok
    assert answer.public()["ttl"] == 60


def test_a_pinned_address_asks_no_dns_and_a_form_is_encoded():
    question = probe(address="198.51.100.7", method="POST", body={"lastName": "Kim & Lee"})
    with Script(asked(of=question, body=b"lastName=Kim+%26+Lee")[1]) as world:
        assert look(world, question, FakeClock()).ok


def test_whatever_stands_in_the_way_is_the_reason():
    with Script(Call("resolve", ("dr.example.com", DNS), errors.Missing("no such name"))) as world:
        answer = look(world, probe(forbid=Wanted(status=(200,))), FakeClock())
    assert answer.public()["why"] == "no such name"
    assert answer.public()["address"] is None


def test_a_url_without_a_host_is_a_reason_too():
    with Script() as world:
        assert "is not a URL of a site" in look(world, probe(url="dr.example.com/owners"), FakeClock()).why[0]


def test_headers_of_interest_and_those_that_are_named_are_told_but_no_cookies():
    with Script(*asked()) as world:
        assert look(world, probe(), FakeClock()).public()["headers"] == {"x-served-by": "secondary"}


def test_it_goes_on_until_all_hold_at_once():
    first, second = probe(expect=Wanted(status=(200,))), probe(name="b", expect=Wanted(status=(200,)))
    down = Page(502, {}, "")
    with Script(
        *asked(of=first),
        *asked(down, of=second),
        *asked(down, of=first),
        *asked(of=second),
        *asked(of=first),
        *asked(of=second),
    ) as world:
        clock = FakeClock()
        answers = look_until_all_hold(world, [first, second], 60, 2, clock)
    assert [answer.ok for answer in answers] == [True, True]
    assert clock.time == 4


def test_a_write_that_was_accepted_is_not_repeated():
    write = probe(name="write", method="POST", body={"a": "b"}, expect=Wanted(status=(200,)))
    read = probe(name="read", expect=Wanted(contains="Owners"))
    with Script(*asked(of=write, body=b"a=b"), *asked(Page(200, {}, ""), of=read), *asked(of=read)) as world:
        assert all(answer.ok for answer in look_until_all_hold(world, [write, read], 60, 2, FakeClock()))


def test_time_is_up_and_the_last_answers_tell_why():
    question = probe(expect=Wanted(status=(503,)))
    with Script(*asked(of=question), *asked(of=question)) as world:
        (answer,) = look_until_all_hold(world, [question], 2, 2, FakeClock())
    assert not answer.ok


@pytest.mark.parametrize("probes", [[], [probe(), probe()]])
def test_no_probes_or_two_of_one_name_are_refused(probes):
    with Script() as world, pytest.raises(errors.DrError, match="name of its own"):
        look_until_all_hold(world, probes, 0, 1, FakeClock())


def test_each_probe_is_asked_at_each_resolver_unless_it_says_otherwise():
    probes = [
        Probe("www", url="https://www"),
        Probe("own", url="https://own", resolver=DNS),
        Probe("pin", address="::1"),
    ]
    at_two = asked_everywhere(probes, ["192.0.2.1", "192.0.2.2"])
    assert [(probe.name, probe.resolver) for probe in at_two] == [
        ("www, by 192.0.2.1", "192.0.2.1"),
        ("www, by 192.0.2.2", "192.0.2.2"),
        ("own", DNS),
        ("pin", None),
    ]
    assert [probe.name for probe in asked_everywhere(probes, ["192.0.2.1"])] == ["www", "own", "pin"]
    assert asked_everywhere(probes, []) == probes


def test_a_site_is_seen_before_dns_leads_to_it():
    class World:
        def resolve(self, name, resolver):
            assert (name, resolver) == ("d1.cloudfront.net", DNS)
            return Resolution(("192.0.2.7",), 60)

    probe = Probe("dr", url="https://dr.example.com/", via="d1.cloudfront.net", resolver=DNS)
    assert resolve(World(), probe).addresses == ("192.0.2.7",)
