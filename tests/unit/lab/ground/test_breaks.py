from __future__ import annotations

import typing as t

import pytest

from lab import breaks, fidelity
from lab.errors import LabError


def test_an_unknown_name_is_one_sentence_with_the_known_ones() -> None:
    with pytest.raises(LabError, match=r"^'moon' cannot be broken or healed; one of: primary, alb, "):
        breaks.find("moon")


@pytest.mark.parametrize(
    "what",
    [
        "primary",
        "alb",
        "rds",
        "aws",
        "aws-api",
        "azure-api",
        "blob",
        "dns-control-plane",
        "secondary-app",
        "no-capacity",
    ],
)
def test_what_was_promised_can_be_broken(what: str) -> None:
    assert breaks.find(what).sentence


def test_each_sentence_fits_a_line_of_the_help() -> None:
    assert all(len(one.sentence) <= 90 and not one.sentence.endswith(".") for one in breaks.BREAKS.values())


def test_what_is_not_real_is_said_in_sentences() -> None:
    assert fidelity.simulated() == [part.differs for part in fidelity.PARTS if part.differs]
    assert not [part.name for part in fidelity.PARTS if part.real and part.differs]
    assert any("MySQL's version" in sentence for sentence in fidelity.simulated())


def test_breaks_that_come_together() -> None:
    done: list[str] = []

    def one(name: str) -> tuple[breaks.Act, breaks.Act]:
        return (lambda podman, facts: done.append(f"break {name}")), (lambda podman, facts: done.append(f"heal {name}"))

    act, undo = breaks.all_of(one("api"), one("blob"))
    podman, facts = t.cast("t.Any", None), t.cast("t.Any", None)
    act(podman, facts)
    undo(podman, facts)
    assert done == ["break api", "break blob", "heal api", "heal blob"]
