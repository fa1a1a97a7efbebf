from __future__ import annotations

from typing import Any

from lab.crash import points
from lab.crash.points import AFTER, Point, Task

TRAFFIC = "goupang.dr.traffic : The primary counts as unhealthy"
DATABASE = "goupang.dr.database : Load it"
PAGE = "goupang.dr.page : The page is published"


def ended(task: str, outcome: str = "changed", seconds: float = 1.0, host: str = "localhost") -> dict[str, Any]:
    return {"event": "task", "play": "P", "task": task, "host": host, "outcome": outcome, "seconds": seconds}


def test_what_changed_is_a_point_on_its_host_and_by_its_number() -> None:
    journal = [
        {"event": "task_start", "play": "P", "task": PAGE, "host": "localhost"},
        ended(PAGE),
        ended(PAGE, "ok"),
        ended(PAGE, host="machine"),
        ended(PAGE, seconds=2.0),
    ]
    assert points.changing("failover", journal) == [
        (Task("failover", "P", PAGE, "localhost", 1), 1.0),
        (Task("failover", "P", PAGE, "machine", 1), 1.0),
        (Task("failover", "P", PAGE, "localhost", 3), 2.0),
    ]


def test_what_only_starts_a_change_is_a_point_too() -> None:
    name = "goupang.dr.database : The newest valid backup is being loaded, into a schema of its own"
    assert [task.task for task, _ in points.changing("warm_up", [ended(name, "ok"), ended(PAGE, "ok")])] == [name]


def test_a_long_task_is_struck_more_often() -> None:
    short, long = Task("failover", "P", PAGE, "h", 1), Task("failover", "P", DATABASE, "h", 1)
    found = points.of([(short, 1.0), (long, 10.0)])
    assert [(point.task, point.part) for point in found] == [
        *[(short, 0.5), (short, AFTER)],
        *[(long, 0.15), (long, 0.5), (long, 0.85), (long, AFTER)],
    ]
    assert found[0].name == f"failover | P | {PAGE} | h | during, at 50%"
    assert found[-1].moment == "after"
    assert len({point.name for point in found}) == len(found)


def many() -> list[Point]:
    tasks = [(Task("failover", "P", f"{PAGE} {number}", "h", 1), 1.0) for number in range(20)]
    tasks += [(Task("failover", "P", name, "h", 1), 1.0) for name in (TRAFFIC, DATABASE)]
    return points.of(tasks)


def test_traffic_and_database_are_among_any_choice() -> None:
    for seed in range(20):
        chosen = points.choose(many(), 6, seed)
        assert len(chosen) == 6
        assert chosen == sorted(chosen)
        assert {"traffic", "database"} <= {point.task.task.split(".")[2].split(" ")[0] for point in chosen}


def test_a_seed_repeats_a_choice() -> None:
    assert points.choose(many(), 6, 7) == points.choose(many(), 6, 7)
    assert points.choose(many(), 6, 7) != points.choose(many(), 6, 8)


def test_a_choice_of_more_than_there_are_is_all() -> None:
    assert points.choose(many(), 1000, 1) == sorted(many())


def test_a_cycle_strikes_each_leg_at_several_points_or_at_one() -> None:
    failover = points.of([(Task("failover", "P", PAGE, "h", 1), 1.0)])
    cool_down = points.of([(Task("cool_down", "P", PAGE, "h", 1), 1.0)])
    legs, waiting = ("failover", "failback", "cool_down"), [*cool_down, *reversed(failover)]
    assert points.next_cycle(waiting, legs, 1) == {
        "failover": failover[:1],
        "failback": [],
        "cool_down": cool_down[:1],
    }
    assert points.next_cycle(waiting, legs, 4) == {
        "failover": failover,
        "failback": [],
        "cool_down": cool_down,
    }


def test_blows_of_one_cycle_are_far_from_one_another() -> None:
    chosen = points.next_cycle(many(), ("failover",), 4)["failover"]
    assert [point.order for point in chosen] == [0, 5, 11, 16]
