"""The sentry: when it closes, when it does nothing, and how it says so."""

from __future__ import annotations

import ast
import http.server
import threading
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.goupang.dr.plugins.module_utils import _sentry, _writers
from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, OutOfReach

from tests.unit.plugins.mysql_server import Server
from tests.unit.plugins.scripted import FakeClock

COLLECTION = Path(_sentry.__file__).parents[2]
APP = Account("petclinic", "%")
DARK = OutOfReach("Blob does not answer.")


class Guarded(Server):
    """A server whose connections may be closed."""

    def close(self) -> None:
        self.log.append("closed")


class World:
    """The mark as it is at each look, and a database, which may be silent."""

    def __init__(self, *marks: bool | DrError, database: Guarded | DrError | None = None) -> None:
        self.marks = list(marks)
        self.database = database if database is not None else Guarded({APP: False})

    def mark(self) -> bool:
        seen = self.marks.pop(0)
        if isinstance(seen, DrError):
            raise seen
        return seen

    def session(self) -> Guarded:
        if isinstance(self.database, DrError):
            raise self.database
        return self.database


def test_without_a_mark_the_database_is_not_even_asked() -> None:
    assert _sentry.look(World(False, database=OutOfReach("asked"))) == _sentry.OPEN


def test_the_mark_closes_the_database_in_our_turn() -> None:
    database = Guarded({APP: False}, {7: "petclinic"})
    assert _sentry.look(World(True, True, database=database)) == _sentry.CLOSED
    assert database.users == {APP: True}
    assert database.connected == {}
    assert (database.log[0], database.log[-1]) == ("GET_LOCK", "closed")


def test_an_event_whose_definer_could_not_be_kept_is_said_once() -> None:
    database = Guarded({APP: False})
    database.events, database.definers = {("petclinic", "nightly"): True}, {("petclinic", "nightly"): "petclinic@%"}
    database.definer_refused = "1227"
    verdict = _sentry.look(World(True, True, database=database))
    assert verdict.certain
    assert verdict.sentence.startswith(f"{_sentry.CLOSED.sentence} Event petclinic.nightly ran as petclinic@%")
    assert _sentry.look(World(True, True, database=database)) == _sentry.CLOSED


def test_a_mark_that_is_gone_when_our_turn_comes_closes_nothing() -> None:
    """failback.yml removed it, and waits behind us to open the database."""
    database = Guarded({APP: False})
    assert _sentry.look(World(True, False, database=database)) == _sentry.OPEN
    assert database.users == {APP: False}


def test_what_a_failback_holds_open_is_not_closed_by_a_mark_that_was_left() -> None:
    database = Guarded({APP: False})
    _writers.reopen(database, check_mode=False, hold=True)
    assert _sentry.look(World(True, True, database=database)) == _sentry.HELD_OPEN
    assert database.users == {APP: False}


@pytest.mark.parametrize("marks", [(DARK,), (True, DARK)])
def test_when_nobody_can_tell_nothing_is_closed_and_nothing_is_opened(marks: tuple[bool | DrError, ...]) -> None:
    for locked in (False, True):
        database = Guarded({APP: locked})
        verdict = _sentry.look(World(*marks, database=database))
        assert not verdict.certain
        assert "Blob does not answer." in verdict.sentence
        assert database.users == {APP: locked}


def test_a_silent_database_that_is_to_be_closed_is_asked_again_at_once() -> None:
    verdict = _sentry.look(World(True, database=OutOfReach("MySQL is out of reach.")))
    assert verdict.sentence == "The primary is to be closed, and is not yet: MySQL is out of reach."
    assert (verdict.certain, verdict.pause) == (False, _sentry.URGENT_SECONDS)


def watch(world: World, patience: float = 20.0) -> tuple[_sentry.Watch, list[str], FakeClock]:
    said: list[str] = []
    clock = FakeClock()
    return (
        _sentry.Watch(world, said.append, lambda: said.append("READY"), patience, t.cast("t.Any", clock)),
        said,
        clock,
    )


def test_it_is_ready_at_the_first_certain_verdict_and_says_what_is_new_once() -> None:
    watched, said, _ = watch(World(DARK, False, False, True, True))
    assert [watched.step() for _ in range(4)] == [0.5, 2.0, 2.0, 2.0]
    assert said[1:] == [_sentry.OPEN.sentence, "READY", _sentry.CLOSED.sentence]


def test_nobody_waits_for_a_cloud_that_is_dark_beyond_patience() -> None:
    watched, said, clock = watch(World(DARK, DARK, DARK))
    for moment in (0.0, 19.9, 20.0):
        clock.time = moment
        watched.step()
    assert said[1:] == ["READY"]


class Blob(http.server.BaseHTTPRequestHandler):
    """Azure Blob, whose answer is in the path: /status or /status/word."""

    def do_GET(self) -> None:
        status, _, word = self.path.strip("/").partition("/")
        self.send_response(int(status))
        if word:
            self.send_header("x-ms-error-code", word)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def blob() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blob) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def mark(url: str) -> bool:
    return _sentry.RealWorld(url, "", {}).mark()


def test_a_mark_is_there_or_is_not(blob: str) -> None:
    assert mark(f"{blob}/200")
    assert not mark(f"{blob}/404/BlobNotFound")


@pytest.mark.parametrize(
    "path", ["404", "404/ResourceNotFound", "404/ContainerNotFound", "409/PublicAccessNotPermitted", "503"]
)
def test_whatever_else_is_answered_says_nothing_of_the_mark(blob: str, path: str) -> None:
    with pytest.raises(OutOfReach, match=f"answers {path[:3]}"):
        mark(f"{blob}/{path}")


def test_no_answer_says_nothing_of_the_mark() -> None:
    with pytest.raises(OutOfReach, match="does not answer"):
        mark("http://127.0.0.1:1/mark")


def imported(name: str) -> set[str]:
    """The files of the collection that a file imports, itself among them."""
    path = COLLECTION / "plugins/module_utils" / name
    found = {name}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ansible_collections"):
            last = node.module.rpartition(".")[2]
            modules = [alias.name for alias in node.names] if last == "module_utils" else [last]
            for module in modules:
                found |= imported(f"{module}.py")
    return found


def test_the_role_ships_what_the_sentry_imports_and_knows_its_words() -> None:
    variables = yaml.safe_load((COLLECTION / "roles/sentry/vars/main.yml").read_text())
    assert set(variables["__sentry_files"]) == imported("_sentry.py")
    assert variables["__sentry_certain"] == [
        verdict.sentence for verdict in (_sentry.OPEN, _sentry.CLOSED, _sentry.HELD_OPEN)
    ]
