from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.plugin_utils import _notice_moments as moments

PLAYBOOKS = Path(__file__).resolve().parents[4] / "collections/ansible_collections/goupang/dr/playbooks"


@pytest.mark.parametrize("name", ["warm_up", "failover", "failback", "provision"])
def test_each_runbook_that_tells_people_says_the_way_on_in_its_header(name):
    assert moments.way_on((PLAYBOOKS / f"{name}.yml").read_text()).startswith("Stopped")


def test_the_way_on_goes_to_the_end_of_its_paragraph():
    text = "---\n# One.\n#\n# Changes: a. Stopped half\n# way? Do b.\n#\n# More.\n\n- name: X\n# Stopped? No.\n"
    assert moments.way_on(text) == "Stopped half way? Do b."


def test_a_header_without_it_gets_the_rule_of_all_runbooks():
    assert moments.way_on("- hosts: all\n") == moments.WAY_ON


@pytest.mark.parametrize(
    ("role", "params", "moment"),
    [
        ("goupang.dr.guard", {"guard_intent": "failover"}, ("go", {})),
        ("goupang.dr.traffic", {"traffic_state": "on_secondary"}, ("flipped", {"site": "secondary"})),
        ("goupang.dr.traffic", {"traffic_state": "seen_on_secondary"}, None),
        ("goupang.dr.traffic", {"traffic_state": "on_primary"}, ("flipped", {"site": "primary"})),
        ("goupang.dr.traffic", {"traffic_state": "as_decided"}, None),
        ("goupang.dr.probe", {"probe_view": "private"}, None),
        ("goupang.dr.probe", {"probe_view": "public"}, ("verified", {"site": "secondary"})),
        ("goupang.dr.probe", {"probe_view": "public", "probe_site": "primary"}, ("verified", {"site": "primary"})),
        ("goupang.dr.page", {}, None),
    ],
)
def test_the_end_of_some_roles_is_a_moment(role, params, moment):
    assert moments.passed(role, params) == moment


def test_the_screen_is_told_by_its_headline_and_what_would_be_lost():
    result = {"screen": ["failover: go; 16 ok"], "lines": [{"check": "loss", "what": "00:07:10 of writes"}]}
    assert moments.screen(result) == {"headline": "failover: go; 16 ok", "loss": "00:07:10 of writes"}
    assert moments.screen({}) == {"headline": "", "loss": ""}


def test_a_link_leads_to_the_runbooks_own_page():
    assert moments.page("", "failover.yml") == ""
    assert moments.page("https://x.example/docs/", "failover.yml") == "https://x.example/docs/failover.md"
    assert moments.page("https://x.example/{runbook}?a=1", "failover.yml") == "https://x.example/failover?a=1"
