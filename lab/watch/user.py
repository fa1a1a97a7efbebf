"""One user: looks at a site, adds an owner now and then, and records what came of it."""

from __future__ import annotations

import secrets
import time
import typing as t
import urllib.parse
from dataclasses import dataclass, replace

from lab.facts import DATA_MARKER, DATA_PATH
from lab.watch import records
from lab.watch.fetch import Fetch, FetchError, Request, Response
from lab.watch.records import Answer, Write
from lab.watch.resolve import ResolveError

# The maintenance page says what it is; a bare 503 of a broken server does not.
PAGE_MARKER = 'lang="ko"'
SITES = (records.PRIMARY, records.SECONDARY)
# Begins the id of each write, by which the databases are searched at the end.
ID_PREFIX = "watch-"
# The answer of a proxy that may have passed the request on before it lost the server.
PROXY_GAVE_UP = (502, 504)


# Which site a user meets who asks this address for this name; None when that depends on more.
SiteAt = t.Callable[[str, str], t.Optional[str]]


class Addresses(t.Protocol):
    def address(self, name: str) -> str: ...

    def unanswered(self, name: str) -> None: ...


class Sink(t.Protocol):
    def append(self, record: t.Any) -> None: ...


@dataclass(frozen=True)
class Times:
    """Seconds that only go forward, and the time of the day in UTC."""

    now: t.Callable[[], float] = time.monotonic
    utc: t.Callable[[], str] = records.utc


def new_id() -> str:
    """26 characters: PetClinic's last_name holds 30."""
    return ID_PREFIX + secrets.token_hex(10)


def served_by(response: Response, there: str | None = None) -> str | None:
    """primary or secondary, as the application says; "page" for the maintenance page; None when nobody says.

    `there`: the site at the address that was asked. An application that says nothing is believed to be that one,
    as long as its answer is no error: of an error nobody knows whether a proxy or the application made it.
    """
    if response.status == 503 and PAGE_MARKER in response.body:
        return records.PAGE
    said = response.headers.get("x-served-by")
    return said if said in SITES else (there if response.status < 400 else None)


def nowhere(name: str, address: str) -> str | None:
    """A SiteAt that knows no address."""
    return None


def outcome(response: Response) -> str:
    """Of a POST: acknowledged only by the redirect (or 201) that the application answers when it has committed."""
    if response.status in (201, 302, 303):
        return "acknowledged"
    return "unknown" if response.status in PROXY_GAVE_UP else "refused"


@dataclass(frozen=True)
class User:
    """`kind` is records.FOLLOWER or records.STALE, and says how `addresses` behaves."""

    kind: str
    addresses: Addresses
    fetch: Fetch
    answers: Sink
    ledger: Sink
    times: Times = Times()
    new_id: t.Callable[[], str] = new_id
    site_at: SiteAt = nowhere
    data_path: str = DATA_PATH
    data_marker: str = DATA_MARKER

    def look(self, name: str) -> Answer:
        """One GET of a page with data, recorded."""
        began = self.times.now()
        blank = Answer(at=self.times.utc(), asked=began, user=self.kind, name=name, latency_ms=0.0)
        address = None
        try:
            address = self.addresses.address(name)
            response = self._fetch(address, Request(name, self.data_path))
        except (ResolveError, FetchError) as error:
            seen = replace(blank, address=address, error=str(error))
        else:
            seen = replace(
                blank,
                address=address,
                status=response.status,
                served_by=served_by(response, self.site_at(name, address)),
                data=response.status == 200 and self.data_marker in response.body,
            )
        answer = replace(seen, latency_ms=round((self.times.now() - began) * 1000, 1))
        self.answers.append(answer)
        return answer

    def write(self, name: str) -> Write:
        """Add an owner and read it back; in the ledger before it is sent, and when its outcome is known."""
        identifier = self.new_id()
        entry = Write(id=identifier, at=self.times.utc(), asked=self.times.now(), user=self.kind, name=name)
        self.ledger.append(entry)
        entry = self._post(entry)
        self.ledger.append(entry)
        return entry

    def _post(self, entry: Write) -> Write:
        form = {
            "firstName": "Watch",
            "lastName": entry.id,
            "address": entry.id,
            "city": "Seoul",
            "telephone": "0212345678",
        }
        try:
            address = self.addresses.address(entry.name)
            response = self._fetch(address, Request(entry.name, "/owners", "POST", form))
        except ResolveError as error:
            return replace(entry, outcome="refused", answered=self.times.now(), error=str(error))
        except FetchError as error:
            # What may have arrived may have been committed.
            result = "unknown" if error.sent else "refused"
            return replace(entry, outcome=result, answered=self.times.now(), error=str(error))
        site = served_by(response, self.site_at(entry.name, address))
        entry = replace(entry, outcome=outcome(response), status=response.status, served_by=site)
        if entry.outcome == "acknowledged":
            path = urllib.parse.urlsplit(response.headers.get("location", "")).path
            entry = self._read_back(entry, address, path)
        return replace(entry, answered=self.times.now())

    def _read_back(self, entry: Write, address: str, path: str) -> Write:
        if not path:
            return replace(entry, error="read back: the answer names no Location")
        try:
            response = self._fetch(address, Request(entry.name, path))
        except FetchError as error:
            return replace(entry, error=f"read back: {error}")
        return replace(entry, read_back=response.status == 200 and entry.id in response.body)

    def _fetch(self, address: str, request: Request) -> Response:
        try:
            return self.fetch(address, request)
        except FetchError as error:
            if not error.sent:
                self.addresses.unanswered(request.name)
            raise
