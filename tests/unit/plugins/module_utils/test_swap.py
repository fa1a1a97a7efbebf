"""One schema takes the place of another: all of it or nothing, killed at any call the rerun ends it, twice is once."""

from __future__ import annotations

import copy
import json
import re
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _swap, _swap_ledger, _swap_programs
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._swap_programs import Program

NAMES = _swap.Names("petclinic", "petclinic_home", "petclinic_before")
APP, OURS = "`app`@`%`", "`dradmin`@`%`"
KINDS = ("FUNCTION", "PROCEDURE", "VIEW", "TRIGGER", "EVENT")


class Killed(BaseException):
    """The client is gone: nothing of it runs any more."""


class Schema:
    def __init__(self, *tables: str, collation: str = "utf8mb4_0900_ai_ci", **programs: str) -> None:
        """programs: kind_name -> statement."""
        self.tables = set(tables)
        self.collation = collation
        self.programs: dict[tuple[str, str], str] = {}
        for key, statement in programs.items():
            kind, _, name = key.partition("_")
            self.programs[kind.upper(), name] = statement

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other)

    def __repr__(self) -> str:
        return repr(vars(self))


class Server:
    """MySQL, as far as a swap asks it. It dies at the call `dies_at`, before or after that was done."""

    def __init__(self, **schemas: Schema) -> None:
        self.schemas = schemas
        self.swaps: dict[str, tuple[str, bool]] = {}
        self.log: list[str] = []
        self.calls, self.dies_at, self.after = 0, 0, False
        self.failing: dict[str, ServiceFault] = {}
        self.foreign: list[tuple[str, str]] = []
        self.system: list[tuple[str]] = [("'root'@'%'",)]
        self.trusts, self.free, self.current = "ON", True, ""

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        with_death = self._call(sql)
        found = self._answer(sql, args)
        with_death()
        return found

    def _answer(self, sql: str, args: t.Sequence[t.Any]) -> list[tuple[t.Any, ...]]:
        schema = self.schemas.get(args[0]) if args and isinstance(args[0], str) else None
        if "information_schema.TABLES" in sql:
            return [(name,) for name in sorted(schema.tables)] if schema else []
        if "SCHEMATA" in sql:
            return [(schema.collation,)] if schema else []
        for kind, table in (("VIEW", "VIEWS"), ("TRIGGER", "TRIGGERS"), ("EVENT", "EVENTS")):
            if f"information_schema.{table}" in sql:
                return self._names(schema, kind)
        if "information_schema.ROUTINES" in sql:
            return self._names(schema, "FUNCTION" if "'FUNCTION'" in sql else "PROCEDURE")
        if sql.startswith("SHOW CREATE"):
            return [self._shown(sql)]
        if "procs_priv" in sql:
            return [("FUNCTION", "f", "app", "%", "Execute,Grant")] if args == ("petclinic",) else []
        if "GET_LOCK" in sql:
            return [(int(self.free),)]
        if "FROM goupang_dr.swaps" in sql:
            return [(plan,) for plan, done in self.swaps.values() if not done]
        if "REFERENTIAL_CONSTRAINTS" in sql:
            return self.foreign
        if "session_variables" in sql:
            return [("log_bin", "ON"), ("log_bin_trust_function_creators", self.trusts)]
        if "SYSTEM_USER" in sql:
            return self.system
        if "USER_PRIVILEGES" in sql:
            return []
        if sql.startswith("SELECT CAST(CONVERT"):
            return [(str(args[0]).encode(),)]
        raise AssertionError(sql)

    @staticmethod
    def _names(schema: Schema | None, kind: str) -> list[tuple[str]]:
        return [(name,) for had, name in (schema.programs if schema else {}) if had == kind]

    def _shown(self, sql: str) -> tuple[t.Any, ...]:
        found = re.fullmatch(r"SHOW CREATE (\w+) `(\w+)`\.`(\w+)`", sql)
        assert found
        text = self.schemas[found[2]].programs[found[1], found[3]]
        tail = ("utf8mb4", "utf8mb4_0900_ai_ci", "utf8mb4_0900_ai_ci")
        if found[1] == "VIEW":
            return (found[3], text, *tail[:2])
        return (found[3], "ANSI_QUOTES", *(["SYSTEM"] if found[1] == "EVENT" else []), text, *tail)

    def run(self, sql: str | bytes, args: t.Sequence[t.Any] = ()) -> None:
        text = sql.decode() if isinstance(sql, bytes) else sql
        with_death = self._call(text)
        for part, error in self.failing.items():
            if part in text:
                raise error
        try:
            self._do(text, args)
        finally:
            with_death()

    def _call(self, text: str) -> t.Callable[[], None]:
        self.calls += 1
        self.log.append(text)
        dying = self.calls == self.dies_at

        def die(now: bool) -> None:
            if dying and now:
                raise Killed

        die(not self.after)
        return lambda: die(self.after)

    def _do(self, text: str, args: t.Sequence[t.Any]) -> None:
        words = text.replace("`", "").replace(".", " ").split()
        if text.startswith("RENAME TABLE"):
            self._rename(text)
        elif text.startswith(("CREATE SCHEMA", "CREATE DATABASE")):
            self.schemas.setdefault(words[5], Schema(collation="server_default"))
        elif text.startswith("DROP "):
            self.schemas[words[4]].programs.pop((words[1], words[5]), None)
        elif text.startswith("ALTER DATABASE"):
            self.schemas[words[2]].collation = words[4]
        elif text.startswith("USE "):
            self.current = words[1]
        elif text.startswith("REPLACE INTO goupang_dr.swaps"):
            self.swaps[str(args[2])] = (str(args[3]), False)
        elif text.startswith("UPDATE goupang_dr.swaps"):
            self.swaps[str(args[0])] = (self.swaps[str(args[0])][0], True)
        elif text.startswith("DELETE FROM goupang_dr.swaps"):
            del self.swaps[str(args[0])]
        elif text.startswith("CREATE TABLE IF NOT EXISTS goupang_dr.swaps") or text.startswith(
            ("SET SESSION", "GRANT", "LOCK", "UNLOCK")
        ):
            pass
        else:
            self._create(text)

    def _create(self, text: str) -> None:
        found = re.match(r"CREATE .*?(FUNCTION|PROCEDURE|VIEW|TRIGGER|EVENT) `?(\w+)`?", text)
        assert found, text
        programs = self.schemas[self.current].programs
        assert (found[1], found[2]) not in programs
        uses = re.search(r"from `(v\w*)`", text)
        if uses and ("VIEW", uses[1]) not in programs:
            raise ServiceFault(f"Table {uses[1]} doesn't exist", "1146")
        programs[found[1], found[2]] = text

    def _rename(self, text: str) -> None:
        for move in text.removeprefix("RENAME TABLE ").split(", "):
            (source, name), (target, _name) = (side.replace("`", "").split(".") for side in move.split(" TO "))
            assert not any(kind == "TRIGGER" for kind, _ in self.schemas[source].programs), "error 1435"
            self.schemas[source].tables.remove(name)
            assert name not in self.schemas[target].tables
            self.schemas[target].tables.add(name)


def old() -> Schema:
    return Schema(
        *("owners", "legacy"),
        collation="latin1_swedish_ci",
        function_f=f"CREATE DEFINER={APP} FUNCTION `f`() RETURNS int RETURN 1",
        view_a_of_v=f"CREATE ALGORITHM=MERGE DEFINER={APP} SQL SECURITY DEFINER VIEW `a_of_v` AS select 1 from `v_all`",
        view_v_all=f"CREATE DEFINER={APP} VIEW `v_all` AS select `petclinic`.`owners`.`id` from `petclinic`.`owners`",
        trigger_t=f"CREATE DEFINER={APP} TRIGGER `t` BEFORE INSERT ON `petclinic`.`owners` FOR EACH ROW SET @a = 1",
        event_e=f"CREATE DEFINER={APP} EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE ENABLE DO DO 1",
    )


def new(name: str = "petclinic_home") -> Schema:
    """As a restore leaves it: with definers of ours, and without events that run."""
    return Schema(
        *("owners", "pets"),
        function_f=f"CREATE DEFINER={OURS} FUNCTION `f`() RETURNS int RETURN 2",
        view_a_of_v=f"CREATE DEFINER={OURS} VIEW `a_of_v` AS select 'petclinic_home.' from `v_all`",
        view_v_all=f"CREATE DEFINER={OURS} VIEW `v_all` AS select 1 from `{name}`.`owners`",
        trigger_n=f"CREATE DEFINER={OURS} TRIGGER `n` BEFORE INSERT ON `owners` FOR EACH ROW SET @a = 2",
        event_e=f"CREATE DEFINER={OURS} EVENT `e` ON SCHEDULE EVERY 2 DAY ON COMPLETION NOT PRESERVE DISABLE DO DO 2",
    )


def server() -> Server:
    return Server(petclinic=old(), petclinic_home=new())


def without_ledger(one: Server) -> dict[str, Schema]:
    return {name: schema for name, schema in one.schemas.items() if name != "goupang_dr"}


def settle(one: Server, check_mode: bool = False, names: _swap.Names = NAMES) -> _swap.Swapped:
    return _swap.settle(one, names, check_mode)


def swapped() -> Server:
    one = server()
    settle(one)
    return one


def test_tables_move_in_one_statement_and_everything_else_is_made_anew() -> None:
    one = server()
    done = settle(one)
    assert done.changed
    assert done.findings == []
    assert len([sql for sql in one.log if sql.startswith("RENAME")]) == 1
    live, retired = one.schemas["petclinic"], one.schemas["petclinic_before"]
    assert (live.tables, retired.tables) == ({"owners", "pets"}, {"owners", "legacy"})
    assert (live.collation, retired.collation) == ("utf8mb4_0900_ai_ci", "latin1_swedish_ci")
    assert one.schemas["petclinic_home"] == Schema()
    # What was there before gives its definer, and an event its status; text that is no name stays.
    assert live.programs == {
        ("FUNCTION", "f"): f"CREATE DEFINER={APP} FUNCTION `f`() RETURNS int RETURN 2",
        ("VIEW", "a_of_v"): f"CREATE DEFINER={APP} VIEW `a_of_v` AS select 'petclinic_home.' from `v_all`",
        ("VIEW", "v_all"): f"CREATE DEFINER={APP} VIEW `v_all` AS select 1 from `petclinic`.`owners`",
        ("TRIGGER", "n"): new().programs["TRIGGER", "n"],
        ("EVENT", "e"): (
            f"CREATE DEFINER={APP} EVENT `e` ON SCHEDULE EVERY 2 DAY ON COMPLETION NOT PRESERVE ENABLE DO DO 2"
        ),
    }
    assert retired.programs == {
        **old().programs,
        ("VIEW", "v_all"): old().programs["VIEW", "v_all"].replace("`petclinic`.", "`petclinic_before`."),
        ("TRIGGER", "t"): old().programs["TRIGGER", "t"].replace("`petclinic`.", "`petclinic_before`."),
        ("EVENT", "e"): old().programs["EVENT", "e"].replace("ENABLE", "DISABLE"),
    }
    assert "GRANT EXECUTE ON FUNCTION `petclinic`.`f` TO `app`@`%` WITH GRANT OPTION" in one.log
    modes = [sql for sql in one.log if sql.startswith("SET SESSION sql_mode = 'ANSI_QUOTES'")]
    assert len(modes) == 6
    assert sum("time_zone = 'SYSTEM'" in sql for sql in modes) == 2


def test_check_do_check_again_do_again() -> None:
    one = server()
    would = settle(one, check_mode=True)
    assert (would.changed, sorted(would.after.live)) == (True, ["owners", "pets"])
    assert one.schemas == server().schemas
    assert settle(one).after == would.after
    there = copy.deepcopy(one.schemas)
    assert not settle(one, check_mode=True).changed
    assert not settle(one).changed
    assert one.schemas == there


def test_killed_at_any_call_the_same_command_finishes() -> None:
    calls = swapped().calls
    half_done = 0
    for call in range(1, calls + 1):
        for after in (False, True):
            one = server()
            one.dies_at, one.after = call, after
            with pytest.raises(Killed):
                settle(one)
            one.dies_at = 0
            # Until it is on record that nothing is lacking, nobody may write.
            lacking = without_ledger(one) not in (server().schemas, swapped_schemas())
            if lacking and "petclinic" in one.schemas and one.swaps:
                with pytest.raises(Refused, match="is half done on this server"):
                    _swap_ledger.require_none(one)
                half_done += 1
            assert not lacking or one.swaps, "something is lacking, and nobody would know"
            settle(one)
            assert without_ledger(one) == swapped_schemas(), f"killed at call {call}: {one.log[call - 1]}"
            _swap_ledger.require_none(one)
    assert half_done > 20


def swapped_schemas() -> dict[str, Schema]:
    return without_ledger(swapped())


def test_a_rename_that_fails_is_undone() -> None:
    one = server()
    one.failing = {"RENAME": ServiceFault("Lock wait timeout exceeded", "1205")}
    with pytest.raises(ServiceFault, match="Lock wait"):
        settle(one)
    schemas = without_ledger(one)
    assert schemas.pop("petclinic_before") == Schema(collation="server_default")
    assert schemas == server().schemas
    assert one.swaps == {}


def test_an_undoing_that_fails_too_is_said_and_is_done_by_the_rerun() -> None:
    one = server()
    one.failing = {"RENAME": ServiceFault("Lock wait", "1205"), "CREATE DEFINER": ServiceFault("away", "9")}
    with pytest.raises(ServiceFault, match=r"Lock wait Schema petclinic lacks its views.* \(away\)\. Nobody may"):
        settle(one)
    one.failing = {}
    settle(one)
    assert without_ledger(one) == swapped_schemas()


def test_a_rerun_with_another_name_ends_the_one_before_first() -> None:
    one = server()
    one.dies_at = next(at for at, sql in enumerate(swapped().log, 1) if sql.startswith("RENAME"))
    with pytest.raises(Killed):
        settle(one)
    one.dies_at = 0
    one.schemas["petclinic_newer"] = new("petclinic_newer")
    names = _swap.Names("petclinic", "petclinic_newer", "petclinic_before_newer")
    done = settle(one, names=names)
    assert done.findings[0] == "An earlier swap of petclinic_home into petclinic was brought to its end."
    assert one.schemas["petclinic_before"] == swapped_schemas()["petclinic_before"]
    assert one.schemas["petclinic_before_newer"].tables == {"owners", "pets"}
    assert one.schemas["petclinic"].programs == swapped_schemas()["petclinic"].programs


def test_one_whose_incoming_schema_is_gone_is_undone() -> None:
    one = server()
    one.dies_at = next(at for at, sql in enumerate(swapped().log, 1) if sql.startswith("RENAME"))
    with pytest.raises(Killed):
        settle(one)
    one.dies_at = 0
    one.schemas["petclinic_home"] = Schema()  # as a restore that prunes leaves it
    one.schemas["petclinic_newer"] = new("petclinic_newer")
    done = settle(one, names=_swap.Names("petclinic", "petclinic_newer", "petclinic_before_newer"))
    assert "was undone" in done.findings[0]
    assert one.schemas["petclinic_before_newer"].tables == {"owners", "legacy"}
    assert one.schemas["petclinic"].programs == swapped_schemas()["petclinic"].programs


def test_somebody_who_changed_tables_meanwhile_is_not_run_over() -> None:
    one = server()
    one.dies_at = next(at for at, sql in enumerate(swapped().log, 1) if sql.startswith("RENAME"))
    with pytest.raises(Killed):
        settle(one)
    one.dies_at = 0
    one.schemas["petclinic"].tables.add("somebodys")
    with pytest.raises(Refused, match=r"neither those of before nor those of afterwards.* in goupang_dr\.swaps"):
        settle(one)


def test_a_definer_that_we_may_not_name_is_said() -> None:
    one = server()
    one.failing = {f"CREATE DEFINER={APP} FUNCTION": ServiceFault("you need SET_ANY_DEFINER", "1227")}
    said = settle(one).findings
    assert said == [
        f"The function f of {schema} has our account as its definer, since {APP} cannot be it there."
        for schema in ("petclinic", "petclinic_before")
    ]
    assert one.schemas["petclinic"].programs["FUNCTION", "f"] == "CREATE FUNCTION `f`() RETURNS int RETURN 2"


def test_a_view_whose_definer_has_no_rights_in_the_retired_schema() -> None:
    """Nor may it keep the other views of views waiting."""
    one = server()
    refuse = ServiceFault("definer/invoker of view lack rights", "1356")
    one.failing = {f"CREATE DEFINER={APP} VIEW `v_all` AS select `petclinic_before`": refuse}
    assert settle(one).findings == [
        f"The view {name} of petclinic_before has our account as its definer, since {APP} cannot be it there."
        for name in ("a_of_v", "v_all")
    ]
    assert ("VIEW", "a_of_v") in one.schemas["petclinic_before"].programs


def test_a_view_that_was_broken_before_does_not_keep_the_fence_closed() -> None:
    one = server()
    one.failing = {"VIEW `v_all` AS select `petclinic_before`": ServiceFault("invalid view", "1356")}
    said = settle(one).findings
    lost = [sentence for sentence in said if "made anew in petclinic_before, where nothing needs it" in sentence]
    assert len(lost) == 2  # one is a view of the other
    _swap_ledger.require_none(one)


def test_what_can_be_known_is_said_before_anything_is_dropped() -> None:
    one = server()
    one.trusts = "OFF"
    with pytest.raises(Refused, match="log_bin_trust_function_creators set to ON"):
        settle(one)
    one.trusts, one.foreign = "ON", [("audit", "visits")]
    with pytest.raises(Refused, match=r"Table audit\.visits refers to schema petclinic by a foreign key"):
        settle(one)
    one.foreign, one.system = [], [("'app'@'%'",)]
    with pytest.raises(Refused, match="The function f is defined by `app`@`%`, an account of the system"):
        settle(one)
    one.system, one.failing = [], {"LOCK TABLES `petclinic`.`legacy` WRITE": ServiceFault("Lock wait timeout", "1205")}
    with pytest.raises(ServiceFault, match="Lock wait"):
        settle(one)
    one.free = False
    with pytest.raises(Refused, match="Another swap"):
        settle(one)
    assert one.schemas == server().schemas
    assert one.swaps == {}


def test_schemas_with_tables_alone() -> None:
    one = Server(petclinic=Schema("owners"), petclinic_home=Schema("owners", "pets"))
    assert settle(one).changed
    assert one.schemas["petclinic"].tables == {"owners", "pets"}
    assert not settle(one).changed


def test_nothing_to_take_into_use_is_an_error() -> None:
    with pytest.raises(Missing, match="petclinic_home holds no tables"):
        settle(Server(petclinic=Schema("owners")))


def test_a_retired_name_that_is_taken_is_refused() -> None:
    one = Server(petclinic=Schema("owners"), petclinic_home=Schema("owners"), petclinic_before=Schema("owners"))
    with pytest.raises(Refused, match="petclinic_before holds tables already"):
        settle(one)


# -- Texts -----------------------------------------------------------------------------------------------


def program(kind: str, statement: str) -> Program:
    return Program(kind, "x", statement, "utf8mb4", "utf8mb4_0900_ai_ci")


@pytest.mark.parametrize(
    ("kind", "text", "moved"),
    [
        ("VIEW", "VIEW `a` AS select 'it''s `s`.' from `s`.`t`", "VIEW `a` AS select 'it''s `s`.' from `n`.`t`"),
        ("VIEW", "VIEW `s` AS select `s` from `ss`.`s`", "VIEW `s` AS select `s` from `ss`.`s`"),
        ("VIEW", r"VIEW `a` AS select '\'`s`.' from `s`.`t`", r"VIEW `a` AS select '\'`s`.' from `n`.`t`"),
        ("TRIGGER", "TRIGGER s.x ON s . t FOR EACH ROW x", "TRIGGER `n`.x ON `n` . t FOR EACH ROW x"),
        ("TRIGGER", "TRIGGER x ON `t` FOR EACH\nROW INSERT s.t", "TRIGGER x ON `t` FOR EACH\nROW INSERT s.t"),
        ("PROCEDURE", "PROCEDURE `p`() SELECT s.t", "PROCEDURE `p`() SELECT s.t"),
    ],
)  # fmt: skip
def test_only_its_own_schemas_name_changes(kind: str, text: str, moved: str) -> None:
    (one,) = _swap_programs.in_schema([program(kind, f"CREATE {text}")], "s", "n")
    assert one.statement == f"CREATE {moved}"


def test_definers_of_any_name() -> None:
    one = program("VIEW", "CREATE DEFINER=`o'h``ara`@`10.%` SQL SECURITY INVOKER VIEW `x` AS select 'DEFINER=`a`@`b`'")
    assert one.definer == "`o'h``ara`@`10.%`"
    (like,) = _swap_programs.as_before([program("VIEW", "CREATE DEFINER=`me`@`%` VIEW `x` AS select 1")], [one])
    assert like.statement == "CREATE DEFINER=`o'h``ara`@`10.%` VIEW `x` AS select 1"


def test_the_plan_comes_back_from_the_ledger_as_it_was() -> None:
    one = server()
    plan = _swap_ledger.Plan(NAMES, _swap._contents(one, "petclinic"), _swap._contents(one, "petclinic_home"))
    _swap_ledger.begin(one, plan)
    assert _swap_ledger.unfinished(one) == plan
    assert json.loads(one.swaps["petclinic_before"][0])["names"]["live"] == "petclinic"
