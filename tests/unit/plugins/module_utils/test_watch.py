"""The watcher: when it says that something is gone, and how often."""

from __future__ import annotations

import ast
import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.goupang.dr.plugins.module_utils import _watch
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._notices import message
from ansible_collections.goupang.dr.plugins.module_utils._probe import Answer, Page, Probe, Resolution
from ansible_collections.goupang.dr.plugins.module_utils._watch import Event, Eyes, Seen, Verdicts, Watch

from tests.unit.plugins.receiver import Receiver

COLLECTION = Path(_watch.__file__).parents[2]
WELL = {"active": "primary"}
GONE = {"troubles": {"dr": "no answer", "www": "the status is 503"}, "www_is_page": True}
# After a failover: www shows the page, dr is the secondary.
MOVED = {"troubles": {"www": "the status is 503"}, "www_is_page": True, "active": "secondary"}


def seen(number: int, **what: t.Any) -> Seen:
    return Seen(f"2026-11-27T17:00:{number:02d}Z", **what)


def events(*looks: dict[str, t.Any], threshold: int = 3) -> list[tuple[int, str, str, str]]:
    """What is said after which look: number, what, state, since (seconds)."""
    verdicts = Verdicts("petclinic", threshold)
    return [
        (number, event.what, event.state, event.since[-3:-1])
        for number, look in enumerate(looks)
        for event in verdicts.after(seen(number, **look))
    ]


def test_three_looks_in_a_row_have_to_agree() -> None:
    assert events(WELL, GONE, GONE, WELL, GONE, GONE, GONE) == [(6, "primary", "gone", "04")]


def test_it_is_said_once_and_so_is_its_end() -> None:
    assert events(*[GONE] * 9, WELL, WELL, GONE, WELL, WELL, WELL) == [
        (2, "primary", "gone", "00"),
        (14, "primary", "back", "00"),
    ]


def test_a_failover_brings_the_users_back_and_a_page_on_www_is_no_trouble_then() -> None:
    assert events(*[GONE] * 3, *[MOVED] * 9) == [(2, "primary", "gone", "00"), (5, "primary", "back", "00")]


def test_when_the_secondary_is_gone_nobody_says_primary() -> None:
    assert events(*[MOVED] * 3, *[GONE] * 3) == [(5, "dr", "gone", "03")]


def test_one_of_two_names_is_named() -> None:
    only_www = {"troubles": {"www": "the status is 502"}, "active": "primary"}
    assert events(*[only_www] * 3) == [(2, "www", "gone", "00")]
    assert events(*[{"troubles": {"dr": "no answer"}}] * 3) == [(2, "dr", "gone", "00")]


def test_a_page_on_www_is_trouble_while_the_primary_serves() -> None:
    assert events(*[{**MOVED, "active": "primary"}] * 3) == [(2, "www", "gone", "00")]


def test_its_own_line_being_cut_counts_neither_way() -> None:
    blind = {**GONE, "blind": True}
    assert events(GONE, GONE, *[blind] * 5, GONE) == [(7, "primary", "gone", "00")]


def test_the_words_fit_the_event() -> None:
    primary = Event("petclinic", "primary", "gone", "S", "A", "dr: no answer")
    assert message(primary.notice(""), "en").lines == ("Since S.", "Seen: dr: no answer")
    dr = Event("petclinic", "dr", "back", "S", "A")
    assert message(dr.notice(""), "en").title == "petclinic: dr answers again, seen from outside"


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Service:
    """A watch with scripted looks, ten seconds apart. `refusals`: how many posts the rulebook does not take."""

    def __init__(self, *looks: dict[str, t.Any], refusals: int = 0, rulebook: bool = True) -> None:
        self.looks = [seen(number % 60, **look) for number, look in enumerate(looks)]
        self.told: list[Event] = []
        self.posted: list[tuple[str, float]] = []
        self.said: list[str] = []
        self.refusals, self.clock = refusals, Clock()
        watch = Watch(
            Verdicts("petclinic", 3),
            lambda: self.looks.pop(0),
            self.told.append,
            self.post if rulebook else None,
            self.said.append,
            lambda text: None,
            100.0,
            t.cast("t.Any", self.clock),
        )
        while self.looks:
            watch.step()
            self.clock.sleep(10)

    def post(self, event: Event) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OutOfReach("the rulebook does not answer")
        self.posted.append((event.state, self.clock.now()))


def test_people_are_told_once_and_the_rulebook_again_while_it_goes_on() -> None:
    service = Service(*[GONE] * 25, *[WELL] * 3)
    assert [event.state for event in service.told] == ["gone", "back"]
    assert service.posted == [("gone", 20.0), ("gone", 120.0), ("gone", 220.0), ("back", 270.0)]


def test_what_the_rulebook_does_not_take_is_posted_at_the_next_look() -> None:
    service = Service(*[GONE] * 6, refusals=2)
    assert service.posted == [("gone", 40.0)]
    assert "The rulebook was not told yet that primary is gone: the rulebook does not answer" in service.said


def test_without_a_rulebook_nothing_is_said_of_one() -> None:
    service = Service(*[GONE] * 30, rulebook=False)
    assert [event.state for event in service.told] == ["gone"]
    assert not [line for line in service.said if "rulebook" in line]


def test_it_leaves_a_sign_of_life_every_ten_minutes() -> None:
    assert Service(*[WELL] * 121).said == ["Users are served by the primary."] * 3


# -- Looking -----------------------------------------------------------------------

SETTINGS = {
    "dr_url": "https://dr.example/owners",
    "www_url": "https://www.example/owners",
    "open_url": "https://dr.example/goupang-dr/open",
    "marker": "",
    "resolvers": ["192.0.2.1", "192.0.2.2"],
    "anchors": ["https://blob.example"],
}


ADDRESS = Resolution(("192.0.2.9",))


def look(answers: dict[str, int | None], silent: tuple[str, ...] = (), zone_only: bool = False) -> Seen:
    """`answers`: status by the probe's first word, None for none. `silent`: resolvers that do not answer.

    `zone_only`: the resolvers know www and dr, and refuse whatever else they are asked.
    """

    def ask(probe: Probe) -> Answer:
        name = probe.name.split(",")[0].split()[0]
        status = answers[name]
        if probe.resolver in silent or (probe.resolver and zone_only and name == "anchor"):
            return Answer(probe, ("no answer",), 1)
        if status is None:
            return Answer(probe, ("no answer",), 1, ADDRESS)
        wanted = probe.expect.status
        why = () if not wanted or status in wanted else (f"the status is {status}",)
        return Answer(probe, why, 1, ADDRESS, Page(status, {}, ""))

    return Eyes(SETTINGS, ask, lambda: "now")(*())


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ({"dr": 200, "www": 200, "open": 404, "anchor": 400}, Seen("now", {}, "primary")),
        (
            {"dr": 200, "www": 503, "open": 200, "anchor": 400},
            Seen("now", {"www": "the status is 503"}, "secondary", www_is_page=True),
        ),
        (
            {"dr": None, "www": 503, "open": None, "anchor": None},
            Seen("now", {"dr": "no answer", "www": "the status is 503"}, www_is_page=True),
        ),
        (
            {"dr": None, "www": None, "open": None, "anchor": 400},
            Seen("now", {"dr": "no answer", "www": "no answer"}),
        ),
        (
            {"dr": None, "www": None, "open": None, "anchor": None},
            Seen("now", {"dr": "no answer", "www": "no answer"}, blind=True),
        ),
    ],
)
def test_a_look_is_what_users_would_see(answers: dict[str, int | None], wanted: Seen) -> None:
    assert look(answers) == wanted


def test_a_resolver_that_fails_is_not_the_site() -> None:
    assert look({"dr": 200, "www": 200, "open": 404, "anchor": 400}, silent=("192.0.2.1",)) == Seen(
        "now", {}, "primary"
    )


def test_resolvers_that_are_cut_off_are_no_trouble_of_the_sites() -> None:
    """The host's own resolver may lead to the anchor all the same: it is asked as www and dr are."""
    found = look({"dr": 200, "www": 200, "open": 404, "anchor": 400}, silent=("192.0.2.1", "192.0.2.2"))
    assert (set(found.troubles), found.blind) == ({"dr", "www"}, True)


def test_resolvers_that_know_our_zone_alone_do_not_hide_that_it_is_gone() -> None:
    found = look({"dr": None, "www": None, "open": None, "anchor": 400}, zone_only=True)
    assert (set(found.troubles), found.blind) == ({"dr", "www"}, False)


def test_an_anchor_of_which_only_the_host_s_resolver_knows_is_no_sign_when_the_line_is_cut() -> None:
    assert look({"dr": None, "www": None, "open": None, "anchor": None}, zone_only=True).blind


# -- The service -------------------------------------------------------------------


def test_the_service_looks_and_posts_what_it_saw(tmp_path: Path) -> None:
    with Receiver() as people, Receiver() as rulebook:
        # Nobody listens on port 1.
        nowhere = dict.fromkeys(("dr_url", "www_url", "open_url"), "http://127.0.0.1:1/")
        watch = _watch.build(
            {
                **SETTINGS,
                **nowhere,
                "anchors": [],
                "resolvers": [],
                "application": "petclinic",
                "ca_bundle": "",
                "threshold": 1,
                "remind": 300,
                "targets": [{"kind": "webhook", "url": people.url}],
                "language": "ko",
                "link": "",
                "rulebook": {"url": rulebook.url, "token": "hunter3"},
            }
        )
        watch.step()
        assert people.wait(lambda posts: len(posts) == 1, 30)
    (event,) = rulebook.posts
    assert (event["source"], event["what"], event["state"]) == ("outside", "primary", "gone")
    assert "127.0.0.1 port 1 does not answer" in event["evidence"]
    assert rulebook.headers[0]["Authorization"] == "Bearer hunter3"
    assert people.moments == ["primary_gone"]
    assert people.posts[0]["title"] == "petclinic: 외부에서 볼 때 주 사이트가 응답하지 않습니다"


def imported(name: str) -> set[str]:
    path = COLLECTION / "plugins/module_utils" / name
    found = {name}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ansible_collections"):
            last = node.module.rpartition(".")[2]
            for module in [alias.name for alias in node.names] if last == "module_utils" else [last]:
                found |= imported(f"{module}.py")
    return found


def test_the_role_ships_what_the_watcher_imports_and_what_it_reads() -> None:
    variables = yaml.safe_load((COLLECTION / "roles/watch/vars/main.yml").read_text())
    assert set(variables["__watch_files"]) == imported("_watch.py")
    text = (COLLECTION / "plugins/module_utils/_watch.py").read_text()
    read = {
        node.slice.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "settings"
        and isinstance(node.slice, ast.Constant)
    }
    assert read == set(variables["__watch_content"])


def test_a_wrong_file_ends_it_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"ca_bundle": "", "targets": [{"kind": "pigeon"}], "language": "en"}))
    assert _watch.main(str(file)) == 1
    assert capsys.readouterr().err.startswith("Nobody watches: Entry 1 of dr_notices has to say its kind")
