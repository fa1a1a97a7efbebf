"""A backup that is not whole never takes the place of what is served."""

from __future__ import annotations

import pytest

from lab.fingerprint import World
from tests.drills.forgery import FORGED, forged, half, rotten
from tests.drills.peace import Warm
from tests.drills.runbooks import Runbooks
from tests.drills.story import Deed, deed, past_dns


def test_half_a_backup_is_never_chosen(warm: Warm, now: World, runbooks: Runbooks) -> None:
    with forged(now, half):
        outcome = runbooks.run("preflight")
    assert outcome.code == 0, outcome.tail
    assert "backup: petclinic_" in outcome.output
    assert f"backup: {FORGED}" not in outcome.output


@pytest.fixture(scope="module")
def loading_what_is_rotten(warm: Warm, now: World, runbooks: Runbooks) -> Deed:
    def served() -> object:
        return now.accounts("azuredb"), now.machines(), past_dns(now.lab, "/owners?lastName=Davis").status

    with forged(now, rotten):
        return deed(served, lambda: runbooks.run("warm_up"))


def test_a_rotten_backup_is_one_sentence(loading_what_is_rotten: Deed) -> None:
    (outcome,) = loading_what_is_rotten.outcomes
    assert outcome.code != 0
    (sentence,) = outcome.failed
    assert f"Backup {FORGED} was not restored. The dump is damaged" in sentence
    assert len(sentence) < 400
    assert "Traceback" not in outcome.output


def test_a_rotten_backup_leaves_alone_what_is_served(loading_what_is_rotten: Deed) -> None:
    assert loading_what_is_rotten.before == loading_what_is_rotten.after
    assert loading_what_is_rotten.after[2] == 200
