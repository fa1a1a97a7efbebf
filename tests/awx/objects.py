"""What the emulated AWX knows of each kind of object: its fields, what makes it unique, and what it refuses.

The sentences are AWX's own where a person would meet them.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

Object = dict[str, t.Any]


class RefusedError(Exception):
    """A 400, with the body that AWX would send."""

    def __init__(self, body: Object) -> None:
        super().__init__(str(body))
        self.body = body


@dataclass(frozen=True)
class Kind:
    """`unique`: no two objects have the same values of these. `lists`: what can be associated with it."""

    type: str
    fields: Object
    unique: tuple[str, ...] = ("name", "organization")
    required: tuple[str, ...] = ("name",)
    lists: dict[str, str] = field(default_factory=dict)


NOTIFIED = {f"notification_templates_{when}": "notification_templates" for when in ("started", "success", "error")}
APPROVED = {**NOTIFIED, "notification_templates_approvals": "notification_templates"}
PROMPTED = ["variables", "job_type", "inventory", "credential", "limit", "tags", "skip_tags", "diff_mode", "verbosity"]
PROMPTED += ["execution_environment", "forks", "instance_groups", "job_slice_count", "labels", "timeout", "scm_branch"]
ASKED = {f"ask_{what}_on_launch": False for what in PROMPTED}
NAMED: Object = {"name": "", "description": ""}
PROMPTS: Object = {"extra_data": {}, "inventory": None, "job_type": None, "limit": None, "scm_branch": None}

KINDS: dict[str, Kind] = {
    "organizations": Kind(
        "organization",
        {**NAMED, "default_environment": None, "max_hosts": 0},
        unique=("name",),
        lists={"instance_groups": "instance_groups", "galaxy_credentials": "credentials", **APPROVED},
    ),
    "execution_environments": Kind(
        "execution_environment",
        {**NAMED, "organization": None, "image": "", "credential": None, "pull": "", "managed": False},
        unique=("name",),
        required=("name", "image"),
    ),
    "projects": Kind(
        "project",
        {
            **NAMED,
            "organization": None,
            "scm_type": "",
            "scm_url": "",
            "scm_branch": "",
            "scm_refspec": "",
            "scm_clean": False,
            "scm_update_on_launch": False,
            "scm_revision": "",
            "credential": None,
            "default_environment": None,
            "allow_override": False,
            "timeout": 0,
        },
        lists=NOTIFIED,
    ),
    "credential_types": Kind(
        "credential_type",
        {**NAMED, "kind": "", "inputs": {}, "injectors": {}, "managed": False},
        unique=("name", "kind"),
        required=("name", "kind"),
    ),
    "credentials": Kind(
        "credential",
        {**NAMED, "organization": None, "credential_type": None, "inputs": {}, "managed": False},
        unique=("name", "organization", "credential_type"),
        required=("name", "credential_type"),
    ),
    "notification_templates": Kind(
        "notification_template",
        {**NAMED, "organization": None, "notification_type": "", "notification_configuration": {}, "messages": None},
        required=("name", "organization", "notification_type"),
    ),
    "instance_groups": Kind("instance_group", {"name": ""}, unique=("name",)),
    "inventories": Kind(
        "inventory",
        {
            **NAMED,
            "organization": None,
            "kind": "",
            "host_filter": None,
            "variables": "",
            "prevent_instance_group_fallback": False,
        },
        required=("name", "organization"),
        lists={"instance_groups": "instance_groups"},
    ),
    "inventory_sources": Kind(
        "inventory_source",
        {
            **NAMED,
            "inventory": None,
            "source": "",
            "source_path": "",
            "source_vars": "",
            "source_project": None,
            "execution_environment": None,
            "overwrite": False,
            "overwrite_vars": False,
            "update_on_launch": False,
        },
        unique=("name", "inventory"),
        required=("name", "inventory", "source"),
        lists=NOTIFIED,
    ),
    "job_templates": Kind(
        "job_template",
        {
            **NAMED,
            **ASKED,
            "organization": None,
            "job_type": "run",
            "inventory": None,
            "project": None,
            "playbook": "",
            "execution_environment": None,
            "extra_vars": "",
            "limit": "",
            "timeout": 0,
            "forks": 0,
            "verbosity": 0,
            "diff_mode": False,
            "survey_enabled": False,
            "allow_simultaneous": False,
            "job_slice_count": 1,
        },
        required=("name", "project", "playbook"),
        lists={"credentials": "credentials", "instance_groups": "instance_groups", "labels": "labels", **NOTIFIED},
    ),
    "workflow_job_templates": Kind(
        "workflow_job_template",
        {
            **NAMED,
            **ASKED,
            "organization": None,
            "inventory": None,
            "extra_vars": "",
            "limit": None,
            "survey_enabled": False,
            "allow_simultaneous": False,
        },
        lists={"labels": "labels", **APPROVED},
    ),
    "workflow_job_template_nodes": Kind(
        "workflow_job_template_node",
        {
            **PROMPTS,
            "identifier": "",
            "workflow_job_template": None,
            "unified_job_template": None,
            "all_parents_must_converge": False,
        },
        unique=("identifier", "workflow_job_template"),
        required=("identifier", "workflow_job_template"),
        lists={f"{way}_nodes": "workflow_job_template_nodes" for way in ("success", "failure", "always")},
    ),
    "workflow_approval_templates": Kind("workflow_approval_template", {**NAMED, "timeout": 0}, unique=()),
    "schedules": Kind(
        "schedule",
        {**NAMED, **PROMPTS, "rrule": "", "unified_job_template": None, "enabled": True},
        unique=("name", "unified_job_template"),
        required=("name", "rrule", "unified_job_template"),
    ),
    "labels": Kind("label", {"name": "", "organization": None}),
}
UNIFIED = ("job_templates", "workflow_job_templates", "projects", "inventory_sources")


def check_survey(spec: Object) -> None:
    """As AWX checks a survey before it keeps it."""
    for name in ("name", "description", "spec"):
        if name not in spec:
            raise RefusedError({"error": f"Field '{name}' is missing from survey spec."})
    if not spec["spec"]:
        raise RefusedError({"error": "'spec' doesn't contain any items."})
    seen: set[str] = set()
    for number, question in enumerate(spec["spec"]):
        for name, wanted in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            if not isinstance(question.get(name), wanted):
                raise RefusedError({"error": f"'{name}' missing from survey question {number}"})
        if question["variable"] in seen:
            raise RefusedError(
                {"error": f"'variable' '{question['variable']}' duplicated in survey question {number}."}
            )
        seen.add(question["variable"])
        if question["type"] not in (
            "text",
            "textarea",
            "password",
            "multiplechoice",
            "multiselect",
            "integer",
            "float",
        ):
            raise RefusedError({"error": f"'{question['type']}' is not one of the allowed question types."})
        if question["type"] == "multiplechoice" and question.get("default", "") not in ["", *question["choices"]]:
            raise RefusedError({"error": "Default choice must be answered from the choices listed."})


def fits(question: Object, answer: t.Any) -> bool:
    """Whether AWX would take this answer."""
    if not isinstance(answer, str):
        return False
    if question["type"] == "multiplechoice":
        return answer in question["choices"]
    return int(question.get("min") or 0) <= len(answer) <= int(question.get("max") or 10**6)


def check_answers(spec: Object, enabled: bool, ask: bool, answers: Object) -> None:
    """As AWX checks the variables that a node or a schedule hands to a template."""
    questions = {question["variable"]: question for question in spec.get("spec", [])} if enabled else {}
    for name, answer in answers.items():
        if name in questions and not fits(questions[name], answer):
            raise RefusedError({"variables_needed_to_start": [f"Value {answer} for '{name}' does not fit the survey."]})
        if name not in questions and not ask:
            raise RefusedError(
                {"extra_data": [f"Variables {name} are not allowed on launch. Check the Prompt on Launch setting."]}
            )


def check_rule(rule: str) -> None:
    """As AWX checks the rule of a schedule, as far as its own form goes."""
    if len(re.findall(r"DTSTART(?:;TZID=[\w/]+:\d{8}T\d{6}|:\d{8}T\d{6}Z) ", rule)) != 1:
        raise RefusedError({"rrule": ["Valid DTSTART required in rrule."]})
    for part in rule.split("RRULE:")[1:] or [""]:
        if "INTERVAL=" not in part:
            raise RefusedError({"rrule": [f"INTERVAL required in rrule: {part}"]})
        if re.search(r"BYDAY=[+-]?\d", part):
            raise RefusedError({"rrule": [f"BYDAY with numeric prefix not supported: {part}"]})
