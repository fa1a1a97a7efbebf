from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.route53.evaluate import Answer, answer, check_is_healthy, is_observable, record_is_healthy, select
from lab.route53.model import Check, Plane, Record, Snapshot

PRIMARY = Record("www.petclinic.lab", "A", ("192.0.2.1",), failover="PRIMARY", check_id="p", identifier="primary")
SECONDARY = Record("www.petclinic.lab", "A", ("192.0.2.2",), failover="SECONDARY", check_id="s", identifier="secondary")


def snapshot(*checks: Check, records: t.Sequence[Record] = (), fixed: t.Any = None, **observed: bool) -> Snapshot:
    plane = Plane({"petclinic.lab": tuple(records)}, {check.id: check for check in checks})
    return Snapshot(plane, observed, fixed or {})


def never(records: t.Sequence[Record], weights: t.Sequence[int]) -> Record:
    raise AssertionError("nothing is left to chance here")


def values(world: Snapshot, name: str, kind: str = "A") -> list[str]:
    return [one.value for one in answer(world, name, kind, never)]


# ---- the health of one check


@pytest.mark.parametrize(
    ("observed", "disabled", "inverted", "healthy"),
    [
        (True, False, False, True),
        (False, False, False, False),
        (True, False, True, False),
        # The trap: inverting the check of a dead primary declares it healthy.
        (False, False, True, True),
        (True, True, False, True),
        (False, True, False, True),
        # The latch: whatever the endpoint does.
        (True, True, True, False),
        (False, True, True, False),
    ],
)
def test_disabled_and_inverted(observed: bool, disabled: bool, inverted: bool, healthy: bool) -> None:
    check = Check("p", "HTTPS", disabled=disabled, inverted=inverted)
    assert check_is_healthy(snapshot(check, p=observed), "p") is healthy


def test_a_new_check_is_healthy_and_a_new_inverted_one_is_not() -> None:
    assert check_is_healthy(snapshot(Check("p", "HTTPS")), "p")
    assert not check_is_healthy(snapshot(Check("p", "HTTPS", inverted=True)), "p")


def test_a_check_that_was_deleted_counts_as_healthy() -> None:
    assert check_is_healthy(snapshot(), "gone")


def calculated(threshold: int, *children: str, **settings: bool) -> Check:
    return Check("c", "CALCULATED", children=children, health_threshold=threshold, **settings)


ONE, TWO = Check("one", "HTTPS"), Check("two", "HTTPS")


@pytest.mark.parametrize(
    ("threshold", "one", "two", "healthy"),
    [
        (2, True, True, True),
        (2, True, False, False),
        (1, True, False, True),
        (1, False, False, False),
        (0, False, False, True),
        (3, True, True, False),
    ],
)
def test_a_calculated_check_counts_its_children(threshold: int, one: bool, two: bool, healthy: bool) -> None:
    world = snapshot(ONE, TWO, calculated(threshold, "one", "two"), one=one, two=two)
    assert check_is_healthy(world, "c") is healthy


def test_a_child_counts_as_it_is_after_inversion() -> None:
    switch = Check("switch", "HTTPS", inverted=True)
    check = calculated(2, "one", "switch")
    assert check_is_healthy(snapshot(ONE, switch, check, one=True, switch=False), "c")
    assert not check_is_healthy(snapshot(ONE, switch, check, one=True, switch=True), "c")


def test_a_calculated_check_can_be_latched_too() -> None:
    latched = calculated(1, "one", disabled=True, inverted=True)
    assert not check_is_healthy(snapshot(ONE, latched, one=True), "c")


def test_calculated_checks_do_not_nest() -> None:
    inner = replace(calculated(0), id="inner")
    assert not check_is_healthy(snapshot(inner, calculated(1, "inner")), "c")


def test_a_calculated_check_that_names_itself_ends() -> None:
    assert not check_is_healthy(snapshot(calculated(1, "c")), "c")


@given(st.lists(st.booleans(), max_size=6), st.integers(0, 8))
def test_a_calculated_check_is_the_comparison(healths: list[bool], threshold: int) -> None:
    children = [Check(f"k{number}", "TCP") for number in range(len(healths))]
    observed = dict(zip([child.id for child in children], healths, strict=True))
    world = snapshot(*children, calculated(threshold, *observed), **observed)
    assert check_is_healthy(world, "c") is (sum(healths) >= threshold)


def test_only_enabled_endpoints_are_probed() -> None:
    assert is_observable(Check("a", "HTTP_STR_MATCH"))
    assert not is_observable(Check("a", "HTTP", disabled=True))
    assert not is_observable(calculated(1))
    assert not is_observable(Check("a", "CLOUDWATCH_METRIC"))


# ---- failover


@pytest.mark.parametrize(
    ("primary", "secondary", "answered"),
    [(True, True, "192.0.2.1"), (True, False, "192.0.2.1"), (False, True, "192.0.2.2"), (False, False, "192.0.2.1")],
)
def test_failover(primary: bool, secondary: bool, answered: str) -> None:
    checks = (Check("p", "HTTPS"), Check("s", "HTTPS"))
    world = snapshot(*checks, records=(SECONDARY, PRIMARY), p=primary, s=secondary)
    assert values(world, "www.petclinic.lab") == [answered]


def test_a_secondary_without_a_check_is_always_healthy() -> None:
    world = snapshot(Check("p", "HTTPS"), records=(PRIMARY, replace(SECONDARY, check_id="")), p=False)
    assert values(world, "www.petclinic.lab") == ["192.0.2.2"]


def test_half_of_a_pair_is_answered() -> None:
    world = snapshot(Check("s", "HTTPS"), Check("p", "HTTPS"), records=(SECONDARY,), s=False)
    assert values(world, "www.petclinic.lab") == ["192.0.2.2"]
    assert select(world, [PRIMARY]) == [PRIMARY]


# ---- weights, several values


def weighted(weight: int, check: str = "") -> Record:
    return Record("w.petclinic.lab", "A", (f"192.0.2.{weight}",), weight=weight, check_id=check, identifier=str(weight))


def test_weights_are_passed_to_chance() -> None:
    asked: list[tuple[list[int], list[int]]] = []

    def choose(records: t.Sequence[Record], weights: t.Sequence[int]) -> Record:
        asked.append(([int(record.identifier) for record in records], list(weights)))
        return records[-1]

    assert select(snapshot(), [weighted(10), weighted(30), weighted(0)], choose) == [weighted(30)]
    assert asked == [([10, 30], [10, 30])]


def only(records: t.Sequence[Record], weights: t.Sequence[int]) -> Record:
    (record,) = records
    return record


def test_a_weight_of_zero_is_for_when_the_others_are_unhealthy() -> None:
    world = snapshot(Check("p", "HTTPS"), p=False)
    assert select(world, [weighted(10, "p"), weighted(0)], only) == [weighted(0)]


def test_when_all_weighted_records_are_unhealthy_those_with_a_weight_are_considered() -> None:
    world = snapshot(Check("p", "HTTPS"), p=False)
    assert select(world, [weighted(10, "p"), weighted(0, "p")], only) == [weighted(10, "p")]


def test_multivalue_answers_the_healthy_ones_or_all() -> None:
    records = [
        Record("m.petclinic.lab", "A", (f"192.0.2.{number}",), multivalue=True, check_id=check)
        for number, check in enumerate(("p", "s", ""))
    ]
    checks = (Check("p", "HTTPS"), Check("s", "HTTPS"))
    assert select(snapshot(*checks, p=False, s=True), records) == records[1:]
    sick = [replace(record, check_id="p") for record in records]
    assert select(snapshot(*checks, p=False), sick) == sick


# ---- aliases


def alias(name: str, target: str, evaluate: bool = False, **settings: str) -> Record:
    return Record(name, "A", alias=target, evaluate_target=evaluate, **settings)


def test_an_alias_answers_its_targets_address_under_its_own_name() -> None:
    world = snapshot(
        records=[alias("www.petclinic.lab", "d1.cloudfront.net")], fixed={"d1.cloudfront.net": "192.0.2.3"}
    )
    assert answer(world, "www.petclinic.lab", "A") == [Answer("www.petclinic.lab", "A", "192.0.2.3", 60)]


def test_an_alias_follows_records_and_ends_in_a_loop() -> None:
    records = [
        alias("a.petclinic.lab", "b.petclinic.lab"),
        alias("b.petclinic.lab", "a.petclinic.lab"),
        alias("c.petclinic.lab", "d.petclinic.lab"),
        Record("d.petclinic.lab", "A", ("192.0.2.4",), ttl=300),
    ]
    assert answer(snapshot(records=records), "c.petclinic.lab", "A") == [
        Answer("c.petclinic.lab", "A", "192.0.2.4", 300)
    ]
    assert values(snapshot(records=records), "a.petclinic.lab") == []


def test_evaluate_target_health_asks_the_targets_records() -> None:
    target = Record("b.petclinic.lab", "A", ("192.0.2.4",), check_id="p")
    world = snapshot(Check("p", "HTTPS"), records=[target], p=False)
    assert not record_is_healthy(world, alias("a.petclinic.lab", "b.petclinic.lab", True))
    assert record_is_healthy(world, alias("a.petclinic.lab", "b.petclinic.lab", False))
    assert record_is_healthy(world, alias("a.petclinic.lab", "balancer.aws.lab", True))


def test_a_check_and_the_target_must_both_be_healthy() -> None:
    target = Record("b.petclinic.lab", "A", ("192.0.2.4",), check_id="p")
    both = alias("a.petclinic.lab", "b.petclinic.lab", True, check_id="s")
    checks = (Check("p", "HTTPS"), Check("s", "HTTPS"))
    assert record_is_healthy(snapshot(*checks, records=[target], p=True, s=True), both)
    assert not record_is_healthy(snapshot(*checks, records=[target], p=True, s=False), both)


# ---- names


def test_the_longest_zone_answers() -> None:
    inner = Record("www.dr.petclinic.lab", "A", ("192.0.2.8",))
    outer = replace(inner, values=("192.0.2.9",))
    plane = Plane({"petclinic.lab": (outer,), "dr.petclinic.lab": (inner,)})
    assert values(Snapshot(plane), "www.dr.petclinic.lab") == ["192.0.2.8"]


def test_any_asks_for_all_types() -> None:
    records = [Record("petclinic.lab", "TXT", ('"hello"',)), Record("petclinic.lab", "A", ("192.0.2.1",))]
    assert [one.kind for one in answer(snapshot(records=records), "petclinic.lab", "ANY")] == ["A", "TXT"]


def test_what_is_not_there_is_not_answered() -> None:
    world = snapshot(records=[PRIMARY])
    assert values(world, "www.petclinic.lab", "AAAA") == []
    assert values(world, "petclinic.example") == []
