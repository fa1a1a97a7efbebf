"""The maintenance page, rendered by Ansible as the role does it: both states, both languages, a team's own words."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

from tests.markup import Markup, contrast, palettes
from tests.page import INVENTORY, ROLE, SINCE, STATES, render
from tests.unit.playing import play, told

HOSTILE = "<script>alert(1)</script>\"'&"
PAGES: dict[str, dict[str, t.Any]] = {
    **STATES,
    "nowhere": {"page_message": "working", "page_alternative_url": ""},
    "words": {"page_since": "Monday, 9 o'clock", "page_name": "Pet Clinic"},
    "zone": {"page_since": SINCE, "page_utc_offset_hours": -2.5, "page_zone_name": "NDT"},
    "own": {
        "page_languages": ["en"],
        "page_texts": {"en": {"working_text": "Back at noon."}},
        "page_colours": {"accent": "#7a1f5c"},
    },
    "hostile": {
        "page_message": "redirect",
        "page_name": HOSTILE,
        "page_since": HOSTILE,
        "page_alternative_url": f"https://example.com/{HOSTILE}",
        "page_texts": {"ko": {"redirect_text": HOSTILE}, "en": {"title": HOSTILE, "redirect_link": HOSTILE}},
    },
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    done = render(folder, PAGES)
    assert done.returncode == 0, told(done)
    return {name: (folder / f"{name}.html").read_text() for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed_and_stands_alone(pages: dict[str, str], name: str) -> None:
    page = Markup(pages[name])
    assert not page.all("script")
    assert not re.search(r"url\(|@import", pages[name])
    assert all(address == "data:," or address.startswith("https://") for address in page.addresses)
    assert [attrs for attrs, _text in page.all("link")] == [{"rel": "icon", "href": "data:,"}]
    assert len(page.all("h1")) == len(page.all("main")) == 1


@pytest.mark.parametrize("state", STATES)
def test_both_languages_are_there_and_say_which_they_are(pages: dict[str, str], state: str) -> None:
    page = Markup(pages[state])
    sections = {attrs["lang"]: text for attrs, text in page.all("section")}
    assert list(sections) == ["ko", "en"]
    assert page.all("html")[0][0]["lang"] == "ko"
    for lang, text in sections.items():
        assert "https://dr.petclinic.example.com/" in text
        assert bool(re.search("[가-힣]", text)) is (lang == "ko")


def test_users_are_told_where_to_go_and_since_when(pages: dict[str, str]) -> None:
    page = Markup(pages["redirect"])
    assert [attrs["href"] for attrs, _text in page.all("a")] == ["https://dr.petclinic.example.com/"] * 2
    assert page.all("time") == [({"datetime": SINCE}, "2026-11-24 19:42 KST")] * 2


def test_in_peace_nobody_knows_since_when(pages: dict[str, str]) -> None:
    assert not Markup(pages["working"]).all("time")
    assert not Markup(pages["nowhere"]).all("a")


def test_a_time_is_shown_in_the_zone_of_the_users_and_words_as_they_stand(pages: dict[str, str]) -> None:
    assert Markup(pages["zone"]).all("time")[0] == ({"datetime": SINCE}, "2026-11-24 08:12 NDT")
    assert Markup(pages["words"]).all("time")[0] == ({}, "Monday, 9 o'clock")


def test_a_teams_own_words_and_colours_replace_single_ones(pages: dict[str, str]) -> None:
    page = Markup(pages["own"])
    ((attrs, text),) = page.all("section")
    assert attrs["lang"] == "en"
    assert "We are working on it" in text
    assert "Back at noon." in text
    light, dark = palettes(pages["own"])
    assert light["accent"] == "#7a1f5c"
    assert light["ink"] == palettes(pages["working"])[0]["ink"]
    assert dark == palettes(pages["working"])[1]


def test_no_variable_becomes_markup(pages: dict[str, str]) -> None:
    page = Markup(pages["hostile"])
    assert page.all("header")[0][1] == HOSTILE
    assert HOSTILE in page.all("section")[0][1]
    assert page.all("a")[0][0]["href"] == f"https://example.com/{HOSTILE}"


def test_each_ink_can_be_read_on_its_paper(pages: dict[str, str]) -> None:
    found = palettes(pages["working"])
    assert len(found) == 2
    for palette in found:
        for ink, paper in (("ink", "card"), ("soft", "card"), ("accent", "card"), ("on-accent", "accent")):
            assert contrast(palette[ink], palette[paper]) >= 4.5, (ink, paper)


WRONG: tuple[dict[str, t.Any], ...] = (
    {"page_texts": {"en": {"greeting": "Hello"}}},
    {"page_languages": ["ko", "en", "ja"]},
    {"page_languages": ["ja"], "page_texts": {"ja": {"title": "title alone"}}},
    {"page_colours": {"background": "#ffffff"}},
    {"page_colours_dark": {"ink": "red; } body { display: none"}},
)


def test_what_the_page_does_not_know_is_refused(tmp_path: Path) -> None:
    published = {"ansible.builtin.include_tasks": str(ROLE / "tasks/published.yml")}
    because = "{{ ansible_failed_task.name }}: {{ ansible_failed_result.msg }}"
    tasks = [
        {"block": [published], "rescue": [{"ansible.builtin.debug": {"msg": f"{number} {because}"}}], "vars": wrong}
        for number, wrong in enumerate(WRONG)
    ]
    files = [str(ROLE / "defaults/main.yml"), str(ROLE / "vars/main.yml")]
    story = [{"hosts": "all", "gather_facts": False, "vars_files": files, "tasks": tasks}]
    said = told(play(tmp_path, json.dumps(story), variables=INVENTORY))
    for number in range(len(WRONG)):
        assert f"{number} Texts and colours have the names that the page knows: page_texts, page_colours or" in said
