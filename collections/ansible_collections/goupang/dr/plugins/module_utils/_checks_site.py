# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what the sites answer to anybody: DNS, the switch object, certificates, the time of day."""

from __future__ import annotations

import socket
import ssl
import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._probe import Page, Probe, World
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    CONNECT_SECONDS,
    NO,
    OK,
    WARN,
    Line,
    Silence,
    by_daemons,
    counted,
    not_known,
    now,
)
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

SWITCH, CERTIFICATES, CLOCKS = "switch", "certificates", "clocks"
OPEN_MARK = "/goupang-dr/open"
# What a storage account that is too busy answers, a gateway before it, or a server that gave up: ask again.
BUSY = (429, 500, 503)
BUSY_TRIES, BUSY_PAUSE = 3, 1.0
FEW_DAYS = 21
SKEW_SECONDS = 60


# -- Asking ------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """Who serves dr, by what each resolver's users get: resolver -> primary, secondary, or nobody."""

    by: dict[str, str]


@dataclass(frozen=True)
class Thrown:
    """What anybody gets of the switch object and of the mark of a closed primary: the status, and Azure's code."""

    switch: int
    code: str
    mark: int
    date: str = ""
    then: datetime | None = None


@dataclass(frozen=True)
class Ends:
    """When the certificate of one place ends, or why that is not known. expired: it was refused for its age."""

    place: str
    ends: datetime | None
    why: str = ""
    refused: bool = False


def page_of(world: World, url: str, resolver: str | None, via: str | None = None) -> Page:
    """One GET, at the address that the resolver says. DrError."""
    probe = Probe("page", url=url, resolver=resolver, via=via)
    (address, *_others) = world.resolve(via or urlsplit(url).hostname or "", resolver).addresses
    return world.fetch(probe, address, None)


def ask_served(world: World, domain: str, resolvers: t.Sequence[str]) -> Served:
    """Only an opened secondary has the page; the primary answers that it does not."""

    def one(resolver: str) -> str:
        try:
            status = page_of(world, f"https://{domain}{OPEN_MARK}", resolver or None).status
        except DrError:
            status = 0  # silence is an answer here
        return {200: "secondary", 404: "primary"}.get(status, "nobody")

    asked = list(resolvers) or [""]
    return Served(dict(zip((resolver or "this host's resolver" for resolver in asked), by_daemons(one, asked))))


def ask_switch(world: World, folder_url: str, application: str, resolver: str | None, clock: Clock) -> Thrown:
    """As Route 53's checkers ask: without a login, by the public name. Who is busy is asked again."""

    def ask(name: str) -> Page:
        for _try in range(BUSY_TRIES):
            page = page_of(world, f"{folder_url}/{application}-{name}", resolver)
            if page.status not in BUSY:
                break
            clock.sleep(BUSY_PAUSE)
        return page

    switch, mark = ask("switch"), ask("primary-closed")
    code = switch.headers.get("x-ms-error-code", "")
    return Thrown(switch.status, code, mark.status, mark.headers.get("date", ""), now())


@dataclass(frozen=True)
class Place:
    """Where a certificate is shown: what to call it, whose name it must carry, and whose address to connect to."""

    name: str
    host: str
    port: int = 443
    via: str = ""


def ask_certificate(world: World, context: ssl.SSLContext, place: Place, resolver: str | None) -> Ends:
    """Verified as a user's browser would, and read."""
    try:
        (address, *_others) = world.resolve(place.via or place.host, resolver).addresses
        with socket.create_connection((address, place.port), CONNECT_SECONDS) as plain:
            plain.settimeout(CONNECT_SECONDS)
            with context.wrap_socket(plain, server_hostname=place.host) as secured:
                shown = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Ends(place.name, None, error.verify_message, refused=True)
    except OSError as error:
        return Ends(place.name, None, f"{place.via or place.host} does not answer: {error}")
    except DrError as error:
        return Ends(place.name, None, str(error))
    return Ends(place.name, as_time(str(shown.get("notAfter", ""))))


def as_time(text: str) -> datetime | None:
    """Nov 24 10:00:00 2027 GMT, as OpenSSL and MySQL write it; None for ''."""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), timezone.utc) if text else None


def tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_bundle or None)
    except (OSError, ssl.SSLError) as error:
        raise OutOfReach(f"the authorities in {ca_bundle} cannot be read: {error}") from error


# -- Judging -----------------------------------------------------------------------


def judge_switch(container: str, thrown: Thrown | Silence) -> list[Line]:
    """Whether Route 53's checkers could read the switch object, were it there."""
    if isinstance(thrown, Silence):
        return [not_known(SWITCH, thrown.why)]
    if thrown.switch == 200:
        return [Line(SWITCH, OK, "it is thrown: users are kept from the primary")]
    if thrown.switch == 404 and thrown.code in ("BlobNotFound", ""):
        return [Line(SWITCH, OK, f"it is not thrown, and anybody could read it in the container {container}")]
    if thrown.switch in BUSY:
        return [not_known(SWITCH, f"Azure Blob is too busy to answer ({thrown.switch} {thrown.code})".rstrip())]
    what = f"the container {container} answers {thrown.switch} {thrown.code} to anybody: the checkers could not read it"
    fix = "Create it with public access for blobs (az storage container create --public-access blob)."
    return [Line(SWITCH, NO, what, fix)]


def judge_certificates(today: datetime, ends: t.Sequence[Ends]) -> list[Line]:
    refused = [f"{e.place}: {e.why}" for e in ends if e.refused]
    if refused:
        return [Line(CERTIFICATES, NO, "; ".join(refused), "Renew it, or correct dr_ca_bundle: users see it too.")]
    days = {e.place: (e.ends - today).days for e in ends if e.ends}
    soon = [
        f"{place} in {counted(left, 'day')}"
        for place, left in sorted(days.items(), key=lambda d: d[1])
        if left < FEW_DAYS
    ]
    unknown = "; ".join(f"{e.place}: {e.why or 'it shows none'}" for e in ends if e.ends is None)
    lines = []
    if soon:
        lines.append(Line(CERTIFICATES, WARN, f"they end: {', '.join(soon)}", "Renew them before that."))
    if unknown:
        lines.append(not_known(CERTIFICATES, unknown))
    if lines or not days:
        return lines
    first = min(days, key=lambda place: days[place])
    return [
        Line(CERTIFICATES, OK, f"of {len(days)} the first to end is that of {first}, in {counted(days[first], 'day')}")
    ]


def judge_clocks(asked: t.Mapping[str, tuple[str, datetime | None]]) -> list[Line]:
    """asked: cloud -> the Date that it answered with, and what our clock said then."""
    skews = {cloud: skew(date, then) for cloud, (date, then) in asked.items() if date and then}
    if not skews:
        return [not_known(CLOCKS, "no cloud told its time")]
    off = {cloud: s for cloud, s in skews.items() if abs(s) > SKEW_SECONDS}
    if off:
        what = ", ".join(f"{abs(s):.0f} s {'ahead of' if s > 0 else 'behind'} {cloud}" for cloud, s in off.items())
        fix = "Set this controller's clock (chrony): AWS refuses what is 5 minutes off, and the ages above are wrong."
        return [Line(CLOCKS, WARN, f"ours is {what}", fix)]
    return [Line(CLOCKS, OK, f"ours agrees with that of {', '.join(skews)} within {SKEW_SECONDS} s")]


def skew(date: str, then: datetime) -> float:
    """How many seconds our clock is ahead."""
    return (then - parsedate_to_datetime(date)).total_seconds()
