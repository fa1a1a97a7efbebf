"""A person with curl, in the middle of the disaster: do they see what the report says?"""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.facts import Facts
from lab.story import process
from lab.supervisor import Clock
from lab.watch.fetch import over_https
from lab.watch.records import PRIMARY, Write
from lab.watch.user import User

CURL_SECONDS = 60.0
KOREAN, ENGLISH = 'lang="ko"', 'lang="en"'

# Runs curl with these arguments and gives what it printed, headers included.
Curl = t.Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Visit:
    """What a person did, the status line that came back, and what was not as the report will say."""

    words: str
    status_line: str
    faults: tuple[str, ...]


def status_line(output: str) -> str:
    return next(iter(output.splitlines()), "no answer")


def _status(output: str) -> str:
    words = status_line(output).split()
    return words[1] if len(words) > 1 else ""


def _visit(words: str, output: str, status: str, contents: Sequence[str]) -> Visit:
    faults = [] if _status(output) == status else [f"{words}: {status_line(output)}, not {status}."]
    faults += [f"{words}: the answer does not hold {content}." for content in contents if content not in output]
    return Visit(words, status_line(output), tuple(faults))


def visits(curl: Curl, zone: str, mark: str) -> list[Visit]:
    """The page at www, an owner added at dr, and the list which holds them. `mark` makes the owner known."""
    dr = f"https://dr.{zone}"
    form = {"firstName": "Gildong", "lastName": "Hong", "address": mark, "city": "Seoul", "telephone": "0212345678"}
    data = [word for name, value in form.items() for word in ("--data-urlencode", f"{name}={value}")]
    return [
        _page(curl, zone),
        _visit(f"curl {dr}/owners with a new owner", curl([*data, f"{dr}/owners"]), "303", []),
        _visit(f"curl {dr}/owners?lastName=Hong", curl([f"{dr}/owners?lastName=Hong"]), "200", [mark]),
    ]


def visit(curl: Curl, url: str, status: str) -> Visit:
    """One page, and the status that it must have."""
    return _visit(f"curl {url}", curl([url]), status, [])


def reading(curl: Curl, zone: str, path: str, marker: str) -> t.Iterator[Visit]:
    """The page at www, and a page with data at dr: of an application into which nobody can write by curl."""
    yield _page(curl, zone)
    yield _visit(f"curl https://dr.{zone}{path}", curl([f"https://dr.{zone}{path}"]), "200", [marker])


def _page(curl: Curl, zone: str) -> Visit:
    www = f"https://www.{zone}/"
    return _visit(f"curl {www}", curl([www]), "503", [KOREAN, ENGLISH, f"https://dr.{zone}"])


@dataclass(frozen=True)
class Kept:
    """Addresses of somebody who asked DNS long ago."""

    kept: str

    def address(self, name: str) -> str:
        return self.kept

    def unanswered(self, name: str) -> None:
        """Nothing else is known."""


class Forgotten:
    """A sink for what is told at once."""

    def append(self, record: t.Any) -> None:
        """Nothing is kept."""


def keeps_the_address(lab: Facts, zone: str) -> Write:
    """What became of an owner whom somebody adds at dr, at the address of the primary's load balancer."""
    user = User("by hand", Kept(lab.addresses["alb"]), over_https(lab.ca_bundle), Forgotten(), Forgotten())
    return user.write(f"dr.{zone}")


def was_refused(write: Write) -> bool:
    """By the primary's own application, and not for want of an answer."""
    return write.outcome == "refused" and write.served_by == PRIMARY


def lab_curl(python: str, log: Path) -> Curl:
    """`python -m lab curl --include`, as a person types it; what it printed goes into the log too."""

    def curl(arguments: Sequence[str]) -> str:
        begin = log.stat().st_size if log.exists() else 0
        child = process.start([python, "-m", "lab", "curl", "--include", *arguments], log)
        process.follow(child, "curl", CURL_SECONDS, lambda: None, Clock())
        return log.read_bytes()[begin:].decode(errors="replace")

    return curl
