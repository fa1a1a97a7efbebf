"""What the runbooks asked of the clouds in this lab is allowed by the policies, which a recording made."""

from __future__ import annotations

from lab import facts
from lab.calls import session
from lab.calls.command import RECORDING
from lab.calls.condense import call
from lab.calls.rights import rights
from lab.facts import Facts
from tests.drills.peace import Warm


def test_no_call_wants_more_than_the_recorded_ones(lab: Facts, warm: Warm) -> None:
    """`warm`: the story, the rehearsal and a warm-up have been."""
    known = {right for asked, _ in session.load(RECORDING) for right in rights(asked)}
    asked = {call(line) for line in session.lines(facts.home())}
    assert len(asked) > 20
    more = {right.name: one.asks for one in asked for right in rights(one) - known}
    assert more == {}, "record anew: python -m lab calls"
