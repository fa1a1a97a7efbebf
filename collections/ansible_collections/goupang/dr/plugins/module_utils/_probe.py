# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: looking at a site as a user would, from a place whose resolver may not know the names.

`look_until_all_hold` asks a World (DNS and HTTP; the real one is in _probe_world)
and judges what it answers. Everything here but the asking is pure.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode, urlsplit

from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, DrError
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock, wait_for

# What a person wants to see of an answer, besides the headers that a probe names. Never cookies.
HEADERS_OF_INTEREST = ("cache-control", "content-type", "location", "retry-after", "server", "x-cache", "x-served-by")
# Methods that may be repeated without anybody noticing.
SAFE_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class Wanted:
    """What an answer has to be (or, as `Probe.forbid`, must not be). Empty means: anything."""

    status: tuple[int, ...] = ()
    header: t.Mapping[str, str] = field(default_factory=dict)
    contains: str | None = None
    address_of: str | None = None

    @classmethod
    def of(cls, params: t.Mapping[str, t.Any] | None) -> Wanted:
        given = params or {}
        return cls(
            status=tuple(given.get("status") or ()),
            header={name: str(value) for name, value in (given.get("header") or {}).items()},
            contains=given.get("contains"),
            address_of=given.get("address_of"),
        )


@dataclass(frozen=True)
class Probe:
    """One question. With `url` a page is fetched; with `domain` only DNS is asked."""

    name: str
    url: str | None = None
    domain: str | None = None
    method: str = "GET"
    body: t.Mapping[str, str] | None = None
    headers: t.Mapping[str, str] = field(default_factory=dict)
    resolver: str | None = None
    address: str | None = None
    via: str | None = None
    expect: Wanted = Wanted()
    forbid: Wanted = Wanted()

    @classmethod
    def of(cls, params: t.Mapping[str, t.Any]) -> Probe:
        plain = ("name", "url", "domain", "method", "body", "resolver", "address", "via")
        return cls(
            **{key: params[key] for key in plain},
            headers={name: str(value) for name, value in (params["headers"] or {}).items()},
            expect=Wanted.of(params["expect"]),
            forbid=Wanted.of(params["forbid"]),
        )


@dataclass(frozen=True)
class Resolution:
    """IP addresses of a name, and for how many seconds they may be kept (None: nobody said)."""

    addresses: tuple[str, ...]
    ttl: int | None = None


@dataclass(frozen=True)
class Page:
    """An HTTP answer; the names of its headers are in lower case."""

    status: int
    headers: t.Mapping[str, str]
    body: str


class World(t.Protocol):
    """Where answers come from. Both raise OutOfReach or Missing, and have deadlines of their own."""

    def resolve(self, name: str, resolver: str | None) -> Resolution: ...

    def fetch(self, probe: Probe, address: str, body: bytes | None) -> Page: ...


@dataclass(frozen=True)
class Answer:
    """What one probe saw, and why that is not what was wanted (no reasons: it holds)."""

    probe: Probe
    why: tuple[str, ...]
    elapsed_ms: int
    resolution: Resolution | None = None
    page: Page | None = None

    @property
    def ok(self) -> bool:
        return not self.why

    def public(self) -> dict[str, t.Any]:
        addresses = list(self.resolution.addresses) if self.resolution else []
        return {
            "name": self.probe.name,
            "address": addresses[0] if addresses else None,
            "addresses": addresses,
            "ttl": self.resolution.ttl if self.resolution else None,
            "status": self.page.status if self.page else None,
            "headers": self._headers(),
            "elapsed_ms": self.elapsed_ms,
            "ok": self.ok,
            "why": "; ".join(self.why),
        }

    def _headers(self) -> dict[str, str]:
        if self.page is None:
            return {}
        named = {name.lower() for wanted in (self.probe.expect, self.probe.forbid) for name in wanted.header}
        return {name: value for name, value in self.page.headers.items() if name in named.union(HEADERS_OF_INTEREST)}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: as it is, as it was wanted, and whether these are the same."""

    holds: bool
    seen: str
    wanted: str


def findings(
    wanted: Wanted, addresses: t.Sequence[str], others: t.Sequence[str], page: Page | None
) -> t.Iterator[Finding]:
    """Compare. `others` are the addresses of `wanted.address_of`."""
    if wanted.address_of:
        same = set(addresses) == set(others)
        seen = f"it resolves to {', '.join(sorted(addresses))}"
        yield Finding(same, seen, f"{', '.join(sorted(others))} as {wanted.address_of} does")
    if page is None:
        return
    if wanted.status:
        choice = " or ".join(map(str, wanted.status))
        yield Finding(page.status in wanted.status, f"the status is {page.status}", choice)
    for name, value in wanted.header.items():
        seen_value = page.headers.get(name.lower())
        seen = f"there is no header {name}" if seen_value is None else f"the header {name} is {seen_value}"
        yield Finding(seen_value == value, seen, value)
    if wanted.contains is not None:
        holds = wanted.contains in page.body
        yield Finding(holds, f"the page {'contains' if holds else 'lacks'} the text", repr(wanted.contains))


def look(world: World, probe: Probe, clock: Clock) -> Answer:
    """Ask once. Never raises DrError: whatever stands in the way is a reason why the probe does not hold."""
    started = clock.now()
    resolution: Resolution | None = None
    page: Page | None = None

    def answer(why: t.Iterable[str]) -> Answer:
        return Answer(probe, tuple(why), round((clock.now() - started) * 1000), resolution, page)

    try:
        resolution = resolve(world, probe)
        if probe.url:
            body = urlencode(probe.body).encode() if probe.body is not None else None
            page = world.fetch(probe, resolution.addresses[0], body)
        why = list(disagreements(world, probe, resolution, page))
    except DrError as error:
        return answer([str(error)])
    return answer(why)


def resolve(world: World, probe: Probe) -> Resolution:
    if probe.address:
        return Resolution((probe.address,))
    return world.resolve(probe.via or probe.domain or host_of(probe), probe.resolver)


def host_of(probe: Probe) -> str:
    """The host that the URL names. DrError when it names none."""
    host = urlsplit(probe.url or "").hostname
    if not host:
        raise DrError(f"{probe.url} is not a URL of a site: write https://HOST/PATH.")
    return host


def disagreements(world: World, probe: Probe, resolution: Resolution, page: Page | None) -> t.Iterator[str]:
    def compare(wanted: Wanted) -> t.Iterator[Finding]:
        others = world.resolve(wanted.address_of, probe.resolver).addresses if wanted.address_of else ()
        return findings(wanted, resolution.addresses, others, page)

    for finding in compare(probe.expect):
        if not finding.holds:
            yield f"{finding.seen}, expected {finding.wanted}"
    for finding in compare(probe.forbid):
        if finding.holds:
            yield f"{finding.seen}, which is forbidden ({finding.wanted})"


def asked_everywhere(probes: t.Sequence[Probe], resolvers: t.Sequence[str]) -> list[Probe]:
    """Each probe once for each resolver, where it names none itself and does not pin its address."""

    def each(probe: Probe) -> list[Probe]:
        if probe.resolver or probe.address or not resolvers:
            return [probe]
        if len(resolvers) == 1:
            return [replace(probe, resolver=resolvers[0])]
        return [replace(probe, resolver=asked, name=f"{probe.name}, by {asked}") for asked in resolvers]

    return [copy for probe in probes for copy in each(probe)]


def look_until_all_hold(
    world: World, probes: t.Sequence[Probe], timeout: float, interval: float, clock: Clock
) -> list[Answer]:
    """The last answer to each probe, in their order: all hold, or `timeout` seconds have passed.

    A probe that held is asked again in the next round, because all have to hold
    at once; but a write that was accepted is not repeated. DrError without probes:
    success on none of none would look like a site that was seen.
    """
    names = [probe.name for probe in probes]
    if not names or len(set(names)) < len(names):
        raise DrError("Each probe needs a name of its own, and there has to be one: correct probes.")
    answers: dict[str, Answer] = {}

    def all_hold() -> bool:
        for probe in probes:
            last = answers.get(probe.name)
            if last is None or not last.ok or probe.method in SAFE_METHODS:
                answers[probe.name] = look(world, probe, clock)
        return all(answer.ok for answer in answers.values())

    # When the time is up, the answers tell which of them do not hold, and why.
    with contextlib.suppress(DeadlinePassed):
        wait_for("all probes to hold", all_hold, timeout, clock, interval)
    return [answers[probe.name] for probe in probes]
