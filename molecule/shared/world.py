"""Answers questions about the lab's world, past the runbooks: MySQL as root, HTTP as a user, ARM, Route 53, the hosts.

A list of questions comes as JSON on standard input, each a list of a word and its arguments; the answers go as JSON
to standard output, in the same order. The words are the methods of `Answers`; see there.
"""

from __future__ import annotations

import hashlib
import json
import sys
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from functools import cached_property

from lab import facts
from lab.errors import LabError
from lab.facts import Facts
from lab.podman import Podman
from lab.watch.fetch import FetchError, Request, over_https
from lab.watch.resolve import ResolveError, authoritative

if t.TYPE_CHECKING:
    from lab.fingerprint import World

LOCKED = "SELECT COUNT(*) FROM mysql.user WHERE user = 'petclinic' AND account_locked = 'Y'"
IN_USE = "SELECT DISTINCT db FROM mysql.db WHERE user = 'petclinic'"
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'petclinic'"
COLUMNS = (
    "SELECT GROUP_CONCAT(column_name) FROM information_schema.columns"
    " WHERE table_schema = 'petclinic' AND table_name = %s"
)
# What the runbooks write on the controller, beside what they do in the clouds.
WRITTEN = ("provisioned.yml", "ssh/machine_known_hosts")
SECONDS = 10


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Answers:
    """One method a question. LabError, ResolveError, FetchError when the world does not answer."""

    lab: Facts
    secrets: t.Mapping[str, str] = field(repr=False)

    @cached_property
    def world(self) -> World:
        from lab.fingerprint import World  # late: it loads the clouds' SDKs, and many questions do without

        return World(self.lab, self.secrets)

    def everything(self) -> dict[str, str]:
        """A digest of each thing, by its name: whoever says "changed nothing" must leave it equal."""
        parts = self.world.fingerprint()
        found = {f"{part} {name}": _digest(value) for part, things in parts.items() for name, value in things.items()}
        for name in WRITTEN:
            path = facts.home() / name
            found[name] = _digest(path.read_bytes() if path.exists() else None)
        return found

    def unrest(self) -> list[str]:
        """Why this is no peace, in which scenarios could begin; empty in peace."""
        reasons = {
            "a health check is latched": self.latches() > 0,
            "there is a machine in Azure": bool(self.azure()),
            "the primary takes no writes": self.sql("rds", LOCKED) != [[0]],
        }
        return [reason for reason, is_so in reasons.items() if is_so]

    def sql(self, host: str, query: str) -> list[list[t.Any]]:
        """Rows; the host is rds or azuredb."""
        return [list(row) for row in self.world.sources.query(host, query)]

    def differing(self) -> list[str]:
        """Tables that hold something else on the secondary, in the schema in use, than on the primary."""
        query = self.world.sources.query
        [(schema,)] = query("azuredb", IN_USE)

        def content(host: str, schema: str, table: str, columns: str) -> list[tuple[t.Any, ...]]:
            sums = f"SELECT COUNT(*), SUM(CRC32(CONCAT_WS('|', {columns}))) FROM `{schema}`.`{table}`"
            return query(host, sums)

        tables = {name: query("rds", COLUMNS, (name,))[0][0] for (name,) in query("rds", TABLES)}
        return [
            name
            for name, columns in tables.items()
            if content("rds", "petclinic", name, columns) != content("azuredb", schema, name, columns)
        ]

    def user(self, url: str, last_name: str = "") -> dict[str, t.Any]:
        """What a GET brings, or, with a last name, the POST of an owner: status, site, and host that DNS named."""
        lab, parts = self.lab, urllib.parse.urlsplit(url)
        name = str(parts.hostname)
        address = authoritative(lab.addresses["dns"])(name).address
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        request = Request(name, path, "POST", _owner(last_name)) if last_name else Request(name, path)
        answer = over_https(lab.ca_bundle, answer_seconds=SECONDS)(address, request)
        hosts = {at: host for host, at in lab.addresses.items()}
        return {"status": answer.status, "by": answer.headers.get("x-served-by"), "from": hosts.get(address)}

    def machine(self, path: str, last_name: str = "") -> int:
        """The status of the same, asked of the machine itself, past DNS and CloudFront, as CloudFront asks it."""
        [address] = self.world.sources.resources()["public_ips"]
        form = urllib.parse.urlencode(_owner(last_name)).encode() if last_name else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        try:
            request = urllib.request.Request(f"http://{address.ip_address}:8080{path}", form)
            request.add_header("X-Goupang-DR-Edge", self.world.secrets["edge"])
            with opener.open(request, timeout=SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def run(self, host: str, script: str) -> str:
        """What a shell as root prints; the host is bastion, or vm for the machine."""
        podman = Podman.of(facts.home())
        [container] = podman.states(f"{self.lab.id}-{host}")
        return podman.run("exec", container, "sh", "-c", script).strip()

    def machines(self) -> list[str]:
        """The state of each machine of Azure, as the machine that plays it tells."""
        return sorted(Podman.of(facts.home()).states(f"{self.lab.id}-vm-").values())

    def azure(self) -> list[str]:
        """What of ours exists in Azure, by its kind."""
        return sorted(name.split("/")[-2] for name in self.world.azure())

    def blobs(self, container: str) -> list[str]:
        """Names, without the container's."""
        return sorted(name.partition("/")[2] for name in self.world.blobs() if name.startswith(f"{container}/"))

    def heartbeat(self) -> dict[str, t.Any]:
        """What the primary said last that it holds."""
        return self.world.heartbeat()

    def latches(self) -> int:
        """How many health checks are held unhealthy, whatever their endpoints do."""
        return len(self.world.latches())

    def records(self) -> list[str]:
        """Records that fail over, as "name PRIMARY"."""
        return sorted(f"{one['Name']} {one['Failover']}" for one in self.world.aws()["records"] if "Failover" in one)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A stored owner is answered with 303: that is the answer we want to see."""

    def redirect_request(self, *_: object) -> None:
        return None


def _owner(last_name: str) -> dict[str, str]:
    return {
        "firstName": "Mole",
        "lastName": last_name,
        "address": "1 Test St.",
        "city": "Seoul",
        "telephone": "0200000000",
    }


def main() -> int:
    answers = Answers(facts.load(), facts.secrets())
    try:
        said = [getattr(answers, word)(*arguments) for word, *arguments in json.load(sys.stdin)]
    except (LabError, ResolveError, FetchError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    json.dump(said, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
