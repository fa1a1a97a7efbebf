"""Loading on several sessions at once: what may pass what, what each remembers, and what is left after an error."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Iterator

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _restore_load
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import INSERT, DumpCut, Item, items
from ansible_collections.goupang.dr.plugins.module_utils._errors import ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._restore_load import THREAD, load, merged
from hypothesis import given
from hypothesis import strategies as st

WAIT_SECONDS = 10.0
BOUNDARIES = ("START TRANSACTION", "COMMIT")


class Server:
    """Sessions with one log of (session, "begin" or "end", statement). A statement in `held` waits for its event."""

    def __init__(self, count: int = 2) -> None:
        self.log: list[tuple[int, str, str]] = []
        self.held: dict[bytes, threading.Event] = {}
        self.failures: dict[bytes, Exception] = {}
        self.begun: dict[bytes, threading.Event] = {}
        self._lock = threading.Lock()
        self.sessions = [Session(self, number) for number in range(count)]

    def run(self, number: int, statement: bytes) -> None:
        with self._lock:
            self.log.append((number, "begin", statement.decode()))
        if statement in self.begun:
            self.begun[statement].set()
        if statement in self.held:
            assert self.held[statement].wait(WAIT_SECONDS), f"{statement!r} was never let go"
        with self._lock:
            self.log.append((number, "end", statement.decode()))
        if statement in self.failures:
            raise self.failures[statement]

    def ran(self, number: int) -> list[str]:
        return [text for who, what, text in self.log if who == number and what == "begin"]

    def ended(self) -> list[str]:
        """All but the boundaries of transactions, in the order in which they ended."""
        return [text for _who, what, text in self.log if what == "end" and text not in BOUNDARIES]


class Session:
    def __init__(self, server: Server, number: int) -> None:
        self._server = server
        self._number = number

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        self._server.run(self._number, sql if isinstance(sql, bytes) else sql.encode())

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        raise AssertionError("nothing is asked while loading")

    def close(self) -> None:
        raise AssertionError("who opened it closes it")


def run(session: t.Any, statement: bytes) -> None:
    session.run(statement)


def loaded(server: Server, dump: bytes) -> None:
    load(server.sessions, items([dump]), run)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    # Servers of other tests come and go in threads of their own.
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(THREAD)] == []


def row(number: int) -> bytes:
    return b"INSERT INTO `t` VALUES (%d),(0)" % number


def test_two_sessions_load_at_the_same_time() -> None:
    server = Server()
    # Each of the two lets the other one go: one session alone would wait for ever.
    first, second = threading.Event(), threading.Event()
    server.held, server.begun = {row(1): second, row(2): first}, {row(1): first, row(2): second}
    loaded(server, b"%b;\n%b;\n" % (row(1), row(2)))

    assert sorted(len(server.ran(number)) for number in (0, 1)) == [3, 3]


def test_all_else_waits_for_the_rows_before_it_and_holds_back_those_behind_it() -> None:
    server = Server(3)
    rows = b"".join(row(number) + b";\n" for number in range(1, 20))
    more = b"".join(row(number) + b";\n" for number in range(20, 40))
    loaded(server, rows + b"ALTER TABLE `t` ADD KEY (`a`);\n" + more)

    alter = server.log.index((0, "begin", "ALTER TABLE `t` ADD KEY (`a`)"))
    before, after = server.log[:alter], server.log[alter + 2 :]
    assert {text for _, _, text in before} - set(BOUNDARIES) == {row(number).decode() for number in range(1, 20)}
    assert {text for _, _, text in after} - set(BOUNDARIES) == {row(number).decode() for number in range(20, 40)}
    for number in range(3):
        # No transaction is open while a table changes: it would wait for that transaction's end.
        for part in (before, after):
            edges = [text for who, what, text in part if who == number and what == "end" and text in BOUNDARIES]
            assert edges == list(BOUNDARIES) * (len(edges) // 2)


@pytest.mark.parametrize(
    "statement",
    [
        b"SET NAMES utf8mb4",
        b"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
        b"/*!40103 SET TIME_ZONE='+00:00' */",
        b"set foreign_key_checks = 0",
    ],
)
def test_settings_hold_on_each_session_before_any_row_behind_them(statement: bytes) -> None:
    server = Server(3)
    loaded(server, b"%b;\n%b;\n%b;\n" % (row(1), statement, row(2)))

    places = [server.log.index((number, "end", statement.decode())) for number in range(3)]
    first, second = ([text for _, _, text in server.log].index(row(number).decode()) for number in (1, 2))
    assert first < min(places)
    assert max(places) < second


def test_a_setting_behind_a_comment_holds_on_each_session() -> None:
    server = Server(3)
    loaded(server, b"/* of the team */ SET UNIQUE_CHECKS=0;\n")

    assert [server.ran(number)[-1] for number in range(3)] == ["SET UNIQUE_CHECKS=0"] * 3


def test_what_is_no_setting_runs_once() -> None:
    server = Server(3)
    loaded(server, b"CREATE TABLE `t` (`set` int);\nDROP TABLE `t`;\n")

    assert server.ran(1) == server.ran(2) == []
    assert server.ended() == ["CREATE TABLE `t` (`set` int)", "DROP TABLE `t`"]


@pytest.mark.parametrize("words", [b"REPLACE INTO", b"INSERT IGNORE INTO", b"REPLACE  INTO"])
def test_where_the_order_decides_which_row_stays_it_is_kept(words: bytes) -> None:
    server = Server()
    statements = [b"%b `t` VALUES (%d),(1)" % (words, number) for number in range(9)]
    loaded(server, b";\n".join(statements) + b";\n")

    assert server.ran(0) == [statement.decode() for statement in statements]
    assert server.ran(1) == []


def test_one_session_keeps_the_order_of_the_dump() -> None:
    server = Server(1)
    statements = [row(1), b"DROP TABLE `x`", row(2), row(3), b"SET NAMES utf8mb4", row(4)]
    loaded(server, b";\n".join(statements) + b";\n")

    assert server.ended() == [statement.decode() for statement in statements]


@pytest.mark.parametrize("failing", [1, 2])
def test_the_first_error_of_any_session_ends_all(failing: int) -> None:
    server = Server()
    first, second = threading.Event(), threading.Event()
    server.held, server.begun = {row(1): second, row(2): first}, {row(1): first, row(2): second}
    server.failures = {row(failing): ServiceFault(f"row {failing} is refused", "1114")}
    later = b"".join(row(number) + b";\n" for number in range(3, 2000))
    with pytest.raises(ServiceFault, match=f"row {failing} is refused"):
        loaded(server, b"%b;\n%b;\n%bDROP TABLE `t`;\n" % (row(1), row(2), later))

    assert "DROP TABLE `t`" not in server.ended()


def test_an_error_that_follows_from_the_first_is_not_the_one_that_is_told() -> None:
    failed: list[threading.Thread] = []
    refused = threading.Event()

    def statements() -> Iterator[Item]:
        yield Item(INSERT, row(1))
        assert refused.wait(WAIT_SECONDS)
        failed[0].join(WAIT_SECONDS)
        raise DumpCut("the connection to the store was closed")

    def failing(_session: t.Any, _statement: bytes) -> None:
        failed.append(threading.current_thread())
        refused.set()
        raise ServiceFault("the disk is full", "1114")

    with pytest.raises(ServiceFault, match="the disk is full"):
        load(Server().sessions, statements(), failing)


def test_a_dump_that_ends_too_early_stops_all() -> None:
    server = Server()
    with pytest.raises(DumpCut):
        loaded(server, row(1) + b";\nINSERT INTO `t` VALUES (2")

    assert set(server.ended()) <= {row(1).decode()}


def test_an_error_of_the_last_rows_and_of_their_commit_is_not_missed() -> None:
    for statement in (row(1), b"COMMIT"):
        server = Server()
        server.failures = {statement: ServiceFault("refused", "1114")}
        with pytest.raises(ServiceFault, match="refused"):
            loaded(server, row(1) + b";\n")


def test_an_interrupt_of_the_caller_leaves_no_thread() -> None:
    def statements() -> Iterator[Item]:
        yield Item(INSERT, row(1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(Server().sessions, statements(), run)


def test_no_more_is_read_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_restore_load, "AHEAD", 2 * len(row(1)))
    server, full = Server(), threading.Event()
    server.held = {row(1): full, row(2): full}

    def statements() -> Iterator[Item]:
        for number in range(1, 10):
            # The others were given already: two for each of the two sessions are not ended, at most.
            assert number - 1 - len(server.ended()) <= 4
            if number == 5:
                assert server.ended() == []
                full.set()
            yield Item(INSERT, row(number))

    load(server.sessions, statements(), run)
    assert sorted(server.ended()) == sorted(row(number).decode() for number in range(1, 10))


def test_a_statement_larger_than_the_room_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_restore_load, "AHEAD", 5)
    server = Server()
    loaded(server, b"".join(row(number) + b";\n" for number in range(1, 6)))

    assert server.ended() == [row(number).decode() for number in range(1, 6)]


def test_transactions_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_restore_load, "TRANSACTION", 2 * len(row(1)))
    server = Server(1)
    loaded(server, b"".join(row(number) + b";\n" for number in range(1, 6)))

    begin, commit = BOUNDARIES
    rows = [row(number).decode() for number in range(1, 6)]
    assert server.ran(0) == [begin, *rows[:2], commit, begin, *rows[2:4], commit, begin, rows[4], commit]


def texts(dump: bytes, largest: int = 1000) -> list[str]:
    return [item.text.decode() for item in merged(items([dump]), largest)]


def test_neighbouring_single_rows_become_one_statement() -> None:
    dump = b"INSERT INTO `t` VALUES (1,'a');\nINSERT INTO `t` VALUES (2,'),(');\nINSERT INTO `t` VALUES (3,NULL);\n"

    assert texts(dump) == ["INSERT INTO `t` VALUES (1,'a'),(2,'),('),(3,NULL)"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("INSERT INTO `t` VALUES (1)", "INSERT INTO `u` VALUES (2)"),
        ("INSERT INTO `t` VALUES (1)", "INSERT INTO `t` (`a`) VALUES (2)"),
        ("INSERT INTO `t` (`a`) VALUES (1)", "INSERT INTO `t` (`b`) VALUES (2)"),
        ("INSERT INTO `t` VALUES (1)", "insert into `t` VALUES (2)"),
        ("INSERT INTO `t` VALUES (1)", "REPLACE INTO `t` VALUES (2)"),
        ("INSERT INTO `t` VALUES (1)", "INSERT IGNORE INTO `t` VALUES (2)"),
        ("INSERT INTO `t` VALUES (1)", "INSERT INTO `t` VALUES (2),(3)"),
        ("INSERT INTO `t` VALUES (1),(2)", "INSERT INTO `t` VALUES (3)"),
        ("INSERT INTO `t` VALUES (1)", "INSERT INTO `t` VALUES (2) AS new"),
        ("INSERT INTO `t` VALUES (1)", "INSERT INTO `t` VALUES (abs(2))"),
        ("INSERT INTO `t` VALUES (1)", "INSERT INTO `t` VALUES (2) ON DUPLICATE KEY UPDATE a=(1)"),
        ("INSERT INTO `t` VALUES (1)", 'INSERT INTO `t` VALUES ("2")'),
    ],
)
def test_what_is_not_the_same_statement_with_one_row_stays_apart(first: str, second: str) -> None:
    assert texts(f"{first};\n{second};\n".encode()) == [first, second]


def test_nothing_is_merged_across_another_statement() -> None:
    statements = ["INSERT INTO `t` VALUES (1)", "SET NAMES utf8mb4", "INSERT INTO `t` VALUES (2)"]

    assert texts(";\n".join([*statements, ""]).encode()) == statements


def test_a_merged_statement_has_a_bound() -> None:
    one = len("INSERT INTO `t` VALUES (1)")
    dump = b"".join(b"INSERT INTO `t` VALUES (%d);\n" % number for number in range(1, 6))

    assert texts(dump, one + 4) == [
        "INSERT INTO `t` VALUES (1),(2)",
        "INSERT INTO `t` VALUES (3),(4)",
        texts(dump, 1)[4],
    ]
    assert len(texts(dump, 1)) == 5


ROWS = st.tuples(st.integers(), st.text(alphabet="a'(),;\\\n`\"-#%", max_size=8))


@given(st.lists(st.tuples(st.sampled_from(["t", "u"]), ROWS), max_size=20), st.integers(1, 200))
def test_merged_or_not_each_row_is_there_once_and_in_its_order(rows: list[tuple[str, t.Any]], largest: int) -> None:
    def literal(text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{escaped}'"

    values = [(table, f"({number},{literal(text)})") for table, (number, text) in rows]
    dump = "".join(f"INSERT INTO `{table}` VALUES {one};\n" for table, one in values).encode()

    flat: list[str] = []
    for text in texts(dump, largest):
        assert len(text) <= largest or text in {f"INSERT INTO `{table}` VALUES {one}" for table, one in values}
        flat.append(text)
    joined: list[str] = []
    last = ""
    for table, one in values:
        joined.append(f",{one}" if table == last else f"INSERT INTO `{table}` VALUES {one}")
        last = table
    # Where a bound cut a run of rows, the head stands once more.
    heads = {table: f"INSERT INTO `{table}` VALUES " for table in "tu"}
    again = ""
    before = ""
    for text in flat:
        table = text[len("INSERT INTO `")]
        again += f",{text[len(heads[table]) :]}" if table == before else text
        before = table
    assert again == "".join(joined)
