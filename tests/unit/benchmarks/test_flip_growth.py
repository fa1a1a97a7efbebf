from __future__ import annotations

from benchmarks.flip.growth import Gate


def gate() -> tuple[Gate, list[float]]:
    """With the clock's moment, to be moved."""
    moment = [100.0]
    return Gate(lambda environ, start: [b"answer"], clock=lambda: moment[0]), moment


def test_five_a_second_pass_and_the_others_are_throttled() -> None:
    taking, moment = gate()
    assert [taking.admits() for _ in range(7)] == [True] * 5 + [False] * 2
    moment[0] += 0.4
    assert [taking.admits() for _ in range(3)] == [True, True, False]
    moment[0] += 60
    assert [taking.admits() for _ in range(6)] == [True] * 5 + [False]
    assert taking.counts() == (12, 4)
    assert taking.counts() == (0, 0)


def test_a_throttled_caller_gets_what_route_53_says() -> None:
    taking, _moment = gate()
    taking.limits = True
    said: list[str] = []
    bodies = [b"".join(taking({}, lambda status, headers: said.append(status))) for _ in range(6)]
    assert bodies[:5] == [b"answer"] * 5
    assert (said, b"<Code>Throttling</Code>" in bodies[5]) == (["400 Bad Request"], True)
