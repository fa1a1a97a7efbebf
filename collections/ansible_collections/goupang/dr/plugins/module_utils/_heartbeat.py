# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the primary's heartbeat: what it held a moment ago, in a blob that outlives it.

Role heartbeat installs this file, and those that it imports, on a host beside the
primary, where a timer of systemd runs it once every few minutes: it asks the
primary's database, writes one blob, and ends. Any failure is one sentence and exit
code 1, and systemd's journal keeps it. It changes nothing in the database.

    python3 -m ansible_collections.goupang.dr.plugins.module_utils._heartbeat FILE

FILE is JSON, readable by the service alone: {"account_url": ..., "container": ..., "name": ..., "schema": ...,
"every": seconds, "ca_bundle": "" or a path, "azure": {"tenant_id": ..., "client_id": ..., "client_secret": ...,
"authority_url": "" or a URL}, "database": as for _sentry}.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import sys
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone

from ansible_collections.goupang.dr.plugins.module_utils import _mysql, _writers
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DrError,
    NotAuthorised,
    OutOfReach,
    Refused,
    ServiceFault,
)
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock, within

SCHEMA_VERSION = 1
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# Counting is a favour to the reader, and must not cost the primary much: a table with more rows than these is not
# counted, nor one that takes longer, nor any when the time for all of them is over.
MOST_ROWS = 2_000_000
TABLE_SECONDS, COUNT_SECONDS = 2.0, 10.0
CONNECT_SECONDS, READ_SECONDS = 5, 15
# For each answer of Azure, and for both together.
ANSWER_SECONDS, WRITE_SECONDS = 8, 20
# ER_QUERY_TIMEOUT, no such table, no right to it.
_NOT_COUNTED = frozenset({"3024", "1146", "1142"})
_UNKNOWN_VARIABLE = "1193"
_PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
_STORAGE_SCOPE = "https://storage.azure.com/.default"
_STORAGE_VERSION = "2021-08-06"
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Beat:
    """What the primary's database held `at` (UTC, by its own clock).

    `rows` of each table; those in `estimated` are the server's own guess. `clock_ahead`: seconds by which its clock is
    ahead of that of the host beside it. `every`: seconds until the next one is due. `seconds`: what asking took.
    `fenced`: runbooks or the sentry have closed it to its writers.
    """

    schema: str
    source_host: str
    at: str
    clock_ahead: float
    every: int
    gtid_set: str
    rows: dict[str, int]
    estimated: list[str] = field(default_factory=list)
    read_only: bool = False
    fenced: bool = False
    seconds: float = 0.0
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> bytes:
        return (json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n").encode()

    def when(self) -> datetime:
        return _moment(self.at)

    def counted(self) -> dict[str, int]:
        """The tables whose rows are no guess."""
        return {table: rows for table, rows in self.rows.items() if table not in self.estimated}

    def sentence(self) -> str:
        guessed = f", {len(self.estimated)} of them by the server's own guess" if self.estimated else ""
        return f"{sum(self.rows.values())} rows in {len(self.rows)} tables{guessed}, in {self.seconds:.1f} s."


def blob_name(application: str) -> str:
    return f"{application}/heartbeat.json"


def from_json(data: bytes) -> Beat:
    """Refused says what about it is not whole. Keys that a later version adds are ignored."""
    try:
        raw = json.loads(data)
    except ValueError as error:
        raise Refused(f"The heartbeat is not JSON ({error}).") from error
    if not isinstance(raw, dict) or raw.get("schema_version") != SCHEMA_VERSION:
        raise Refused(f"The heartbeat is not of version {SCHEMA_VERSION}, which this collection reads.")
    for key, kinds in _TYPES.items():
        if not isinstance(raw.get(key), kinds):
            raise Refused(f"The heartbeat's {key} is missing or of a wrong type.")
    if not all(isinstance(rows, int) for rows in raw["rows"].values()):
        raise Refused("The heartbeat's rows are no counts.")
    _moment(raw["at"])
    return Beat(**{key: raw[key] for key in _TYPES})


_TYPES: dict[str, type | tuple[type, ...]] = {
    "schema": str,
    "source_host": str,
    "at": str,
    "clock_ahead": (int, float),
    "every": int,
    "gtid_set": str,
    "rows": dict,
    "estimated": list,
    "read_only": bool,
    "fenced": bool,
    "seconds": (int, float),
}


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise Refused(f"The heartbeat's time {text!r} is not like 2026-11-22T20:45:01Z.") from error


# -- Asking the database -----------------------------------------------------------


def take(
    session: _mysql.Session,
    schema: str,
    source_host: str,
    every: int,
    clock: Clock = REAL_CLOCK,
    now: t.Callable[[], datetime] = lambda: datetime.now(timezone.utc),
) -> Beat:
    """Ask the primary's database. Refused when it shows us no table of the schema."""
    began = clock.now()
    ((server_time, gtids, read_only),) = session.rows(
        "SELECT UTC_TIMESTAMP(3), @@GLOBAL.gtid_executed, @@GLOBAL.read_only"
    )
    at = server_time.replace(tzinfo=timezone.utc)
    # Not -0.0.
    ahead = round((at - now()).total_seconds(), 1) + 0.0
    fenced = _writers.recorded(session) != _writers.Fenced()
    rows, estimated = _rows(session, schema, began + COUNT_SECONDS, clock)
    return Beat(
        schema=schema,
        source_host=source_host,
        at=at.strftime(_TIME),
        clock_ahead=ahead,
        every=every,
        gtid_set=str(gtids).replace("\n", ""),
        rows=rows,
        estimated=estimated,
        read_only=bool(read_only),
        fenced=fenced,
        seconds=round(clock.now() - began, 2),
    )


def _rows(session: _mysql.Session, schema: str, deadline: float, clock: Clock) -> tuple[dict[str, int], list[str]]:
    """Rows of each table, and the tables for which they are the server's guess: the small ones are counted first."""
    # A server of before 8.0 has no such variable, and never keeps an old guess.
    with _but(_UNKNOWN_VARIABLE):
        session.run("SET SESSION information_schema_stats_expiry = 0")
    guesses = session.rows(
        "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_ROWS, TABLE_NAME",
        (schema,),
    )
    if not guesses:
        raise Refused(f"The database shows no table of schema {schema} to this account: it needs SELECT on it.")
    rows = {table: int(guess or 0) for table, guess in guesses}
    estimated = []
    for table, guess in rows.items():
        left = min(TABLE_SECONDS, deadline - clock.now())
        counted = None if guess > MOST_ROWS or left <= 0 else _count(session, schema, table, left)
        if counted is None:
            estimated.append(table)
        else:
            rows[table] = counted
    return rows, estimated


def _count(session: _mysql.Session, schema: str, table: str, seconds: float) -> int | None:
    hint = f"/*+ MAX_EXECUTION_TIME({max(1, int(seconds * 1000))}) */"
    with _but(*_NOT_COUNTED):
        name = f"{_mysql.identifier(schema)}.{_mysql.identifier(table)}"
        return int(session.rows(f"SELECT {hint} COUNT(*) FROM {name}")[0][0])
    return None


@contextlib.contextmanager
def _but(*codes: str) -> t.Iterator[None]:
    """A refusal of the server with one of these codes is no failure."""
    try:
        yield
    except ServiceFault as error:
        if error.code not in codes:
            raise


# -- Writing the blob --------------------------------------------------------------


@dataclass(frozen=True)
class Blob:
    """One blob, and a service principal that may write it. With the standard library alone, as the host has it.

    ca_bundle: "" for the system's authorities. Every method raises DrError in one sentence without a secret.
    """

    url: str
    login: t.Mapping[str, t.Any] = field(repr=False)
    ca_bundle: str = ""

    def write(self, data: bytes) -> None:
        """Replace the blob."""
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "x-ms-version": _STORAGE_VERSION,
            "x-ms-blob-type": "BlockBlob",
            "Content-Type": "application/json",
        }
        # URLs are the operator's own; https is insisted on in _send.
        self._send(urllib.request.Request(self.url, data, headers, method="PUT"), "Azure Blob")  # noqa: S310

    def _token(self) -> str:
        authority = self.login.get("authority_url") or _PUBLIC_AUTHORITY
        if "://" not in authority:
            authority = f"https://{authority}"
        form = {
            "grant_type": "client_credentials",
            "client_id": self.login["client_id"],
            "client_secret": self.login["client_secret"],
            "scope": _STORAGE_SCOPE,
        }
        url = f"{authority.rstrip('/')}/{self.login['tenant_id']}/oauth2/v2.0/token"
        request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())  # noqa: S310
        try:
            return str(json.loads(self._send(request, "Entra"))["access_token"])
        except (ValueError, KeyError, TypeError) as error:
            raise OutOfReach(f"What answers at {url} is not Entra: it gave no token.") from error

    def _send(self, request: urllib.request.Request, whom: str) -> bytes:
        if request.type != "https":
            raise Refused(f"{request.full_url} is not https, and a secret would go there.")
        try:
            context = ssl.create_default_context(cafile=self.ca_bundle or None)
            opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirect())
            with opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return t.cast("bytes", answer.read(_MOST_BYTES))
        except urllib.error.HTTPError as error:
            raise _refusal(error, request.full_url, whom) from None
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "reason", error)
            raise OutOfReach(f"{whom} does not answer at {request.full_url}: {why}.") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Neither service redirects, and whoever does is not to see a secret or a token."""

    def redirect_request(self, *_args: t.Any) -> None:
        return None


def _refusal(error: urllib.error.HTTPError, url: str, whom: str) -> DrError:
    """What the service said, by its own word: a header of storage, or "error" in the answer of Entra."""
    with error:
        word = error.headers.get("x-ms-error-code", "")
        if not word:
            with contextlib.suppress(ValueError, AttributeError, OSError, http.client.HTTPException):
                word = str(json.loads(error.read(_MOST_BYTES)).get("error", ""))
    said = f"{whom} answers {error.code} {word}".rstrip() + f" at {url}"
    if error.code in (400, 401, 403):
        return NotAuthorised(f"{said}: see dr_heartbeat_login, and that it may write blobs in that container.", word)
    if error.code == 404:
        return ServiceFault(f"{said}: make the container, or correct dr_heartbeat_container.", word)
    return ServiceFault(f"{said}.", word)


# -- The service -------------------------------------------------------------------


def beat(settings: t.Mapping[str, t.Any]) -> Beat:
    """Once, as FILE says. DrError."""
    database = settings["database"]
    session = _mysql.open_session(database, READ_SECONDS, CONNECT_SECONDS)
    try:
        taken = take(session, settings["schema"], database["login_host"], settings["every"])
    finally:
        session.close()
    parts = settings["account_url"].rstrip("/"), settings["container"], urllib.parse.quote(settings["name"])
    blob = Blob("/".join(parts), settings["azure"], settings["ca_bundle"])
    late = f"Azure took longer than {WRITE_SECONDS} s to store the heartbeat; it may be stored all the same."
    within(WRITE_SECONDS, late, lambda: blob.write(taken.to_json()))
    return taken


def main(path: str) -> int:
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    try:
        sentence = beat(settings).sentence()
    except DrError as error:
        sys.stderr.write(f"No heartbeat: {error}\n")
        return 1
    sys.stdout.write(f"{sentence}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
