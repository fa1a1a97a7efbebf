# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the sentry beside the primary, which closes its database while the mark is there.

A primary that comes back while nobody looks has clients that never asked DNS again.
Role sentry installs this file, and those that it imports, as a systemd service: it
asks for the mark by HTTPS, and closes the database as module mysql_writers does. It
opens nothing, ever, and does nothing when it cannot tell whether the mark is there.

    python3 -m ansible_collections.goupang.dr.plugins.module_utils._sentry FILE

FILE is JSON, readable by the service alone: {"mark_url": ..., "ca_bundle": "" or a path, "patience": seconds,
"database": {"login_host": ..., "login_port": ..., "login_user": ..., "login_password": ..., "login_ca": ...}}.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import typing as t
import urllib.error
import urllib.request
from dataclasses import dataclass, replace

from ansible_collections.goupang.dr.plugins.module_utils import _mysql, _writers
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._systemd import tell_systemd
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock

# How long to wait before the next look: in peace or once closed; while nobody can tell; while the database is silent
# although the mark is there, when each moment counts that it takes writes.
CALM_SECONDS, UNSURE_SECONDS, URGENT_SECONDS = 2.0, 0.5, 0.1
ANSWER_SECONDS = 3
MOST_BYTES = 4096
# Azure's word for a blob that is not there. A container that nobody may read says ResourceNotFound.
NOT_THERE = "BlobNotFound"


class World(t.Protocol):
    """What the sentry asks. Both raise DrError in one sentence."""

    def mark(self) -> bool:
        """Whether the mark is there; OutOfReach when nobody can tell."""

    def session(self) -> _mysql.Session:
        """A connection to the primary's database."""


@dataclass(frozen=True)
class Verdict:
    """What a look has shown: a sentence for the log. certain: nothing has to be done that was not done."""

    sentence: str
    certain: bool
    pause: float


def look(world: World) -> Verdict:
    """Look once, and close the database when the mark is there."""
    try:
        if not world.mark():
            return OPEN
    except DrError as error:
        return Verdict(
            f"Nobody can tell whether the primary is to be closed, so nothing is done: {error}", False, UNSURE_SECONDS
        )
    try:
        session = world.session()
        try:
            return _close(world, session)
        finally:
            session.close()
    except DrError as error:
        return Verdict(f"The primary is to be closed, and is not yet: {error}", False, URGENT_SECONDS)


OPEN = Verdict("No mark closes the primary.", True, CALM_SECONDS)
HELD_OPEN = Verdict("The primary is held open by a failback, whatever its mark says.", True, CALM_SECONDS)
CLOSED = Verdict("The primary is closed, as its mark says.", True, CALM_SECONDS)


def _close(world: World, session: _mysql.Session) -> Verdict:
    _writers.take_turn(session)
    # Asked again, in our turn: who opens the primary removes the mark first, and then waits for their turn.
    if not world.mark():
        return OPEN
    if _writers.recorded(session).held_open:
        return HELD_OPEN
    findings = _writers.close(session, [], check_mode=False).findings
    return replace(CLOSED, sentence=" ".join((CLOSED.sentence, *findings)))


@dataclass
class Watch:
    """Looks for ever. say: a sentence that is new. ready: called once, at the first certain verdict.

    It is also called when patience is over: what is ordered after the sentry must not wait for a cloud that is dark.
    """

    world: World
    say: t.Callable[[str], None]
    ready: t.Callable[[], None]
    patience: float
    clock: Clock = REAL_CLOCK

    def __post_init__(self) -> None:
        self._deadline: float | None = self.clock.now() + self.patience
        self._said = ""

    def step(self) -> float:
        """One look; for how many seconds to pause after it."""
        verdict = look(self.world)
        if verdict.sentence != self._said:
            self._said = verdict.sentence
            self.say(verdict.sentence)
        if self._deadline is not None and (verdict.certain or self.clock.now() >= self._deadline):
            self._deadline = None
            self.ready()
        return verdict.pause


@dataclass(frozen=True)
class RealWorld:
    """The blob's URL, authorities for it ("": the system's), and parameters as _mysql.ARGUMENT_SPEC has them."""

    mark_url: str
    ca_bundle: str
    database: t.Mapping[str, t.Any]

    def mark(self) -> bool:
        try:
            context = ssl.create_default_context(cafile=self.ca_bundle or None)
            # The URL is the runbooks' own, and https; an answer from a cache would be yesterday's.
            request = urllib.request.Request(self.mark_url, headers={"Cache-Control": "no-cache"})  # noqa: S310
            opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
            with opener.open(request, timeout=ANSWER_SECONDS) as answer:
                answer.read(MOST_BYTES)
                return True
        except urllib.error.HTTPError as error:
            word = error.headers.get("x-ms-error-code", "")
            error.close()
            if error.code == 404 and word == NOT_THERE:
                return False
            raise OutOfReach(f"{self.mark_url} answers {error.code} {word}".rstrip()) from None
        except (OSError, http.client.HTTPException) as error:
            raise OutOfReach(f"{self.mark_url} does not answer: {getattr(error, 'reason', error)}") from None

    def session(self) -> _mysql.Session:
        return _mysql.open_session(self.database, connect_seconds=ANSWER_SECONDS)


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    world = RealWorld(settings["mark_url"], settings["ca_bundle"], settings["database"])

    def say(sentence: str) -> None:
        sys.stdout.write(f"{sentence}\n")
        sys.stdout.flush()
        tell_systemd(f"STATUS={sentence}")

    watch = Watch(world, say, lambda: tell_systemd("READY=1"), float(settings["patience"]))
    while True:
        REAL_CLOCK.sleep(watch.step())


if __name__ == "__main__":
    main(sys.argv[1])
