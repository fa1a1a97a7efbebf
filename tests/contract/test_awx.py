"""What AWX offers is what there is: a job template for each runbook, and questions that are the runbook's variables."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/goupang/dr"
PLAYBOOKS = {path.stem: path for path in (COLLECTION / "playbooks").glob("*.yml")}
# Parts of drill.yml, which nobody runs by themselves.
PARTS = {"drill_full", "drill_rehearsal"}
# Done from a checkout, since they change the inventory's provisioned.yml (docs/awx.md).
FROM_A_CHECKOUT = {"deprovision"}
IMPORT = "ansible.builtin.import_playbook"
# Variables by which a role's state is told something, besides those of the inventory.
ASKS = {
    ("database", "proved"): {"backup_prove", "backup_checksums"},
    ("database", "backed_up"): {"dr_accept_backup"},
    ("database", "loading"): {"dr_accept_backup"},
    ("fence", "closed"): {"dr_primary_is_lost"},
    ("drill", "recorded"): {"drill_scope"},
    ("heartbeat", "installed"): {"heartbeat_state"},
    ("sentry", "installed"): {"sentry_state"},
    ("status", "shown"): {"status_fails"},
    ("watch", "installed"): {"watch_state"},
    ("guardian", "present"): {"guardian_state"},
}


class _Loader(yaml.SafeLoader):
    """Knows !unsafe: a text that Ansible leaves as it is."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(t.cast("yaml.ScalarNode", node)))


def load(name: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.load((ROOT / "awx/vars" / f"{name}.yml").read_text(), Loader=_Loader))  # noqa: S506


RUNBOOKS: dict[str, dict[str, t.Any]] = load("runbooks")["awx_runbooks"]
QUESTIONS: dict[str, dict[str, t.Any]] = load("questions")["awx_questions"]
WORKFLOWS = load("workflows")
SCHEDULES = load("schedules")
GUARD: dict[str, t.Any] = yaml.safe_load((COLLECTION / "roles/guard/vars/main.yml").read_text())


def asked(runbook: str) -> dict[str, dict[str, t.Any]]:
    """The questions of a runbook, by variable."""
    return {QUESTIONS[name]["variable"]: QUESTIONS[name] for name in RUNBOOKS[runbook].get("questions", [])}


def roles(playbook: str) -> list[dict[str, t.Any]]:
    """The roles of a playbook and of those that it imports; of drill.yml, whichever way it may go."""
    found = []
    for play in yaml.safe_load(PLAYBOOKS[playbook].read_text()):
        if IMPORT in play:
            target = play[IMPORT].removeprefix("goupang.dr.")
            names = ["drill_full", "drill_rehearsal"] if "{{" in target else [Path(target).stem]
            found += [role for name in names for role in roles(name)]
        else:
            found += play["roles"]
    return found


def wanted(playbook: str) -> set[str]:
    """The variables by which a person can tell this runbook something."""
    variables: set[str] = set()
    for role in roles(playbook):
        name = role["role"].removeprefix("goupang.dr.")
        variables |= ASKS.get((name, role.get(f"{name}_state", "")), set())
        if role.get("guard_intent") in GUARD["__guard_locks"] + GUARD["__guard_heeds"]:
            variables.add("dr_override")
        if role.get("guard_intent") in GUARD["__guard_confirmed_intents"]:
            variables |= {"dr_confirm", "dr_approved_by"}
    return variables


def test_each_runbook_has_a_job_template_and_each_job_template_a_runbook() -> None:
    assert set(RUNBOOKS) == set(PLAYBOOKS) - PARTS - FROM_A_CHECKOUT


@pytest.mark.parametrize("runbook", sorted(RUNBOOKS))
def test_what_is_asked_is_what_the_runbook_can_be_told(runbook: str) -> None:
    assert set(asked(runbook)) == wanted(runbook)


@pytest.mark.parametrize("runbook", sorted(RUNBOOKS))
def test_what_the_header_offers_is_asked(runbook: str) -> None:
    header = PLAYBOOKS[runbook].read_text().split("\n- name")[0]
    assert set(re.findall(r'-e "?(\w+)=', header)) <= set(asked(runbook))


@pytest.mark.parametrize("runbook", sorted(RUNBOOKS))
def test_whoever_moves_users_types_its_name(runbook: str) -> None:
    moves = runbook in GUARD["__guard_confirmed_intents"]
    question = asked(runbook).get("dr_confirm")
    # A full drill wants the word too; a rehearsal, which moves nobody, does not.
    assert (question is not None) is (moves or runbook == "drill")
    if question:
        assert question["type"] == "text", "a choice from a list is not typed"
        assert question["required"] is moves
        assert question.get("default", "") == ""
        assert ("failback" if runbook == "failback" else "failover") in question["question_name"]


def test_a_question_offers_what_the_role_takes() -> None:
    for role in ("heartbeat", "sentry", "watch"):
        specs = yaml.safe_load((COLLECTION / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]
        assert QUESTIONS[f"{role}_state"]["choices"] == specs["main"]["options"][f"{role}_state"]["choices"]
    named = QUESTIONS["dr_override"]["question_description"].split("Rules: ")[1]
    assert named.split(", ") == GUARD["__guard_rules"]


def test_every_question_is_asked_by_somebody() -> None:
    used = {name for runbook in RUNBOOKS.values() for name in runbook.get("questions", [])}
    assert used == set(QUESTIONS)


def test_an_answer_left_empty_is_no_answer() -> None:
    """AWX hands on the defaults of all questions, so they must be what the runbook takes without them."""
    for name, question in QUESTIONS.items():
        if question["required"]:
            assert "default" not in question, name
        else:
            assert question["default"] in question.get("choices", [""]), name


# -- Secrets -------------------------------------------------------------------


def test_each_secret_of_an_inventory_has_a_credential_and_none_travels_by_the_environment() -> None:
    sample = yaml.safe_load((ROOT / "inventories/example/group_vars/all/vault.yml.sample").read_text())
    types = load("credential_types")["awx_credential_types"]
    injected = {name for kind in types.values() for name in kind["extra_vars"]}
    assert set(sample) <= injected
    for kind in types.values():
        assert set(kind) <= {"description", "fields", "extra_vars", "files"}
        secret = {field["id"] for field in kind["fields"] if field.get("secret")}
        assert {field["id"] for field in kind["fields"] if field["id"].startswith("vault_")} == secret
        used = re.findall(r"\{\{ (\w+) \}\}", str({**kind["extra_vars"], **kind.get("files", {})}))
        assert set(used) == {field["id"] for field in kind["fields"]}


# -- Workflows and schedules ---------------------------------------------------

DRILL = {step["identifier"]: step for step in WORKFLOWS["awx_drill"]}
WAYS = ("success", "failure", "always")


def follows(step: str, ways: t.Iterable[str] = WAYS) -> set[str]:
    """All that can run after this step."""
    found: set[str] = set()
    for way in ways:
        for following in DRILL[step].get(way, []):
            found |= {following} | follows(following)
    return found


def test_the_drill_goes_its_way() -> None:
    step, way = "warm_up", []
    while step:
        way.append(DRILL[step].get("runbook", "approval"))
        step = next(iter(DRILL[step].get("success", [])), "")
    assert way == ["warm_up", "approval", "failover", "verify", "failback", "cool_down"]


def test_nobody_is_moved_without_an_approval() -> None:
    for step in DRILL.values():
        if step.get("runbook") in GUARD["__guard_confirmed_intents"]:
            before = [one for one in DRILL if step["identifier"] in follows(one)]
            assert any("approval" in DRILL[one] for one in before), step["identifier"]
    assert DRILL["approve"]["success"] == ["failover"]
    assert "failover" not in follows("approve", ["failure", "always"])


def test_after_a_failure_past_the_flip_a_person_is_told_and_asked_before_anything_is_done() -> None:
    for step in ("failover", "verify", "failback"):
        assert DRILL[step]["failure"] == ["how_it_stands"], step
    assert DRILL["how_it_stands"]["runbook"] == "status"
    assert DRILL["how_it_stands"]["always"] == ["what_now"]
    assert DRILL["what_now"]["approval"]
    assert not DRILL["what_now"].get("failure")
    # The machine goes only where nobody was moved, or where users are home.
    for name, step in DRILL.items():
        if step.get("runbook") == "cool_down":
            parents = {one for one in DRILL for way in WAYS if name in DRILL[one].get(way, [])}
            assert parents in ({"failback"}, {"go_home"}, {"warm_up", "approve"}), name


def test_answers_in_a_workflow_are_those_of_the_survey() -> None:
    for step in [*DRILL.values(), *SCHEDULES["awx_schedules"]]:
        answers = step.get("extra_data", {})
        if "runbook" not in step:
            continue
        assert set(answers) <= set(asked(step["runbook"])), step
        for name, answer in answers.items():
            choices = asked(step["runbook"])[name].get("choices")
            assert isinstance(answer, str)
            assert choices is None or answer in choices, step
        needed = {name for name, question in asked(step["runbook"]).items() if question["required"]}
        assert needed <= set(answers), step


def test_the_typed_word_of_a_step_is_that_of_its_runbook() -> None:
    for step in DRILL.values():
        if step.get("runbook") in GUARD["__guard_confirmed_intents"]:
            assert step["extra_data"]["dr_confirm"] == step["runbook"]


def test_a_reason_in_a_workflow_is_one_that_guard_takes() -> None:
    for step in DRILL.values():
        said = step.get("extra_data", {}).get("dr_override")
        if said:
            rule, _, reason = said.partition(": ")
            assert rule in GUARD["__guard_rules"]
            assert len(reason) >= 8


def test_a_fleet_is_asked_what_its_runbook_needs() -> None:
    for workflow in WORKFLOWS["awx_fleet_workflows"]:
        questions = {QUESTIONS[name]["variable"]: QUESTIONS[name] for name in workflow.get("questions", [])}
        assert set(questions) <= set(asked(workflow["runbook"]))
        needed = {name for name, question in asked(workflow["runbook"]).items() if question["required"]}
        assert needed <= set(questions), workflow["runbook"]


def test_what_runs_by_itself_moves_nobody() -> None:
    for schedule in SCHEDULES["awx_schedules"] + SCHEDULES["awx_fleet_schedules"]:
        assert schedule["runbook"] not in GUARD["__guard_confirmed_intents"]
        if schedule["runbook"] == "drill":
            assert schedule["extra_data"]["drill_scope"] == "rehearsal"
    names = " ".join(one["name"] for one in SCHEDULES["awx_schedules"] + SCHEDULES["awx_fleet_schedules"])
    assert all(word in names for word in ("nightly", "weekly", "monthly", "morning"))
