"""Runbooks in peace: users notice nothing, a second run changes nothing, a dry run never does."""

from __future__ import annotations

import pytest

from lab.watch import records
from tests.drills.peace import OUTAGE_SECONDS, RUNBOOKS, Cold, Warm


@pytest.mark.parametrize("name", [" ".join([name, *said.values()]) for name, said in RUNBOOKS])
def test_a_dry_run_changes_nothing_where_there_is_no_machine(cold: Cold, name: str) -> None:
    dry = cold.dry[name]
    (outcome,) = dry.outcomes
    assert outcome.code == 0, outcome.tail
    assert dry.before == dry.after


@pytest.mark.parametrize("name", ["failover", "failback"])
def test_what_moves_users_wants_its_name_typed(cold: Cold, name: str) -> None:
    unconfirmed = cold.unconfirmed[name]
    (outcome,) = unconfirmed.outcomes
    assert outcome.code != 0
    assert f"-e dr_confirm={name}" in " ".join(outcome.failed), outcome.tail
    assert unconfirmed.before == unconfirmed.after


def test_warm_up_twice_changes_nothing(warm: Warm) -> None:
    (outcome,) = warm.again.outcomes
    assert warm.first.code == 0, warm.first.tail
    assert outcome.code == 0, outcome.tail
    assert set(outcome.changed.values()) == {0}, outcome.changed
    assert warm.again.before == warm.again.after
    assert warm.again.after["machines"], "no machine was looked at"


def test_a_dry_run_changes_nothing_on_a_standby(warm: Warm) -> None:
    for dry in (warm.dry, warm.dry_in_outage):
        assert [outcome.tail for outcome in dry.outcomes if outcome.code != 0] == []
        assert dry.before == dry.after


def test_a_blink_of_the_primary_sends_nobody_to_the_standby(warm: Warm) -> None:
    assert warm.healed - warm.broken >= OUTAGE_SECONDS
    assert {answer.served_by for answer in warm.answers if answer.name.startswith("dr.")} <= {records.PRIMARY, None}
    meanwhile = [answer for answer in warm.answers if warm.broken + 5 < answer.asked < warm.healed - 5]
    assert {answer.status for answer in meanwhile if answer.name.startswith("dr.")} <= {None, 502, 503, 504}


def test_the_standby_reads_and_does_not_write(warm: Warm) -> None:
    assert (warm.standby.status, warm.standby.headers.get("x-served-by")) == (200, records.SECONDARY)
    assert (warm.posted.status, warm.posted.headers.get("x-served-by")) == (503, records.SECONDARY)
    assert warm.strangers == []
