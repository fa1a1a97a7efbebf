from __future__ import annotations

from pathlib import Path

import pytest

from lab import breaks, throttle
from lab import facts as lab_facts
from lab.facts import Facts
from lab.podman import Podman
from lab.throttle import Throttle


def test_nothing_is_refused_without_an_order(tmp_path: Path) -> None:
    unordered = Throttle(tmp_path / "throttled")
    assert [unordered.refuses("GET /a") for _ in range(8)] == [None] * 8


def test_the_first_of_four_requests_for_the_same_thing_is_refused(tmp_path: Path) -> None:
    order = tmp_path / "throttled"
    order.touch()
    ordered = Throttle(order)
    assert [ordered.refuses("GET /a") for _ in range(5)] == [0, None, None, None, 1]
    assert ordered.refuses("GET /b") == 2
    order.unlink()
    assert ordered.refuses("GET /c") is None
    order.touch()
    assert ordered.refuses("GET /a") == 0


def test_broken_and_healed_again_and_again(tmp_path: Path, facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    orders = throttle.orders(lab_facts.home())
    for order in orders:
        order.parent.mkdir(parents=True)
    asked: list[str] = []

    def asks_to_wait(url: str, ca_bundle: str) -> bool:
        assert all(order.exists() for order in orders)
        asked.append(url)
        # The second time: an emulator may be a moment late.
        return len(asked) % 2 == 0

    act, undo = breaks.throttled(asks_to_wait)
    for deed, there in ((act, True), (act, True), (undo, False), (undo, False)):
        deed(Podman({}), facts)
        assert [order.exists() for order in orders] == [there] * 2
    assert len(set(asked)) == len(asked) == 2 * 2 * len(throttle.doors(facts))
