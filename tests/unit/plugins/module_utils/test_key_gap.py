"""How far the keys of a secondary are moved, and what is said where there is no room."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _key_gap
from ansible_collections.goupang.dr.plugins.module_utils._errors import ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._key_gap import Counter, widened

from tests.unit.plugins.backup_fakes import FakeTarget

SCHEMA = "b_1"


@pytest.mark.parametrize(
    ("counter", "key"),
    [
        (Counter("owners", 8, 2**31 - 1), 10008),
        (Counter("tiny", 101, 127), 114),
        (Counter("full", 127, 127), 127),
        (Counter("over", 128, 127), 128),
        (Counter("just", 1, 20001), 10001),
        (Counter("not quite", 1, 20000), 10000),
        (Counter("real", 1, None), 10001),
    ],
)
def test_a_gap_leaves_users_half_of_the_room_at_least(counter: Counter, key: int) -> None:
    assert widened(counter, 10000) == key


def test_each_type_has_its_bound() -> None:
    target = FakeTarget()
    target.counters = {
        "a": ("tinyint", "tinyint", 1),
        "b": ("tinyint", "tinyint unsigned", 1),
        "c": ("smallint", "smallint unsigned", None),
        "d": ("bigint", "bigint", 2**62),
    }
    gap = _key_gap.ensure(target, SCHEMA, 50000)
    assert gap.next_keys == {"a": 64, "b": 128, "c": 32768, "d": 2**62 + 50000}
    assert [finding.split()[1] for finding in gap.findings] == ["a", "b", "c"]
    assert gap.findings[0] == (
        "Table a has room for a gap of 63 keys, not of 50000: "
        "what the primary wrote since the backup may have the same keys."
    )
    assert {table: counter[2] for table, counter in target.counters.items()} == gap.next_keys


def test_no_gap_is_asked_for() -> None:
    target = FakeTarget()
    target.counters = {"owners": ("int", "int", 8)}
    assert _key_gap.ensure(target, SCHEMA, 0) == _key_gap.Gap(False)
    assert target.calls == 0


def test_a_table_that_is_gone_since_is_no_failure() -> None:
    target = FakeTarget()
    target.counters = {"owners": ("int", "int", 8), "pets": ("int", "int", 8)}
    _key_gap.ensure(target, SCHEMA, 10)
    del target.counters["pets"]
    assert not _key_gap.ensure(target, SCHEMA, 10).changed


def test_a_primary_that_went_beyond_the_gap_is_named() -> None:
    primary = FakeTarget()
    primary.counters = {"Owners": ("int", "int", 12), "pets": ("int", "int", 11), "new": ("int", "int", 99)}
    assert _key_gap.overrun(primary, "petclinic", {"owners": 11, "pets": 11}) == [
        "Table Owners: the primary gave keys up to 11, and the secondary from 11 on, "
        "so an orphan may have the key of another row."
    ]


def test_a_server_that_refuses_to_tell_is_not_taken_for_one_without_a_plan() -> None:
    class Refusing(FakeTarget):
        def rows(self, sql: str, args: object = ()) -> list[tuple[object, ...]]:  # type: ignore[override]
            if "key_gaps" in sql:
                raise ServiceFault("denied", "1142")
            return []

    with pytest.raises(ServiceFault, match="denied"):
        _key_gap.ensure(Refusing(), SCHEMA, 10)
