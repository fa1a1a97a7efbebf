"""The two ways in which users keep addresses, and what the lab's DNS is asked."""

from __future__ import annotations

import socket
import threading

import dns.message
import dns.rrset
import pytest

from lab.watch.resolve import STALE_SECONDS, Follower, Lookup, ResolveError, Stale, authoritative

WWW = "www.petclinic.lab"


class Script:
    """Answers in order, and fails on a question too many."""

    def __init__(self, *answers: Lookup | ResolveError) -> None:
        self._answers = list(answers)

    def __call__(self, name: str) -> Lookup:
        assert name == WWW
        answer = self._answers.pop(0)
        if isinstance(answer, ResolveError):
            raise answer
        return answer


class Now:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_follower_keeps_an_answer_for_its_ttl_and_no_longer() -> None:
    now = Now()
    follower = Follower(Script(Lookup("10.0.0.1", 60), Lookup("10.0.0.2", 60)), now)
    assert follower.address(WWW) == "10.0.0.1"
    now.seconds += 59.9
    assert follower.address(WWW) == "10.0.0.1"
    now.seconds += 0.1
    assert follower.address(WWW) == "10.0.0.2"


def test_follower_does_not_learn_from_an_address_that_is_dead() -> None:
    follower = Follower(Script(Lookup("10.0.0.1", 60)), Now())
    follower.address(WWW)
    follower.unanswered(WWW)
    assert follower.address(WWW) == "10.0.0.1"


def test_an_error_is_not_kept() -> None:
    follower = Follower(Script(ResolveError("no"), Lookup("10.0.0.1", 60)), Now())
    with pytest.raises(ResolveError):
        follower.address(WWW)
    assert follower.address(WWW) == "10.0.0.1"


def test_stale_ignores_the_ttl_until_nobody_answers() -> None:
    now = Now()
    stale = Stale(Script(Lookup("10.0.0.1", 60), Lookup("10.0.0.2", 60)), now)
    assert stale.address(WWW) == "10.0.0.1"
    now.seconds += STALE_SECONDS - 1
    assert stale.address(WWW) == "10.0.0.1"
    stale.unanswered(WWW)
    assert stale.address(WWW) == "10.0.0.2"


def test_stale_asks_again_after_fifteen_minutes() -> None:
    now = Now()
    stale = Stale(Script(Lookup("10.0.0.1", 60), Lookup("10.0.0.2", 60)), now)
    stale.address(WWW)
    now.seconds += STALE_SECONDS
    assert stale.address(WWW) == "10.0.0.2"


def test_a_server_that_refuses_connections_is_a_resolve_error() -> None:
    with pytest.raises(ResolveError, match="DNS does not answer"):
        authoritative("127.0.0.1", timeout_seconds=0.2, port=1)(WWW)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([(WWW, 60, "A", "10.1.1.1")], Lookup("10.1.1.1", 60)),
        ([(WWW, 5, "CNAME", "d1.cloudfront.net."), ("d1.cloudfront.net", 60, "A", "10.1.1.3")], Lookup("10.1.1.3", 5)),
    ],
)
def test_the_address_at_the_end_of_the_chain_and_its_shortest_ttl(
    records: list[tuple[str, int, str, str]], expected: Lookup
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def serve() -> None:
            packet, client = server.recvfrom(4096)
            response = dns.message.make_response(dns.message.from_wire(packet))
            response.answer = [
                dns.rrset.from_text(name + ".", ttl, "IN", kind, value) for name, ttl, kind, value in records
            ]
            server.sendto(response.to_wire(), client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            assert authoritative("127.0.0.1", port=server.getsockname()[1])(WWW) == expected
        finally:
            thread.join(5)
