"""What users see now, in words for one line of a terminal."""

from __future__ import annotations

import typing as t

from lab.watch import records
from lab.watch.records import Answer

SITES = {records.PRIMARY: "primary", records.SECONDARY: "secondary"}


def names(zone: str) -> tuple[str, str]:
    return f"www.{zone}", f"dr.{zone}"


def label(name: str) -> str:
    """www for www.petclinic.lab: how reports call a domain."""
    return name.partition(".")[0]


def words(answer: Answer) -> str:
    """ "200 from primary", "page from Azure", "502", "no answer"."""
    if answer.served_by == records.PAGE:
        return "page from Azure"
    if answer.status is None:
        return "no answer"
    return f"{answer.status} from {answer.served_by}" if answer.served_by in SITES else str(answer.status)


def line(answers: t.Iterable[Answer], user: str = records.FOLLOWER) -> str:
    """The last answer for each domain: "www: page from Azure · dr: 200 from secondary"."""
    last = {answer.name: answer for answer in answers if answer.user == user}
    return " · ".join(f"{label(name)}: {words(last[name])}" for name in sorted(last, reverse=True))


class Latest:
    """The last answer that each user had for each domain."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}

    def put(self, answer: Answer) -> None:
        self._answers[(answer.user, answer.name)] = answer

    def line(self) -> str:
        return line(list(self._answers.values()))
