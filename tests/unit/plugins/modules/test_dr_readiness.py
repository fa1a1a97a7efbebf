"""The module as Ansible runs it, on a day when nobody answers."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.module_utils import (
    _checks,
    _checks_on_vm,
    _checks_room,
    _clouds,
    _readiness,
)
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock
from ansible_collections.goupang.dr.plugins.modules import dr_readiness

SECRET = "correct-horse-battery-staple"
NOBODY = "127.0.0.1"
DATABASE = {"login_host": NOBODY, "login_port": 1, "login_user": "dradmin", "login_password": SECRET}
ARGUMENTS = {
    "budget": 5,
    "application": "petclinic",
    "schema": "petclinic",
    "aws": {"access_key": "test-access-key", "secret_key": SECRET, "endpoint_url": f"http://{NOBODY}:1"},
    "azure": {
        "tenant_id": "00000000-0000-0000-0000-000000000001",
        "client_id": "00000000-0000-0000-0000-000000000002",
        "client_secret": SECRET,
        "subscription_id": "S",
        "authority_url": f"https://{NOBODY}:1",
        "arm_url": f"https://{NOBODY}:1",
    },
    "primary_database": DATABASE,
    "secondary_database": DATABASE,
    "sites": {
        "zone": "example.com",
        "www_domain": "www.example.com",
        "dr_domain": "dr.example.com",
        "alb_dns_name": "alb.example.net",
        "resolvers": [f"{NOBODY}:1"],
    },
    "storage": {
        "account_url": f"https://{NOBODY}:1/account",
        "domain": "account.blob.net",
        "backup_container": "mysql-backup",
        "page_container": "maintenance",
        "switch_container": "switch",
        "release_container": "releases",
        "release_blob": "a.war",
        "release_sha256": "0" * 64,
    },
    "stack": {"health_check_ids": {"primary": "id-p"}, "distribution_domains": {"dr": "d2.cloudfront.net"}},
    "machine": {
        "name": "vm",
        "resource_group": "rg",
        "location": "koreacentral",
        "size": "Standard_D2s_v5",
        "image": {"publisher": "Debian", "offer": "debian-12", "sku": "12"},
        "subnet_id": "/subnet",
        "fqdn": "dr.azure.com",
        "ssh_private_key_file": "/nowhere/key",
        "ssh_public_key_file": "/nowhere/key.pub",
    },
    "bastion": {"host": NOBODY, "port": 1},
}


@pytest.fixture
def run(capsys):
    """Run main(); its answer, and everything that it printed."""

    def run(*, check_mode=False, **args):
        given = {**ARGUMENTS, **args, "_ansible_check_mode": check_mode}
        with patch_module_args(given), pytest.raises(SystemExit):
            dr_readiness.main()
        printed = capsys.readouterr()
        # Where tests of callbacks have made this process a controller, Ansible shows a module's warnings itself.
        return json.loads(printed.out), " ".join(f"{printed.out} {printed.err}".split())

    return run


def test_when_nobody_answers_there_is_a_screen_all_the_same(run, tmp_path: Path) -> None:
    report = tmp_path / "preflight" / "run.json"
    began = time.monotonic()
    found, printed = run(intent="preflight", report=str(report))
    assert time.monotonic() - began < 60  # far beyond the budget: it did end
    assert not found["changed"]
    assert found["verdict"] == "no go"
    levels = {line["check"]: line["level"] for line in found["lines"]}
    # What was established, and what nobody could say.
    assert {check for check, level in levels.items() if level == "no"} == {
        "backup", "flip", "ssh keys", "target database",
    }  # fmt: skip
    assert {check for check, level in levels.items() if level == "ok"} == {"control room"}
    assert all(
        line["what"].startswith("not known") for line in found["lines"] if line["check"].startswith("cloudfront")
    )
    assert len(found["blocking"]) == 4
    assert found["screen"][0].startswith("preflight: no go; 1 ok,")
    kept = json.loads(report.read_text())
    assert (kept["intent"], kept["verdict"], kept["lines"]) == ("preflight", "no go", found["lines"])
    assert SECRET not in report.read_text()
    assert SECRET not in json.dumps({**found, "invocation": None})
    assert SECRET not in printed


def test_a_dry_run_writes_nothing(run, tmp_path: Path) -> None:
    report = tmp_path / "run.json"
    found, _printed = run(check_mode=True, intent="provision", report=str(report))
    assert not report.exists()
    assert [line["check"] for line in found["lines"]] == ["azure login", "aws api", "control room"]
    assert found["verdict"] == "go"


def test_a_report_that_cannot_be_written_is_a_warning(run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found, printed = run(intent="verify", budget=1, report=str(tmp_path / "file" / "run.json"))
    assert "cannot be written" in printed
    assert "failed" not in found


def test_status_has_facts_and_says_of_each_why_it_is_not_known(run) -> None:
    storage = {**ARGUMENTS["storage"], "control_container": "control"}
    found, printed = run(intent="status", storage=storage)
    facts = found["facts"]
    # No fact is None without a reason. Whether silence for dr is an answer already is a matter of the budget.
    assert {name for name, fact in facts.items() if fact is None} == set(facts["unknown"]) - {"certificates"}
    assert set(facts["unknown"]) - {"active"} == {
        "machine", "billed", "database_answers", "backup", "proof", "rpo_seconds", "lock", "drill", "certificates",
    }  # fmt: skip
    assert all(facts["unknown"].values())
    assert facts["certificates"] == []
    # What would block a failover, and nothing that would not.
    blocking = {line["check"] for line in found["lines"] if line["blocks"]}
    assert blocking == {"backup", "flip", "ssh keys", "target database"}
    assert SECRET not in json.dumps({**found, "invocation": None})
    assert SECRET not in printed


def test_no_other_intent_has_facts(run) -> None:
    found, _printed = run(intent="verify", budget=1)
    assert "facts" not in found


def test_without_a_port_for_tls_nobody_asks_for_its_certificate() -> None:
    subject = _checks.Subject({**ARGUMENTS, **_defaults(https_port=0)})
    assert "origin certificate" not in {check.name for check in _checks.checks(subject)}
    assert "origin certificate" not in _questions(subject)


def test_every_check_is_in_the_table_and_asks_questions_that_exist() -> None:
    params = {**ARGUMENTS, **_defaults(https_port=8443)}
    subject = _checks.Subject(params)
    checks = _checks.checks(subject)
    assert {name for check in checks for name in check.questions} == _questions(subject)
    assert all(_readiness.matters("preflight", check.name) for check in checks)
    known = [check.name for check in checks]
    assert len(known) == len(set(known))
    assert all(any(name == one or one.startswith(f"{name} ") for one in known) for name in _readiness.EVERYTHING)


def test_a_database_on_the_machine_is_asked_for_there_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for module, name in ((_checks_room, "ask_server"), (_checks_on_vm, "ask_host")):
        monkeypatch.setattr(module, name, lambda *_args, said=name, **_more: asked.append(said))
    params = {**ARGUMENTS, **_defaults(https_port=0)}
    params["machine"] = {**t.cast("dict[str, object]", params["machine"]), "database_host": "on_vm"}
    subject = _checks.Subject(params)
    clouds = SimpleNamespace(arm=lambda: None, aws=None, container=dict)
    (server,) = (one for one in _checks.questions(subject, t.cast("t.Any", clouds), Clock()) if one.name == "server")
    server.ask()
    assert asked == ["ask_host"]


@pytest.mark.parametrize(
    ("rests", "host", "asked"), [(True, "flexible", True), (True, "on_vm", False), (False, "flexible", False)]
)
def test_who_may_start_the_database_matters_where_it_rests(rests: bool, host: str, asked: bool) -> None:
    params = {**ARGUMENTS, **_defaults(https_port=0)}
    machine = {**t.cast("dict[str, object]", params["machine"]), "database_host": host, "database_rests": rests}
    checks = _checks.checks(_checks.Subject({**params, "machine": machine}))
    assert ("azure rights database" in {check.name for check in checks}) is asked
    assert _readiness.matters("failover", "azure rights database") == _readiness.BLOCKS


def _questions(subject: _checks.Subject) -> set[str]:
    return {question.name for question in _checks.questions(subject, _clouds.Clouds(subject.params), Clock())}


def _defaults(https_port: int) -> dict[str, object]:
    """What Ansible would fill in."""
    sites = {"ca_bundle": None, **ARGUMENTS["sites"]}
    storage = {"backup_prefix": "", "heartbeat_container": "heartbeat", **ARGUMENTS["storage"]}
    release = {"war_api": "javax", "tomcat_package": "auto", "schema_version": None}
    stack = {"interval": 10, "threshold": 3, "automatic": False, **ARGUMENTS["stack"]}
    machine = {"size_fallbacks": [], "security_group_id": None, "http_port": 80, "operator_address": None}
    machine |= {
        "database_host": "flexible",
        "database_rests": False,
        "temporary_ssh_rule": False,
        "https_port": https_port,
        "https_name": "origin.example.com",
    }
    machine |= ARGUMENTS["machine"]
    return {"sites": sites, "storage": storage, "release": release, "stack": stack, "machine": machine}
