"""What a user records, for each thing that can happen to a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.facts import DATA_MARKER, DATA_PATH
from lab.watch import records
from lab.watch.fetch import FetchError, Request, Response
from lab.watch.records import Answer, Write
from lab.watch.resolve import ResolveError
from lab.watch.user import PAGE_MARKER, SiteAt, Times, User, new_id, nowhere

DR = "dr.petclinic.lab"
ID = "watch-1"


@dataclass
class Addresses:
    found: str | ResolveError = "10.0.0.11"
    dead: list[str] = field(default_factory=list)

    def address(self, name: str) -> str:
        if isinstance(self.found, ResolveError):
            raise self.found
        return self.found

    def unanswered(self, name: str) -> None:
        self.dead.append(name)


class Script:
    """Requests that are expected, each with its answer; a request too many fails."""

    def __init__(self, *calls: tuple[str, str, Response | FetchError]) -> None:
        self.calls = list(calls)

    def __call__(self, address: str, request: Request) -> Response:
        method, path, answer = self.calls.pop(0)
        assert (request.method, request.path) == (method, path)
        if isinstance(answer, FetchError):
            raise answer
        return answer


class Sink(list[Any]):
    pass


def user(script: Script, addresses: Addresses | None = None, site_at: SiteAt = nowhere, **page: str) -> User:
    ticks = iter(range(100, 1000))
    times = Times(now=lambda: float(next(ticks)), utc=lambda: "2026-01-04T03:00:00.000Z")
    known = addresses or Addresses()
    return User(records.FOLLOWER, known, script, Sink(), Sink(), times, lambda: ID, site_at, **page)


def page(body: str = DATA_MARKER, site: str = "primary", status: int = 200) -> Response:
    return Response(status, {"x-served-by": site}, body)


def test_a_page_with_data() -> None:
    somebody = user(Script(("GET", DATA_PATH, page())))
    answer = somebody.look(DR)
    assert answer == Answer(
        at="2026-01-04T03:00:00.000Z",
        asked=100.0,
        user="follower",
        name=DR,
        latency_ms=1000.0,
        address="10.0.0.11",
        status=200,
        served_by="primary",
        data=True,
    )
    assert somebody.answers == [answer]


@pytest.mark.parametrize(
    ("response", "served_by", "data", "usable"),
    [
        (page(body="no rows"), "primary", False, True),
        (Response(503, {}, f"<html {PAGE_MARKER}>"), "page", False, True),
        (Response(503, {}, "Service Unavailable"), None, False, False),
        (page(status=503, site="secondary"), "secondary", False, False),
        (Response(502, {}, "Bad Gateway"), None, False, False),
    ],
)
def test_who_served(response: Response, served_by: str | None, data: bool, usable: bool) -> None:
    answer = user(Script(("GET", DATA_PATH, response))).look(DR)
    assert (answer.served_by, answer.data, answer.usable) == (served_by, data, usable)


@pytest.mark.parametrize(
    ("response", "served_by"),
    [
        (Response(200, {}, "rows: 11"), "secondary"),
        (Response(302, {"location": "/login"}), "secondary"),
        (Response(200, {"x-served-by": "node-3"}, "rows: 11"), "secondary"),
        (page(site="primary"), "primary"),
        (Response(404, {}, "no such page"), None),
        (Response(502, {}, "Bad Gateway"), None),
        (Response(503, {}, f"<html {PAGE_MARKER}>"), "page"),
    ],
)
def test_who_served_an_application_that_does_not_say_it(response: Response, served_by: str | None) -> None:
    """The address says it; an error may be a proxy's."""
    sites = {(DR, "10.0.0.11"): "secondary"}
    foreign = user(
        Script(("GET", "/rows.jsp", response)),
        site_at=lambda name, address: sites.get((name, address)),
        data_path="/rows.jsp",
        data_marker="rows: 11",
    )
    answer = foreign.look(DR)
    assert (answer.served_by, answer.data) == (served_by, response.body == "rows: 11")


def test_a_look_that_finds_no_address() -> None:
    answer = user(Script(), Addresses(ResolveError("DNS has no address"))).look(DR)
    assert (answer.address, answer.status, answer.error, answer.usable) == (None, None, "DNS has no address", False)


@pytest.mark.parametrize(("sent", "dead"), [(False, [DR]), (True, [])])
def test_only_an_address_without_a_connection_is_reported_as_dead(sent: bool, dead: list[str]) -> None:
    addresses = Addresses()
    answer = user(Script(("GET", DATA_PATH, FetchError("timed out", sent=sent))), addresses).look(DR)
    assert (answer.error, addresses.dead) == ("timed out", dead)


def test_a_write_is_in_the_ledger_before_it_is_sent_and_after_it_is_read_back() -> None:
    created = Response(303, {"location": f"https://{DR}/owners/7", "x-served-by": "secondary"})
    script = Script(("POST", "/owners", created), ("GET", "/owners/7", page(body=f"<td>{ID}</td>")))
    somebody = user(script)
    write = somebody.write(DR)
    assert [entry.outcome for entry in somebody.ledger] == ["asked", "acknowledged"]
    assert (write.served_by, write.read_back, write.answered) == ("secondary", True, 101.0)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Response(503, {}, "This copy is read-only"), "refused"),
        (Response(400, {}, "lastName: too long"), "refused"),
        (Response(200, {}, "the form again"), "refused"),
        (Response(502, {}, "Bad Gateway"), "unknown"),
        (Response(504, {}, "Gateway Timeout"), "unknown"),
        (FetchError("connect: timed out", sent=False), "refused"),
        (FetchError("answer: timed out", sent=True), "unknown"),
    ],
)
def test_outcomes_without_an_acknowledgement(answer: Response | FetchError, outcome: str) -> None:
    write = user(Script(("POST", "/owners", answer))).write(DR)
    assert (write.outcome, write.read_back) == (outcome, False)


@pytest.mark.parametrize(
    ("back", "error"),
    [
        (page(body="somebody else"), None),
        (FetchError("answer: timed out", sent=True), "read back: answer: timed out"),
    ],
)
def test_acknowledged_and_not_read_back_is_still_acknowledged(back: Response | FetchError, error: str | None) -> None:
    created = Response(303, {"location": "/owners/7", "x-served-by": "primary"})
    write = user(Script(("POST", "/owners", created), ("GET", "/owners/7", back))).write(DR)
    assert (write.outcome, write.read_back, write.error) == ("acknowledged", False, error)


def test_a_write_that_finds_no_address_was_never_sent() -> None:
    write: Write = user(Script(), Addresses(ResolveError("DNS has no address"))).write(DR)
    assert (write.outcome, write.error) == ("refused", "DNS has no address")


def test_ids_fit_into_petclinics_last_name() -> None:
    assert len(new_id()) <= 30
    assert new_id() != new_id()
