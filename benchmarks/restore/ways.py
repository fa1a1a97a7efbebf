"""The ways of loading a dump, each timed alike: from the start of the command until its rows are there."""

from __future__ import annotations

import gzip
import json
import os
import shlex
import shutil
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils._backups import dump_name
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from benchmarks.restore import servers
from benchmarks.restore.servers import CLIENT, LONGEST_SECONDS, SOURCE, TARGET, Servers

ROOT = Path(__file__).resolve().parents[2]
SESSIONS = 2
# The seed's way with a dump: line by line, whatever stands in it.
SED = "sed -e '/@@GLOBAL.GTID_PURGED/d' -e '/SQL_LOG_BIN/d' -e 's/DEFINER=`[^`]*`@`[^`]*`//'"
LOADED = "loaded"


@dataclass(frozen=True)
class Took:
    """Seconds of the whole and of the server's processors; peak_rss_mb is of our process, 0 for the others."""

    seconds: float
    server_seconds: float
    peak_rss_mb: float = 0.0


@dataclass(frozen=True)
class Data:
    """A dump in a folder; the same as mydumper writes it, or table by table, in folders of it."""

    manifest: Manifest
    folder: Path

    @property
    def mydumper(self) -> Path:
        return self.folder / "mydumper"

    @property
    def tables(self) -> Path:
        return self.folder / "tables"


class WrongError(Exception):
    """A way that did not load what it was given; its time would mean nothing."""


def reset(there: Servers) -> None:
    """The target as it was: nothing loaded, no old binlog, nothing left to write to disk."""
    names = there.root(TARGET, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA").split()
    ours = [name for name in names if name not in ("mysql", "sys", "information_schema", "performance_schema")]
    there.root(TARGET, "".join(f"DROP DATABASE `{name}`;" for name in ours) + "PURGE BINARY LOGS BEFORE NOW();")
    os.sync()


def sed_pipe(there: Servers, data: Data) -> Took:
    script = f"gunzip -c {_inside(there, data)} | {SED} | mysql --defaults-extra-file=/bench/{TARGET}.cnf {LOADED}"
    return _shell(there, data, script)


def myloader(there: Servers, data: Data) -> Took:
    folder = Path("/bench") / data.mydumper.relative_to(there.home)
    words = f"--defaults-file=/bench/{TARGET}-mydumper.cnf --ssl --ca=/bench/ca/ca.pem --enable-binlog"
    script = f"myloader {words} --threads={SESSIONS} --database={LOADED} --directory={folder}"
    return _shell(there, data, script)


def mysql_clients(there: Servers, data: Data) -> Took:
    """As many clients as we have sessions, each with a table at a time: what is left where there is no myloader."""
    folder = Path("/bench") / data.tables.relative_to(there.home)
    one = f"gunzip -c $0 | {SED} | mysql --defaults-extra-file=/bench/{TARGET}.cnf {LOADED}"
    script = f"find {folder} -name '*.sql.gz' | xargs -n 1 -P {SESSIONS} bash -o pipefail -c {shlex.quote(one)}"
    return _shell(there, data, script)


def ours(there: Servers, data: Data) -> Took:
    params: dict[str, t.Any] = {
        **there.params(TARGET),
        "folder": str(data.folder),
        "prefix": "",
        "backup": data.manifest.backup_id,
        "schema_prefix": None,
        "keep": 2,
        "in_use": [],
        "connections": SESSIONS,
        "statement_timeout": 600,
    }
    before = there.cpu_seconds(TARGET)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.restore.ours"],
        input=json.dumps(params),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/collections:{ROOT}"},
        timeout=LONGEST_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise WrongError(f"ours failed: {done.stderr[-500:]}")
    worked = there.cpu_seconds(TARGET) - before
    answer = json.loads(done.stdout)
    _require_rows(there, data, answer["schema"])
    return Took(answer["seconds"], worked, answer["peak_rss_mb"])


def dump_for_myloader(there: Servers, data: Data) -> None:
    """The same schema as mydumper writes it. LabError when it cannot read the server.

    Without the views, which cost no time: it lets a MyISAM table stand in for each while it loads, and Azure has none.
    """
    # It keeps what lies there already, and would load it too.
    shutil.rmtree(data.mydumper, ignore_errors=True)
    folder = Path("/bench") / data.mydumper.relative_to(there.home)
    login = (f"--defaults-file=/bench/{SOURCE}-mydumper.cnf", "--ssl", "--ca=/bench/ca/ca.pem")
    what = (f"--database={data.manifest.schema}", "--compress", "--no-views", "--no-locks", f"--outputdir={folder}")
    there.run(CLIENT, "mydumper", *login, *what, "--triggers", "--routines", "--events")


def dump_by_table(there: Servers, data: Data) -> None:
    """A file for each table, with our options, for mysql_clients."""
    data.tables.mkdir(exist_ok=True)
    for table in data.manifest.tables:
        words = ["mysqldump", "--user=root", *data.manifest.tool_options, "--", data.manifest.schema, table]
        with (
            servers.start(there, SOURCE, *words) as process,
            gzip.open(data.tables / f"{table}.sql.gz", "wb", 1) as file,
        ):
            shutil.copyfileobj(t.cast("t.IO[bytes]", process.stdout), file)
            if process.wait() != 0:
                raise WrongError(f"mysqldump of {table} failed")


def _inside(there: Servers, data: Data) -> Path:
    """The dump as the client sees it."""
    return Path("/bench") / (data.folder / dump_name("", data.manifest.backup_id)).relative_to(there.home)


def _shell(there: Servers, data: Data, script: str) -> Took:
    """Run a script on the client, which takes its own time: starting a process there costs podman some of it."""
    there.root(TARGET, f"CREATE DATABASE {LOADED}")
    before = there.cpu_seconds(TARGET)
    timed = f'set -euo pipefail; began=$EPOCHREALTIME; {script}; echo "took $began $EPOCHREALTIME"'
    out = there.run(CLIENT, "bash", "-c", timed)
    worked = there.cpu_seconds(TARGET) - before
    began, ended = map(float, out.splitlines()[-1].split()[1:])
    _require_rows(there, data, LOADED)
    return Took(ended - began, worked)


def _require_rows(there: Servers, data: Data, schema: str) -> None:
    for table, rows in data.manifest.tables.items():
        count = there.root(TARGET, f"SELECT COUNT(*) FROM {schema}.{table}")
        if int(count) != rows:
            raise WrongError(f"{table} has {count} rows, the dump {rows}")
