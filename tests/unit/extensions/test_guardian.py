"""What the rulebook names exists: playbooks, options of its source, and fields of the events that it acts upon."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import yaml
from ansible_collections.goupang.dr.plugins.module_utils._watch import Event
from ansible_collections.goupang.dr.plugins.modules.dr_notice import MOMENTS

from tests.unit.extensions.test_sqs_alarms import SAID, body, sqs_alarms

COLLECTION = Path(__file__).resolve().parents[3] / "collections/ansible_collections/goupang/dr"
TEXT = (COLLECTION / "extensions/eda/rulebooks/guardian.yml").read_text()
(RULES,) = yaml.safe_load(TEXT)
ACTIONS = [action["run_playbook"] for rule in RULES["rules"] for action in rule["actions"]]


def test_it_runs_playbooks_of_ours_and_none_that_moves_users():
    names = [action["name"].removeprefix("goupang.dr.") for action in ACTIONS]
    assert names == ["tell", "respond", "tell"]
    for name in names:
        text = (COLLECTION / "playbooks" / f"{name}.yml").read_text()
        assert "goupang.dr.traffic" not in text
        assert "failover" not in re.findall(r"import_playbook: goupang\.dr\.(\w+)", text)


def test_it_tells_moments_that_have_words():
    assert {one for action in ACTIONS if (one := action["extra_vars"].get("notice_moment"))} <= set(MOMENTS)


def test_each_rule_acts_once_for_one_trouble():
    assert [rule["throttle"]["group_by_attributes"] for rule in RULES["rules"]] == [
        ["event.payload.since"],
        ["event.alarm.name", "event.alarm.state", "event.alarm.since"],
    ]


def test_it_reads_what_the_watcher_posts_and_the_source_gives():
    posted = Event("petclinic", "primary", "gone", "since", "at").to_json()
    assert set(re.findall(r"event\.payload\.(\w+)", TEXT)) <= set(posted)
    assert set(posted) == {"source", *(one.name for one in fields(Event))}
    assert set(re.findall(r"event\.alarm\.(\w+)", TEXT)) <= set(sqs_alarms.alarm(body(SAID))["alarm"])


def test_it_gives_the_source_options_that_it_has():
    options = yaml.safe_load(sqs_alarms.DOCUMENTATION)["options"]
    (given,) = [one["goupang.dr.sqs_alarms"] for one in RULES["sources"] if "goupang.dr.sqs_alarms" in one]
    assert set(given) <= set(options)
