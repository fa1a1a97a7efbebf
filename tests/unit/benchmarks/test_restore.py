"""What the benchmark of restores says of what it measured."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing

from benchmarks.restore import run as bench
from benchmarks.restore.dataset import Folder


def size(sed: float, ours: float, rss: float, myloader: float | None = None) -> dict[str, t.Any]:
    seconds = {"sed_pipe": sed, "ours": ours} | ({} if myloader is None else {"myloader": myloader})
    runs = {name: [{"seconds": one}] for name, one in seconds.items()}
    return {"sql_mb": 100, "median_seconds": seconds, "runs": runs, "floor_seconds": 1.0, "peak_rss_mb": rss}


def told(found: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    monkeypatch.setattr(bench, "versions", lambda there: {})
    return bench.result({"no_myloader_because": None, **found}, t.cast("t.Any", None), 0.0)


def test_the_largest_size_gives_the_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"1000": size(30.0, 20.0, 80.0, 19.5), "400": size(1.0, 20.0, 90.0, 1.0)}
    answer = told({"sizes": sizes, "single_row": size(120.0, 10.0, 70.0)}, monkeypatch)

    assert (answer["ratio_to_sed_pipe"], answer["ratio_to_myloader"], answer["ratio_single_row"]) == (1.5, 0.97, 12.0)
    assert answer["peak_rss_mb"] == 90.0
    assert answer["missed_goals"] == []
    assert not [line for line in bench.table(answer) if "MISSED" in line]


def test_what_stays_behind_its_goal_or_was_not_measured_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"sizes": {"100": size(13.0, 10.0, 100.0)}, "single_row": size(99.0, 10.0, 70.0)}
    found["sizes"]["100"]["median_seconds"]["mysql_clients"] = 11.0
    found["sizes"]["100"]["runs"]["mysql_clients"] = [{"seconds": 11.0}]
    answer = told(found | {"no_myloader_because": "It cannot be installed."}, monkeypatch)

    assert [goal.split(":")[0] for goal in answer["missed_goals"]] == [
        "ratio_to_sed_pipe",
        "ratio_to_myloader",
        "ratio_single_row",
        "peak_rss_mb",
    ]
    assert "ratio_to_mysql_clients: 1.1. It cannot be installed." in bench.table(answer)
    assert len([line for line in bench.table(answer) if line.startswith("MISSED")]) == 4


def test_rounds_are_compared_each_by_itself_too() -> None:
    seconds = {"sed_pipe": [2.0, 20.0, 60.0], "ours": [1.0, 20.0, 40.0]}
    runs = {way: [{"seconds": one} for one in took] for way, took in seconds.items()}

    assert bench.by_round({"runs": runs}) == {"sed_pipe": 1.5}
    assert bench.ratio({"median_seconds": {"sed_pipe": 20.0, "ours": 20.0}}, "sed_pipe") == 1.0


def test_a_folder_is_a_store(tmp_path: Path) -> None:
    store = Folder(tmp_path / "dumps")
    store.stage("b.sql.gz", "000000", b"one ")
    store.stage("b.sql.gz", "000001", b"two")
    assert store.properties("b.sql.gz") is None
    store.commit("b.sql.gz", ["000000", "000001"])
    store.write("b.manifest.json", b"{}")

    assert (store.read("b.sql.gz"), list(store.chunks("b.sql.gz"))) == (b"one two", [b"one two"])
    assert store.part("b.sql.gz", 4, 2) == b"tw"
    assert list(store.names("b")) == ["b.manifest.json", "b.sql.gz"]
    there = store.properties("b.sql.gz")
    assert there
    assert there.bytes == 7
    with pytest.raises(BlobMissing):
        store.read("a")
