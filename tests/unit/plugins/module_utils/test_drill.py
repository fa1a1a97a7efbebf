"""How long a drill took, by the journal of its run, and the record that it leaves."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _drill
from ansible_collections.goupang.dr.plugins.module_utils._drill import Drill
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach, Refused

from tests.unit.plugins.backup_fakes import MemoryStore

Line = dict[str, t.Any]
ENDED = "2026-11-24T12:10:00Z"


def at(seconds: float) -> str:
    return f"2026-11-24T12:{int(seconds // 60):02d}:{seconds % 60:06.3f}Z"


def journal(*plays: tuple[str, float, float]) -> list[Line]:
    """A run that began at 0 s, with plays by their begin and end, and a task in each."""
    lines: list[Line] = [{"event": "run_start", "time": at(0)}]
    for name, begin, end in plays:
        lines.append({"event": "play_start", "play": name, "time": at(begin)})
        lines.append({"event": "task", "play": name, "time": at(end)})
        lines.append({"event": "play_end", "play": name, "time": at(end)})
    return lines


BACKUP = ("Backup 2/2 | Dump the primary into Blob", 4.0, 20.0)
REHEARSAL = journal(
    ("Rehearsal 1/6 | Check that there is peace", 1.0, 4.0),
    BACKUP,
    ("Warm up 1/5 | Check that there is something to load", 20.0, 22.0),
    ("Warm up 5/5 | Configure the application, closed to users", 100.0, 140.5),
    ("Rehearsal 4/6 | Look at the secondary, which stays closed to users", 140.5, 143.25),
    ("Cool down 2/2 | Remove the machine", 143.25, 160.0),
)
FULL = journal(
    ("Full drill 1/4 | Check that there is peace", 1.0, 4.0),
    BACKUP,
    ("Failover 1/10 | Check that we may, and that we mean it", 20.5, 24.0),
    ("Warm up 1/5 | Check that there is something to load", 24.0, 25.0),
    ("Failover 8/10 | Send the users to the secondary", 200.0, 230.0),
    ("Failover 10/10 | See what a user sees", 230.0, 240.75),
)


def test_a_rehearsal_tells_when_the_secondary_was_ready() -> None:
    assert _drill.told(REHEARSAL, "rehearsal", "R", ENDED) == Drill(
        "rehearsal", "R", at(0), ENDED, ready_seconds=123.2, rto_seconds=None
    )


def test_a_full_drill_tells_its_rto() -> None:
    assert _drill.told(FULL, "full", "R", ENDED) == Drill("full", "R", at(0), ENDED, rto_seconds=220.2)


def test_the_run_before_in_the_same_file_does_not_count() -> None:
    later = [{"event": "run_start", "time": at(500)}, *FULL[1:]]
    drill = _drill.told([*REHEARSAL, *later], "full", "R", ENDED)
    assert (drill.started, drill.rto_seconds) == (at(500), 220.2)
    assert _drill.told([*FULL, {"event": "run_start", "time": at(500)}], "full", "R", ENDED).rto_seconds is None


def test_without_a_journal_no_time_is_known() -> None:
    assert _drill.told([], "full", "", ENDED) == Drill("full", "", None, ENDED)
    assert _drill.lines_of("/nowhere/at/all.jsonl") == []


def test_a_journal_that_is_being_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in FULL) + '\n{"event": "ta')
    assert _drill.lines_of(str(path)) == FULL


@pytest.mark.parametrize("scope", ["rehearsal", "full"])
def test_the_plays_are_called_so_in_the_playbooks(scope: str) -> None:
    """A play of another name would leave the record without its time, and nobody would notice."""
    playbooks = Path(__file__).resolve().parents[4] / "collections/ansible_collections/goupang/dr/playbooks"
    names = "\n".join(path.read_text() for path in sorted(playbooks.glob("*.yml")))
    wanted = {"rehearsal": ("Warm up 1/5", "Rehearsal 4/6 | Look at"), "full": ("Failover 1/10", "Failover 10/10")}
    for name in wanted[scope]:
        assert f'- name: "{name}' in names, name


def test_what_is_written_is_read_again() -> None:
    store, drill = MemoryStore(), _drill.told(FULL, "full", "R", ENDED)
    assert _drill.read(store, "petclinic") is None
    _drill.write(store, "petclinic", drill)
    assert list(store.blobs) == ["petclinic/drill.json"]
    assert _drill.read(store, "petclinic") == drill
    # A later version may say more.
    more = {**json.loads(store.blobs["petclinic/drill.json"]), "schema": 2, "users": 3}
    store.blobs["petclinic/drill.json"] = json.dumps(more).encode()
    assert _drill.read(store, "petclinic") == drill


@pytest.mark.parametrize("spoilt", [b"", b"[]", b"{}", b'{"scope": "full", "run": "", "started": null, "ended": "?"}'])
def test_a_spoilt_record_is_not_taken_for_none(spoilt: bytes) -> None:
    with pytest.raises(Refused, match=r"petclinic/drill.json is no record of a drill"):
        _drill.read(MemoryStore({"petclinic/drill.json": spoilt}), "petclinic")


def test_a_container_that_cannot_be_read_is_not_taken_for_none() -> None:
    class Dark(MemoryStore):
        def read(self, name: str) -> bytes:
            raise OutOfReach("dark")

    with pytest.raises(OutOfReach):
        _drill.read(Dark(), "petclinic")
