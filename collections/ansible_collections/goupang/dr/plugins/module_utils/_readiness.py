# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: many questions side by side under one budget, and what their answers mean for a runbook.

A Question asks the world one thing, in a thread of its own. A Check judges the
answers of its questions, and is pure: so that nothing waits for a site that is
dark, and each verdict can be tested. Whoever did not answer in time is a Silence,
which never counts as ok.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, NotAuthorised
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

A = t.TypeVar("A")
B = t.TypeVar("B")

OK, WARN, NO = "ok", "warn", "no"
BLOCKS, INFORMS = "blocks", "informs"
# A first packet that was lost is sent again after a second, and the next one after three: who has not taken a
# connection a second after the second packet is not waited for.
CONNECT_SECONDS = 2.0
# AWS's words for "I do not know you" and "you may not".
AWS_REFUSALS = frozenset(
    {"AccessDenied", "AccessDeniedException", "ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"}
    | {"UnrecognizedClientException"}
)


@dataclass(frozen=True)
class Line:
    """One line of the screen: what was found, and for what is not ok how it is put right, each a sentence.

    details: the same for programs, where there is more to say than a sentence holds.
    """

    check: str
    level: str
    what: str
    fix: str = ""
    known: bool = True
    blocks: bool = False
    details: dict[str, t.Any] = field(default_factory=dict)

    def public(self) -> dict[str, t.Any]:
        return {
            "check": self.check,
            "level": self.level,
            "what": self.what,
            "fix": self.fix,
            "known": self.known,
            "blocks": self.blocks,
            "details": self.details,
        }

    def sentence(self) -> str:
        return f"{self.check}: {self.what}. {self.fix}".strip()

    def text(self) -> str:
        return f"{self.level:<4} {self.check}: {self.what}" + (f" -> {self.fix}" if self.fix else "")


@dataclass(frozen=True)
class Silence:
    """There is no answer, and why. refused: it answered, and turned us away."""

    why: str
    refused: bool = False


@dataclass(frozen=True)
class Question:
    """`ask` may raise DrError. `whom` completes "... gave no answer within 15 s"."""

    name: str
    whom: str
    ask: t.Callable[[], t.Any]


@dataclass(frozen=True)
class Check:
    """`judge` gets the answers to `questions` in this order; one that judges silence gets Silence among them."""

    name: str
    questions: tuple[str, ...]
    judge: t.Callable[..., list[Line]]
    judges_silence: bool = False


@dataclass(frozen=True)
class Dated:
    """An answer of a cloud, the Date header that it came with, and what our clock said then."""

    value: t.Any
    date: str = ""
    then: datetime | None = None


def counted(number: int, noun: str) -> str:
    """1 day, 2 days"""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def now() -> datetime:
    return datetime.now(timezone.utc)


def not_known(check: str, why: str, fix: str = "") -> Line:
    return Line(check, WARN, f"not known: {why}", fix, known=False)


# -- Asking ------------------------------------------------------------------------


def gather(questions: t.Sequence[Question], seconds: float, clock: Clock) -> dict[str, t.Any]:
    """The answer to each question by its name, or a Silence, after `seconds` at the latest.

    The threads are daemons: one that hangs in a call without a deadline does not keep the module from ending.
    """
    answers: queue.Queue[tuple[str, t.Any]] = queue.Queue()
    deadline = clock.now() + seconds
    for question in questions:
        threading.Thread(target=lambda q=question: answers.put((q.name, _ask(q))), daemon=True).start()
    told: dict[str, t.Any] = {}
    while len(told) < len(questions):
        try:
            name, answer = answers.get(timeout=max(0.0, deadline - clock.now()))
        except queue.Empty:
            break
        told[name] = answer
    for question in questions:
        told.setdefault(question.name, Silence(f"{question.whom} gave no answer within {seconds:.0f} s"))
    return told


def _ask(question: Question) -> t.Any:
    try:
        return question.ask()
    except DrError as error:
        refused = isinstance(error, NotAuthorised) or error.code in AWS_REFUSALS
        return Silence(_without_stop(error), refused)
    except Exception as error:  # a fault of ours must not take the other lines from the screen; it is said on its own
        return Silence(f"the question failed ({type(error).__name__}: {error}), please report it")


def _without_stop(error: DrError) -> str:
    return " ".join(str(error).split()).rstrip(".")


def by_daemons(act: t.Callable[[A], B], items: t.Sequence[A], workers: int = 8) -> list[B]:
    """act(item) for each, side by side and in their order; the first error is raised.

    A pool of the standard library would keep the module from ending until its last item was done.
    """
    waiting: queue.SimpleQueue[tuple[int, A]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, B | Exception]] = queue.SimpleQueue()
    for numbered in enumerate(items):
        waiting.put(numbered)

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                number, item = waiting.get_nowait()
                try:
                    done.put((number, act(item)))
                except Exception as error:  # it is raised where the others are waited for
                    done.put((number, error))

    for _worker in range(min(workers, len(items))):
        threading.Thread(target=work, daemon=True).start()
    results: dict[int, B] = {}
    for _item in items:
        number, result = done.get()
        if isinstance(result, Exception):
            raise result
        results[number] = result
    return [results[number] for number in range(len(items))]


# -- Judging -----------------------------------------------------------------------


def judged(checks: t.Sequence[Check], answers: t.Mapping[str, t.Any]) -> list[Line]:
    """The lines of all checks, in their order."""
    return [line for check in checks for line in _judged(check, [answers[name] for name in check.questions])]


def _judged(check: Check, answers: list[t.Any]) -> list[Line]:
    silences = [answer for answer in answers if isinstance(answer, Silence)]
    if silences and not check.judges_silence:
        # One reason is enough: whoever does not answer one question does not answer the others.
        return [not_known(check.name, silences[0].why)]
    return check.judge(*answers)


# What a runbook stands on, and what it merely likes to know. What is in neither is not asked. A
# failover is blocked only by what would stop it anyway, or leave it half done: not by the
# clouds' own ideas of capacity, nor by anything that only AWS could mend later.
_KNOWS = ("active", "backup", "loss")
_LOADS = ("target database", "target room", "target parameters", "release")
_BUILDS = ("azure login", "azure rights", "ssh keys", "machine network", "machine image")
_MOVES = ("flip", "switch", "aws api")
_STACK = ("cloudfront", "health checks", "records")
# Where the machine is asked with TLS: CloudFront would let nobody through, after the primary was closed.
_SHOWN = ("origin certificate",)
# Likewise, where a failback from a dark Azure has shut it and was not run again: AWS alone can open it, for a person.
_OPEN = ("edges",)
_REST = (
    "heartbeat",
    "machine sizes",
    "schema version",
    "aws rights",
    "certificates",
    "clocks",
    "way in",
    "control room",
)
# The way home decides nothing on the day of a failover, and failback says the same before it moves anybody.
_LATER = "primary parameters"
EVERYTHING = (*_KNOWS, *_LOADS, *_BUILDS, *_MOVES, *_STACK, *_OPEN, *_SHOWN, *_REST, _LATER)


def _matter(blocks: t.Iterable[str], informs: t.Iterable[str]) -> dict[str, str]:
    return {**dict.fromkeys(informs, INFORMS), **dict.fromkeys(blocks, BLOCKS)}


MATTERS: dict[str, dict[str, str]] = {
    "preflight": _matter(set(EVERYTHING) - {"active", "loss", "control room", _LATER}, EVERYTHING),
    "drill": _matter({"backup", *_LOADS, *_BUILDS, *_SHOWN, "machine sizes"}, EVERYTHING),
    "warm_up": _matter(
        {"backup", *_LOADS, *_BUILDS}, (*_KNOWS, *_SHOWN, "machine sizes", "schema version", "control room")
    ),
    "failover": _matter({"backup", *_LOADS, *_BUILDS, *_OPEN, *_SHOWN, "flip"}, EVERYTHING),
    # What provision.yml is about to build cannot be asked for yet.
    "provision": _matter((), ("azure login", "aws api", "control room")),
    "failback": _matter((), ("active", _LATER, *_MOVES, "certificates", "clocks", "way in")),
    "verify": _matter((), ("active", *_MOVES)),
}
# It says what would block a failover, and stops nothing by itself.
MATTERS["status"] = MATTERS["failover"]
# Whatever else runs wants to know who serves the users.
OTHERS = _matter((), ("active",))


def matters(intent: str, check: str) -> str | None:
    """BLOCKS, INFORMS, or None where it does not matter. "cloudfront www" is of the check "cloudfront"."""
    table = MATTERS.get(intent, OTHERS)
    return next((table[name] for name in table if check == name or check.startswith(f"{name} ")), None)


def asked(intent: str, checks: t.Sequence[Check]) -> list[Check]:
    """The checks that this runbook wants to know of."""
    return [check for check in checks if matters(intent, check.name)]


def weighed(intent: str, lines: t.Sequence[Line]) -> list[Line]:
    """The lines, each with whether it blocks this runbook."""
    return [replace(line, blocks=line.level == NO and matters(intent, line.check) == BLOCKS) for line in lines]


# -- Showing -----------------------------------------------------------------------

GO, NO_GO = "go", "no go"
FACTS = ("active", "backup", "loss", "flip")


def verdict(lines: t.Sequence[Line]) -> str:
    return NO_GO if any(line.blocks for line in lines) else GO


def headline(intent: str, lines: t.Sequence[Line]) -> str:
    """`preflight: go, 15 ok, 2 warn, 1 no`, and how many are not known."""
    counts = [f"{sum(1 for line in lines if line.level == level)} {level}" for level in (OK, WARN, NO)]
    unknown = sum(1 for line in lines if not line.known)
    tail = f", {unknown} of them not known" if unknown else ""
    return f"{intent}: {verdict(lines)}; {', '.join(counts)}{tail}"


def screen(intent: str, lines: t.Sequence[Line], *, short: bool = False) -> list[str]:
    """What a person reads; short: what is not ok, and the facts that a decision needs."""
    shown = [line for line in lines if not short or line.level != OK or line.check in FACTS]
    return [headline(intent, lines), *(line.text() for line in shown)]


def answer(intent: str, lines: t.Sequence[Line], seconds: float) -> dict[str, t.Any]:
    return {
        "changed": False,
        "verdict": verdict(lines),
        "lines": [line.public() for line in lines],
        "blocking": [line.sentence() for line in lines if line.blocks],
        "screen": screen(intent, lines),
        "short": screen(intent, lines, short=True),
        "seconds": round(seconds, 2),
    }


def write_report(path: str, intent: str, found: dict[str, t.Any]) -> None:
    """OSError when it cannot be written."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = {"schema": 1, "intent": intent, "time": now().isoformat(timespec="seconds")}
    kept.update({key: found[key] for key in ("verdict", "lines", "seconds")})
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
