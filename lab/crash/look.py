"""What has to be the same after a run that was killed and repeated as after one that was not.

Names and times that differ from run to run (ids of backups, of disks) are taken out, so that values can be compared
across cycles and labs. Everything is read past the runbooks.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from lab import facts
from lab.fingerprint import World
from lab.story import evidence
from lab.story.sources import BACKUPS
from lab.watch import records, sight
from lab.watch.fetch import FetchError, Request, over_https
from lab.watch.records import Answer, Write
from lab.watch.resolve import authoritative
from lab.watch.user import ID_PREFIX, User

View = dict[str, t.Any]
PRIMARY, SECONDARY = "rds", "azuredb"
FLIPS = "control/petclinic/flip.json"
OPEN_MARK = "/goupang-dr/open"
MARKS = {200: "open", 404: "closed"}
# 20260104t0300z or longer in the names of schemas; 32 hexadecimal digits in those of disks; 12 in those of releases.
PASSING = re.compile(r"\d{8}t\d{4,}z(_\w+)?|[0-9a-f]{32}|[0-9a-f]{12}\b")
# Since when the maintenance page has been sending users elsewhere; that it says so is kept.
PAGE_TIME = re.compile(r"<time[^>]*>[^<]+</time>")
# A record of a user's writes: see lab.watch.
ANSWER_SECONDS = 20.0


def timeless(text: str) -> str:
    return PASSING.sub("*", text)


@dataclass
class Asking:
    """A user without a cache: asks DNS anew each time."""

    server: str

    def address(self, name: str) -> str:
        return authoritative(self.server)(name).address

    def unanswered(self, name: str) -> None:
        """There is nothing to forget."""


@dataclass
class Person:
    """A user who looks and writes when told to, and keeps what was acknowledged."""

    lab: facts.Facts
    acknowledged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        fetch = over_https(self.lab.ca_bundle, answer_seconds=ANSWER_SECONDS)
        nowhere: list[t.Any] = []
        self._user = User(records.FOLLOWER, Asking(self.lab.addresses["dns"]), fetch, nowhere, nowhere)

    def sees(self) -> dict[str, str]:
        """www, dr -> "200 from primary", "page from Azure", "no answer"."""
        return {sight.label(name): sight.words(self._look(name)) for name in sight.names(self.lab.zone)}

    def writes(self) -> str:
        """Adds an owner at dr: "acknowledged by secondary", "refused", "unknown"."""
        write: Write = self._user.write(f"dr.{self.lab.zone}")
        if write.outcome != "acknowledged":
            return write.outcome
        self.acknowledged.add(write.id)
        return f"acknowledged by {write.served_by}"

    def _look(self, name: str) -> Answer:
        return self._user.look(name)


class Writers(t.Protocol):
    """Who may write on a database host."""

    def writers(self, host: str) -> list[str]: ...


def never(world: Writers) -> list[str]:
    """What must not be at any moment, so not after a blow either."""
    primary, secondary = world.writers(PRIMARY), world.writers(SECONDARY)
    if any("petclinic" in who for who in primary) and any("petclinic" in who for who in secondary):
        return [f"Both sites can be written to: {primary}, {secondary}"]
    return []


@dataclass(frozen=True)
class Observer:
    """Looks at a running lab."""

    world: World
    person: Person

    def look(self, serving: str) -> View:
        """The end state of a leg. `serving`: the database host that holds the truth then."""
        lost = self.person.acknowledged - set(self.written(serving))
        view = {
            "users": self.person.sees(),
            "open mark": self.open_mark(),
            "latches": self.latches(),
            "azure": self.azure(),
            "blobs": self.blobs(),
            "locks": self.world.locks(),
            "page": self.page(),
            "fence": self.fence(),
            "openings": self.openings(),
            "not whole": self.not_whole(),
            "orphans": self.orphans(),
            "rows of the primary": self.rows(PRIMARY, "petclinic"),
            "rows of the secondary": self.rows(SECONDARY, self.in_use()),
            "machine": self.machine(),
            "acknowledged and lost": len(lost),
            "written twice": len(self.written(serving)) - len(set(self.written(serving))),
        }
        return t.cast("View", json.loads(json.dumps(view)))

    def open_mark(self) -> str:
        """Past DNS: "open", "closed", or "nobody", of which no more is said: 502 and 504 both mean no machine."""
        request = Request(f"dr.{self.world.lab.zone}", OPEN_MARK)
        fetch = over_https(self.world.lab.ca_bundle, answer_seconds=ANSWER_SECONDS)
        try:
            return MARKS.get(fetch(self.world.lab.addresses["edge"], request).status, "nobody")
        except FetchError:
            return "nobody"

    def latches(self) -> list[str]:
        provisioned = yaml.safe_load((facts.home() / "provisioned.yml").read_text())
        names = {check: name for name, check in provisioned["dr_health_check_ids"].items()}
        # The check of the switch object is inverted by nature, whatever it says.
        return sorted({names.get(check, check) for check in self.world.latches()} - {"switch"})

    def switch(self) -> bool:
        """Whether the switch stands on the secondary."""
        return self.world.sources.switch_is_there()

    def azure(self) -> list[str]:
        """Each resource, its state, and of a machine its size."""
        known = self.world.azure().items()
        return sorted(timeless(f"{key.rpartition('/providers/')[2]} {_state(one)}") for key, one in known)

    def blobs(self) -> list[str]:
        """Without backups, and without the record of flips, which is there from the first one on."""
        passing = (f"{BACKUPS}/", FLIPS)
        return sorted(timeless(name) for name in self.world.blobs() if not name.startswith(passing))

    def page(self) -> str:
        """Which of its messages the maintenance page bears."""
        name = f"www.{self.world.lab.zone}"
        try:
            answer = over_https(self.world.lab.ca_bundle)(self.world.lab.addresses["edge"], Request(name, "/"))
        except FetchError as error:
            return str(error)
        return f"{answer.status} {page_digest(answer.body)}"

    def fence(self) -> View:
        """Who may write where: accounts that are not locked and have the privilege, events that run."""
        return {host: self.writers(host) for host in (PRIMARY, SECONDARY)}

    def writers(self, host: str) -> list[str]:
        locked = {
            f"'{user}'@'{where}'"
            for user, where in self._query(host, "SELECT user, host FROM mysql.user WHERE account_locked = 'Y'")
        }
        may = [f"{who} {timeless(schema)}" for who, schema in self.world.writers(host) if who not in locked]
        events = "SELECT event_schema, event_name FROM information_schema.events WHERE status = 'ENABLED'"
        # Events of schemas that nobody uses are no writers of the truth.
        return sorted({*may, *(f"event {name}" for schema, name in self._query(host, events) if schema == "petclinic")})

    def openings(self) -> list[int]:
        """Of the openings: how many are not carried home."""
        there = self._query(
            SECONDARY,
            "SELECT 1 FROM information_schema.tables WHERE table_schema = 'goupang_dr' AND table_name = 'openings'",
        )
        if not there:
            return [0]
        open_ = self._query(SECONDARY, "SELECT COUNT(*) FROM goupang_dr.openings WHERE carried_home IS NULL")
        return [int(count) for (count,) in open_]

    def not_whole(self) -> int:
        """Restores that were begun, and neither finished nor removed."""
        ((count,),) = self._query(SECONDARY, "SELECT COUNT(*) FROM goupang_dr.restores WHERE state <> 'whole'")
        return int(count)

    def orphans(self) -> int:
        """Rows that the last failback exported: none while both sites live, or what came home looked lost."""
        found = evidence.orphans(self.world.sources, since="")
        return found.exported if found else 0

    def in_use(self) -> str:
        """The schema on which the application's account has privileges."""
        found = self._query(
            SECONDARY,
            "SELECT DISTINCT table_schema FROM information_schema.schema_privileges"
            " WHERE grantee LIKE '''petclinic''@%%' AND privilege_type = 'SELECT' ORDER BY 1 DESC",
        )
        return str(found[0][0]) if found else ""

    def written(self, host: str) -> list[str]:
        schema = "petclinic" if host == PRIMARY else self.in_use()
        if not schema:
            return []
        query = f"SELECT address FROM `{schema}`.owners WHERE address LIKE %s"
        return [address for (address,) in self._query(host, query, [f"{ID_PREFIX}%"])]

    def rows(self, host: str, schema: str) -> View:
        """table -> number of rows and a digest of them, without those that our user has written."""
        columns: dict[str, list[str]] = {}
        listed = self._query(
            host,
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE table_schema = %s AND table_type = 'BASE TABLE' AND extra NOT LIKE '%%INVISIBLE%%'"
            " ORDER BY 1, c.column_name",
            [schema],
        )
        for table, column in listed:
            columns.setdefault(table, []).append(f"IFNULL(HEX(`{column}`), 'N')")
        return {table: self._digest(host, schema, table, cells) for table, cells in columns.items()}

    def _digest(self, host: str, schema: str, table: str, cells: Sequence[str]) -> str:
        ours = f" WHERE address NOT LIKE '{ID_PREFIX}%%'" if table == "owners" else ""
        digest = f"COALESCE(BIT_XOR(CRC32(CONCAT_WS('|', {', '.join(cells)}))), 0)"
        ((count, value),) = self._query(host, f"SELECT COUNT(*), {digest} FROM `{schema}`.`{table}`{ours}", [])
        return f"{count} rows, {int(value):08x}"

    def machine(self) -> View:
        """Of each machine: its files with mode and owner, and its services."""
        return {
            name.rpartition("-vm-")[2]: [timeless(kept) for line in lines if (kept := _without_time(line))]
            for name, lines in self.world.machines().items()
        }

    def _query(self, host: str, sql: str, parameters: Sequence[str] = ()) -> list[tuple[t.Any, ...]]:
        return self.world.sources.query(host, sql, parameters)


def page_digest(body: str) -> str:
    """Of a page, whatever the time that it tells."""
    return hashlib.sha256(PAGE_TIME.sub("<time>", body).encode()).hexdigest()[:12]


def _state(resource: Mapping[str, t.Any]) -> str:
    properties = resource.get("properties") or {}
    words = properties.get("provisioningState"), (properties.get("hardwareProfile") or {}).get("vmSize")
    return " ".join(str(word) for word in words if word)


def _without_time(line: str) -> str:
    """Of a file its size and time differ; of a service the id of its process and when it was started."""
    words = line.split(" ")
    if len(words) == 6 and words[0].startswith("/"):
        return " ".join(words[:4])
    return "" if line.startswith(("MainPID=", "ActiveEnterTimestampMonotonic=")) else line


def faults(expected: View, seen: View) -> list[str]:
    """A sentence for each part of a view that is not as expected; of parts that are not expected nothing is said."""
    return differences(expected, {part: value for part, value in seen.items() if part in expected})


def differences(expected: View, seen: View) -> list[str]:
    """A sentence for each part that is not as it should be."""
    found = []
    for part in sorted({*expected, *seen}):
        before, after = expected.get(part), seen.get(part)
        if before == after:
            continue
        if isinstance(before, list) and isinstance(after, list):
            found.append(f"{part}: missing {_less(before, after)}, too much {_less(after, before)}")
        elif isinstance(before, dict) and isinstance(after, dict):
            found += [f"{part} / {line}" for line in differences(before, after)]
        else:
            found.append(f"{part}: {before!r} expected, {after!r} seen")
    return found


def _less(these: Sequence[t.Any], those: Sequence[t.Any]) -> list[t.Any]:
    left = list(those)
    missing = []
    for one in these:
        if one in left:
            left.remove(one)
        else:
            missing.append(one)
    return missing
