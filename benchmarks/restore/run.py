"""How fast a backup is restored, beside `gunzip | sed | mysql` and myloader, on two real MySQL servers of the lab.

    make bench-restore SIZES="100 400 1000"

The servers are the lab's: binlog on, TLS, a restricted administrator. The ways alternate, so that whatever else the
machine does meets all of them; the medians count. Nothing is compared that did not load each row.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import typing as t
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "collections")]

from benchmarks.restore import dataset, servers, ways  # noqa: E402 - the checkout is no package
from benchmarks.restore.servers import CLIENT, TARGET, Servers  # noqa: E402
from benchmarks.restore.ways import Data, Took  # noqa: E402
from lab.errors import LabError  # noqa: E402

RESULT = ROOT / "benchmarks" / "restore.json"
GOALS = {"ratio_to_sed_pipe": 1.4, "ratio_to_myloader": 0.95, "ratio_single_row": 10.0}
MOST_MEMORY_MB = 100
# One row a statement is slow with the pipe: minutes for what else takes seconds.
SINGLE_ROW_MB = 3

Way = t.Callable[[Servers, Data], Took]
Rounds = dict[str, list[Took]]


def alternate(there: Servers, data: Data, chosen: t.Mapping[str, Way], rounds: int) -> Rounds:
    """Each way once a round, each on a target that is as before."""
    took: Rounds = {name: [] for name in chosen}
    for count in range(1, rounds + 1):
        for name, way in chosen.items():
            ways.reset(there)
            took[name].append(way(there, data))
        told = ", ".join(f"{name} {runs[-1].seconds:.1f} s" for name, runs in took.items())
        print(f"  round {count}: {told}; load {os.getloadavg()[0]:.1f}", flush=True)
    ways.reset(there)
    return took


def median(runs: t.Sequence[Took]) -> float:
    return statistics.median(run.seconds for run in runs)


def summary(data: Data, took: Rounds) -> dict[str, t.Any]:
    """What was measured on one dump. The floor: the least that the server ever worked, on all processors."""
    cores = os.cpu_count() or 1
    return {
        "sql_mb": round(data.manifest.plain.bytes / 1e6, 1),
        "gzip_mb": round(data.manifest.compressed.bytes / 1e6, 1),
        "rows": sum(data.manifest.tables.values()),
        "median_seconds": {name: round(median(runs), 2) for name, runs in took.items()},
        "floor_seconds": round(min(run.server_seconds for runs in took.values() for run in runs) / cores, 2),
        "peak_rss_mb": round(max(run.peak_rss_mb for run in took["ours"]), 1),
        "runs": {
            name: [{key: round(value, 2) for key, value in asdict(run).items()} for run in runs]
            for name, runs in took.items()
        },
    }


def ratio(measured: t.Mapping[str, t.Any], name: str) -> float | None:
    """Their median time divided by ours; None where they were not measured."""
    seconds = measured["median_seconds"]
    return round(seconds[name] / seconds["ours"], 2) if name in seconds else None


def by_round(measured: t.Mapping[str, t.Any]) -> dict[str, float]:
    """The same as ratio(), but each round by itself, and the median of those.

    Within a round all met the same machine. On one that is busy now and idle then, this and ratio() part company,
    which says that neither is to be trusted.
    """
    runs = measured["runs"]
    others = [name for name in runs if name != "ours"]
    pairs = {name: zip(runs[name], runs["ours"], strict=True) for name in others}
    ratios = {name: [float(their["seconds"] / our["seconds"]) for their, our in pairs[name]] for name in others}
    return {name: round(statistics.median(found), 2) for name, found in ratios.items()}


def measure(there: Servers, sizes: t.Sequence[int], rounds: int, single_row_mb: int) -> dict[str, t.Any]:
    """Everything, on one pair of servers."""
    chosen: dict[str, Way] = {"sed_pipe": ways.sed_pipe, "ours": ways.ours}
    found: dict[str, t.Any] = {"sizes": {}}
    for size in sizes:
        data = made(there, size)
        missing = with_myloader(there, data)
        print(f"{size} MB of SQL: {data.manifest.plain.bytes / 1e6:.0f} MB", flush=True)
        more: dict[str, Way] = {"mysql_clients": ways.mysql_clients} if missing else {"myloader": ways.myloader}
        found["sizes"][str(size)] = summary(data, alternate(there, data, {**chosen, **more}, rounds))
        found["no_myloader_because"] = missing
    data = made(there, single_row_mb, "--skip-extended-insert")
    print(f"One row a statement: {data.manifest.plain.bytes / 1e6:.0f} MB", flush=True)
    found["single_row"] = summary(data, alternate(there, data, chosen, rounds))
    return found


def made(there: Servers, size: int, *more: str) -> Data:
    schema = f"shop{size}{'rows' if more else ''}"
    dataset.fill(there, schema, size)
    folder = there.home / "dumps" / schema
    return Data(dataset.dump(there, schema, folder, more), folder)


def with_myloader(there: Servers, data: Data) -> str | None:
    """Have mydumper dump the same. If it cannot: why, and mysqldump dumps table by table instead."""
    missing = None if there.has_myloader else "mydumper cannot be installed from Debian here"
    try:
        if not missing:
            ways.dump_for_myloader(there, data)
    except LabError as error:
        missing = f"Debian's mydumper does not read the server ({error})"
    if missing:
        ways.dump_by_table(there, data)
        missing += f": compared with {ways.SESSIONS} clients of mysql, each with a table at a time."
    return missing


def versions(there: Servers) -> dict[str, str]:
    asked = {"mysql": ("mysql", "--version"), "mysqldump": ("mysqldump", "--version")}
    if there.has_myloader:
        asked["myloader"] = ("myloader", "--version")
    told = {name: there.run(CLIENT, *words).strip() for name, words in asked.items()}
    return {"server": there.root(TARGET, "SELECT VERSION()"), "python": platform.python_version(), **told}


def result(found: dict[str, t.Any], there: Servers, load_before: float) -> dict[str, t.Any]:
    """The file: the largest size gives the ratios, and what stays behind its goal is named."""
    largest = found["sizes"][max(found["sizes"], key=int)]
    ratios = {
        "ratio_to_sed_pipe": ratio(largest, "sed_pipe"),
        "ratio_to_myloader": ratio(largest, "myloader"),
        "ratio_single_row": ratio(found["single_row"], "sed_pipe"),
    }
    beside = ratio(largest, "mysql_clients")
    memory = max(one["peak_rss_mb"] for one in [*found["sizes"].values(), found["single_row"]])
    missed = [f"{name}: {got}, not {GOALS[name]}" for name, got in ratios.items() if got is None or got < GOALS[name]]
    if memory >= MOST_MEMORY_MB:
        missed.append(f"peak_rss_mb: {memory}, not below {MOST_MEMORY_MB}")
    return {
        "measured": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
        **ratios,
        **({} if beside is None else {"ratio_to_mysql_clients": beside}),
        "peak_rss_mb": memory,
        "missed_goals": missed,
        "by_round": {"largest_size": by_round(largest), "single_row": by_round(found["single_row"])},
        "cores": os.cpu_count(),
        "load_before_and_after": [round(load_before, 1), round(os.getloadavg()[0], 1)],
        "versions": versions(there),
        "notes": [
            "The ratios are their median time divided by ours, on the largest size. by_round has the median of the "
            "ratios of each round: where it differs much, the machine was too busy for either to be trusted.",
            "Ours includes comparing rows and the dump's checksum with the manifest, which the others do not; "
            "the start of its interpreter is not counted, as that of podman exec is not for the others.",
            "The floor is the server's processor time, the least of any run, divided by the cores.",
        ],
        **found,
    }


def table(told: dict[str, t.Any]) -> list[str]:
    other = "mysql_clients" if told["no_myloader_because"] else "myloader"
    lines = [f"{'':22}{'SQL, MB':>9}{'sed pipe':>10}{other:>15}{'ours':>8}{'floor':>8}{'RSS, MB':>9}"]
    every = {f"{size} MB": one for size, one in told["sizes"].items()} | {"one row a statement": told["single_row"]}
    for name, one in every.items():
        seconds = one["median_seconds"]
        cells = [f"{seconds[way]:.1f} s" if way in seconds else "-" for way in ("sed_pipe", other, "ours")]
        lines.append(
            f"{name:22}{one['sql_mb']:9.0f}{cells[0]:>10}{cells[1]:>15}{cells[2]:>8}{one['floor_seconds']:6.1f} s"
            f"{one['peak_rss_mb']:9.0f}"
        )
    lines += [f"{name}: {told[name]} (goal {goal})" for name, goal in GOALS.items()]
    lines.append(f"by round, the median of the ratios: {told['by_round']}")
    lines.append(f"peak_rss_mb: {told['peak_rss_mb']} (goal below {MOST_MEMORY_MB})")
    if told["no_myloader_because"]:
        lines.append(f"ratio_to_mysql_clients: {told['ratio_to_mysql_clients']}. {told['no_myloader_because']}")
    return lines + [f"MISSED {goal}" for goal in told["missed_goals"]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a restore beside other ways of loading a dump.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 400, 1000], metavar="MB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--single-row", type=int, default=SINGLE_ROW_MB, metavar="MB")
    parser.add_argument("--json", type=Path, default=RESULT, metavar="FILE")
    parser.add_argument("--keep", action="store_true", help="leave the servers running")
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    try:
        there = servers.up(print)
        found = measure(there, options.sizes, options.rounds, options.single_row)
        told = result(found, there, load_before)
    except (LabError, ways.WrongError) as error:
        raise SystemExit(f"bench-restore: {error}") from None
    finally:
        if not options.keep:
            servers.down()
    options.json.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(table(told)))


if __name__ == "__main__":
    main()
