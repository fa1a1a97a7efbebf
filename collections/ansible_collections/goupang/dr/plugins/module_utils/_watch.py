# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: looks at www and dr from where users are, and says when they are gone.

Role watch installs this file, and those that it imports, as a systemd service outside of the primary's cloud. What it
finds it tells people, by the places of dr_notices, and the rulebook, by its webhook: it repeats that until it is taken,
and every few minutes while the trouble goes on. It moves nobody, and holds no login to any cloud.

    python3 -m ansible_collections.goupang.dr.plugins.module_utils._watch FILE

FILE is JSON, readable by the service alone; role watch's vars say what is in it.
"""

from __future__ import annotations

import json
import sys
import typing as t
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone

from ansible_collections.goupang.dr.plugins.module_utils import _notice_send
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._notice_post import Post
from ansible_collections.goupang.dr.plugins.module_utils._notices import Json, Notice, cut
from ansible_collections.goupang.dr.plugins.module_utils._probe import Answer, Probe, Wanted, asked_everywhere, look
from ansible_collections.goupang.dr.plugins.module_utils._probe_world import RealWorld
from ansible_collections.goupang.dr.plugins.module_utils._systemd import tell_systemd
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock

# A line in systemd's journal at least so often: who finds none for longer knows that nobody looks.
SIGN_SECONDS = 600.0
# A place that does not take a notice is tried again: so often, after so many seconds.
TRIES, AGAIN_SECONDS = 5, 20.0
MOST_EVIDENCE = 600
MAINTENANCE = 503


@dataclass(frozen=True)
class Seen:
    """One look. `troubles`: what ("www", "dr") -> why it is not as users want it. `active`: who served users of dr,
    "primary", "secondary", or "" where nobody did. `blind`: nothing else answered either, so it is our own line.
    """

    at: str
    troubles: Mapping[str, str] = field(default_factory=dict)
    active: str = ""
    www_is_page: bool = False
    blind: bool = False


@dataclass(frozen=True)
class Event:
    """`what`: "primary", "www" or "dr"; `state`: "gone" or "back"; `since`: the first look that showed it, UTC."""

    application: str
    what: str
    state: str
    since: str
    at: str
    evidence: str = ""

    def to_json(self) -> Json:
        return {"source": "outside", **vars(self)}

    def notice(self, link: str) -> Notice:
        kind = "primary" if self.what == "primary" else "page"
        facts = {"application": self.application, "what": self.what, "since": self.since, "evidence": self.evidence}
        return Notice(f"{kind}_{self.state}", self.at, facts, link)


def trouble(seen: Seen, active: str) -> str:
    """What is gone by this look, or "". `active`: who served users of dr when somebody last did."""
    dr, www = "dr" in seen.troubles, "www" in seen.troubles
    if dr and www:
        # The secondary's own trouble is none that warming it up would mend.
        return "dr" if active == "secondary" else "primary"
    if dr:
        return "dr"
    # After a failover www shows the maintenance page, as it should.
    return "www" if www and not (seen.www_is_page and active == "secondary") else ""


def told_of(seen: Seen) -> str:
    return "; ".join(f"{name}: {why}" for name, why in sorted(seen.troubles.items()))


def harmless(text: str) -> str:
    """The rulebook hands it to a playbook as a variable, and what a site answered must be no template there."""
    return text.replace("{", "(").replace("}", ")")


@dataclass
class Verdicts:
    """Makes events of looks: `threshold` looks in a row have to agree before anything is said. Pure."""

    application: str
    threshold: int
    active: str = ""
    gone: Event | None = None
    _what: str = ""
    _streak: int = 0
    _since: str = ""

    def after(self, seen: Seen) -> list[Event]:
        """A blind look counts neither way: what went before it still stands."""
        if seen.blind:
            return []
        self.active = seen.active or self.active
        what = trouble(seen, self.active)
        if what != self._what or not self._streak:
            self._what, self._streak, self._since = what, 0, seen.at
        self._streak += 1
        stands = self.gone.what if self.gone else ""
        if self._streak < self.threshold or what == stands:
            return []
        events = [self._event(self.gone.what, "back", self.gone.since, seen)] if self.gone else []
        self.gone = self._event(what, "gone", self._since, seen) if what else None
        return [*events, *([self.gone] if self.gone else [])]

    def _event(self, what: str, state: str, since: str, seen: Seen) -> Event:
        evidence = cut(harmless(told_of(seen)), MOST_EVIDENCE) if state == "gone" else ""
        return Event(self.application, what, state, since, seen.at, evidence)

    def sentence(self, seen: Seen) -> str:
        if seen.blind:
            what = "this host's own line, or dr_resolvers"
            return f"Nothing answers, not even what has nothing to do with us: it may be {what}."
        if self.gone:
            return f"Gone: {self.gone.what}, since {self.gone.since}."
        if seen.troubles:
            return f"Not as it should be, {self._streak} of {self.threshold} looks: {told_of(seen)}."
        return f"Users are served by the {self.active or 'site that answers'}."


@dataclass
class Watch:
    """Looks for ever. eyes: one look. tell: an event, to people. post: an event, to the rulebook; DrError.

    Without a rulebook, post is None. say: a sentence for the log; status: one for systemd, at each look. remind:
    seconds between two posts to the rulebook of a trouble that goes on.
    """

    verdicts: Verdicts
    eyes: t.Callable[[], Seen]
    tell: t.Callable[[Event], None]
    post: t.Callable[[Event], None] | None
    say: t.Callable[[str], None]
    status: t.Callable[[str], None]
    remind: float
    clock: Clock = REAL_CLOCK
    _waiting: list[Event] = field(default_factory=list)
    _posted: float = 0.0
    _said: str = ""
    _signed: float | None = None

    def step(self) -> None:
        seen = self.eyes()
        for event in self.verdicts.after(seen):
            self.tell(event)
            self._waiting.append(event)
        gone, now = self.verdicts.gone, self.clock.now()
        if gone and not self._waiting and now - self._posted >= self.remind:
            self._waiting.append(gone)
        self._post_waiting()
        self._sign(self.verdicts.sentence(seen), seen.at)

    def _post_waiting(self) -> None:
        """In their order; what the rulebook does not take now is taken at the next look."""
        if self.post is None:
            self._waiting.clear()
        while self.post and self._waiting:
            event = self._waiting[0]
            try:
                self.post(event)
            except DrError as error:
                self.say(f"The rulebook was not told yet that {event.what} is {event.state}: {error}")
                return
            self._posted = self.clock.now()
            self.say(f"The rulebook was told that {event.what} is {event.state}, since {event.since}.")
            self._waiting.pop(0)

    def _sign(self, sentence: str, at: str) -> None:
        self.status(f"{at} {sentence}")
        now = self.clock.now()
        if sentence != self._said or self._signed is None or now - self._signed >= SIGN_SECONDS:
            self._said, self._signed = sentence, now
            self.say(sentence)


# -- Looking -----------------------------------------------------------------------


def utc_stamp() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Eyes:
    """The real look, all questions side by side. `ask` answers one probe."""

    def __init__(
        self, settings: Mapping[str, t.Any], ask: t.Callable[[Probe], Answer], now: t.Callable[[], str] = utc_stamp
    ) -> None:
        resolvers, shows = settings["resolvers"], Wanted(status=(200,), contains=settings["marker"] or None)
        anchors = [Probe(f"anchor {url}", url) for url in settings["anchors"]]
        self._groups = {
            "dr": asked_everywhere([Probe("dr", settings["dr_url"], expect=shows)], resolvers),
            "www": asked_everywhere([Probe("www", settings["www_url"], expect=shows)], resolvers),
            "open": asked_everywhere(
                [Probe("open", settings["open_url"], expect=Wanted(status=(200, 404)))], resolvers
            ),
            # Any answer at all will do.
            "anchors": asked_everywhere(anchors, resolvers),
            "anchors_by_the_host": anchors if resolvers else [],
        }
        self._ask, self._now = ask, now

    def __call__(self) -> Seen:
        at = self._now()
        probes = [(group, probe) for group, members in self._groups.items() for probe in members]
        with ThreadPoolExecutor(max_workers=len(probes)) as pool:
            answers = list(pool.map(lambda one: self._ask(one[1]), probes))
        seen: dict[str, list[Answer]] = {group: [] for group in self._groups}
        for (group, _probe), answer in zip(probes, answers):
            seen[group].append(answer)
        # One resolver that fails is not the site: it is gone when nobody is led to it.
        troubles = {
            what: "; ".join(seen[what][0].why) for what in ("dr", "www") if not any(one.ok for one in seen[what])
        }
        opened = {one.page.status for one in seen["open"] if one.page}
        active = "" if "dr" in troubles else "secondary" if 200 in opened else "primary" if 404 in opened else ""
        page = any(one.page and one.page.status == MAINTENANCE for one in seen["www"])
        return Seen(at, troubles, active, page, blind=bool(seen["anchors"]) and not _sees(seen))


def _sees(seen: Mapping[str, t.Sequence[Answer]]) -> bool:
    """Whether anything answers. By the host's own resolver an anchor may answer while ours are cut off, and with them
    www and dr; but ours may be the zone's own, which knows no anchor. So that counts only where ours led somewhere.
    """
    if any(one.page for group in ("dr", "www", "anchors") for one in seen[group]):
        return True
    led = any(one.resolution for group in ("dr", "www") for one in seen[group])
    return led and any(one.page for one in seen["anchors_by_the_host"])


# -- The service -------------------------------------------------------------------


def stubborn(
    deliver: t.Callable[[_notice_send.Target, Notice], None], clock: Clock = REAL_CLOCK
) -> t.Callable[[_notice_send.Target, Notice], None]:
    """A delivery that is tried again; the last error is passed on."""

    def work(target: _notice_send.Target, notice: Notice) -> None:
        for left in reversed(range(TRIES)):
            try:
                return deliver(target, notice)
            except DrError:
                if not left:
                    raise
                clock.sleep(AGAIN_SECONDS)
        return None

    return work


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def build(settings: Mapping[str, t.Any]) -> Watch:
    """The service as FILE says. DrError where that is wrong."""
    bundle = settings["ca_bundle"]
    world = RealWorld(bundle or None, REAL_CLOCK)
    where = _notice_send.targets(settings["targets"], settings["language"])

    def record(line: Json) -> None:
        why = f". {line['why']}" if "why" in line else ""
        say(f"Notice {line['moment']} to {line['target']}: {line['outcome']}{why}")

    people = Post(where, stubborn(lambda target, notice: _notice_send.deliver(target, notice, bundle)), record)
    rulebook = settings["rulebook"]

    def post(event: Event) -> None:
        _notice_send.post("the rulebook", rulebook["url"], event.to_json(), rulebook.get("token", ""), bundle)

    def status(text: str) -> None:
        tell_systemd(f"READY=1\nWATCHDOG=1\nSTATUS={text}")

    return Watch(
        Verdicts(settings["application"], settings["threshold"]),
        Eyes(settings, lambda probe: look(world, probe, REAL_CLOCK)),
        lambda event: people.give(event.notice(settings["link"])),
        post if rulebook.get("url") else None,
        say,
        status,
        float(settings["remind"]),
    )


def main(path: str) -> int:
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    try:
        watch = build(settings)
    except DrError as error:
        sys.stderr.write(f"Nobody watches: {error}\n")
        return 1
    while True:
        began = REAL_CLOCK.now()
        watch.step()
        REAL_CLOCK.sleep(max(1.0, settings["every"] - (REAL_CLOCK.now() - began)))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
