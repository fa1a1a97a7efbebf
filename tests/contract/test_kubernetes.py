"""The example of a CronJob: what it may do, where its secrets come from, and that its parts fit together.

Nothing of it was built or run in a cluster here; tests/unit/deployment runs its script.
"""

from __future__ import annotations

import importlib.util
import re
import typing as t
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from pathlib import Path

import tomllib
import yaml
from ansible_collections.goupang.dr.plugins.module_utils import _dump_tool

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deployment/kubernetes"
SCRIPT = (FOLDER / "dump.py").read_text()
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
CRONJOB: dict[str, t.Any] = yaml.safe_load((FOLDER / "cronjob.yaml").read_text())
RBAC: list[dict[str, t.Any]] = list(yaml.safe_load_all((FOLDER / "rbac.yaml").read_text()))
JOB: dict[str, t.Any] = CRONJOB["spec"]["jobTemplate"]["spec"]
POD: dict[str, t.Any] = JOB["template"]["spec"]
(CONTAINER,) = POD["containers"]
PAGE = (ROOT / "docs/kubernetes.md").read_text()
SECRET = re.compile(r"(?i)secret|password|token|key")


def plain_environment() -> dict[str, str]:
    return {one["name"]: one["value"] for one in CONTAINER["env"]}


def test_it_runs_as_nobody_and_can_change_nothing() -> None:
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["runAsUser"] > 0
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert POD["automountServiceAccountToken"] is False
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    user = re.search(r"^USER (\d+):(\d+)$", CONTAINERFILE, re.MULTILINE)
    assert user
    assert (int(user[1]), int(user[2])) == (POD["securityContext"]["runAsUser"], POD["securityContext"]["runAsGroup"])


def test_secrets_come_from_secrets_and_never_by_arguments() -> None:
    assert {"command", "args"} & set(CONTAINER) == set()
    assert [name for name in plain_environment() if SECRET.search(name)] == []
    (azure,) = CONTAINER["envFrom"]
    (volume,) = POD["volumes"]
    (mount,) = CONTAINER["volumeMounts"]
    assert (mount["name"], mount["readOnly"]) == (volume["name"], True)
    assert plain_environment()["DUMP_OPTION_FILE"].startswith(mount["mountPath"] + "/")
    # Only its owner and the pod's group read it.
    assert volume["secret"]["defaultMode"] == 0o440
    assert POD["securityContext"]["fsGroup"] == POD["securityContext"]["runAsGroup"]
    # The page says how both are made.
    for name in (azure["secretRef"]["name"], volume["secret"]["secretName"]):
        assert f"secret generic {name} " in PAGE, name


def test_a_failed_pod_stays_and_the_job_ends() -> None:
    assert POD["restartPolicy"] == "Never"
    assert JOB["backoffLimit"] == 0
    assert JOB["activeDeadlineSeconds"] > 0
    assert CRONJOB["spec"]["failedJobsHistoryLimit"] > 0
    assert CRONJOB["spec"]["concurrencyPolicy"] == "Forbid"


def test_the_script_is_told_what_it_reads() -> None:
    read = set(re.findall(r"environment\[[\"'](\w+)[\"']\]", SCRIPT))
    assert read == set(plain_environment())


def test_what_it_stores_is_what_the_page_tells_backup_yml_to_look_for() -> None:
    wanted = re.search(r"^ *database_cronjob_dump: (\S+)$", PAGE, re.MULTILINE)
    assert wanted
    stored = datetime.now(timezone.utc).strftime(plain_environment()["DUMP_BLOB"])
    assert fnmatchcase(stored, wanted[1])
    named = dict(re.findall(r"^ *(database_cronjob\w*): (\S+)$", PAGE, re.MULTILINE))
    assert named["database_cronjob"] == CRONJOB["metadata"]["name"]
    assert named["database_cronjob_namespace"] == CRONJOB["metadata"]["namespace"]


def test_it_dumps_as_mysql_backup_does() -> None:
    spec = importlib.util.spec_from_file_location("dump", FOLDER / "dump.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.OPTIONS == _dump_tool.OPTIONS


def test_the_rights_are_of_this_cronjob_and_its_namespace() -> None:
    assert {one["metadata"]["namespace"] for one in [*RBAC, CRONJOB]} == {CRONJOB["metadata"]["namespace"]}
    (role,) = (one for one in RBAC if one["kind"] == "Role")
    (binding,) = (one for one in RBAC if one["kind"] == "RoleBinding")
    (account,) = (one for one in RBAC if one["kind"] == "ServiceAccount")
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert [one["name"] for one in binding["subjects"]] == [account["metadata"]["name"]]
    assert [rule["resourceNames"] for rule in role["rules"] if rule["resources"] == ["cronjobs"]] == [
        [CRONJOB["metadata"]["name"]]
    ]
    assert not [rule for rule in role["rules"] if "*" in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]]


def test_the_image_installs_what_was_tested() -> None:
    (asked,) = re.findall(r"pip install --no-cache-dir --constraint /tmp/constraints.txt (.+?) \\", CONTAINERFILE)
    runtime = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert set(asked.split()) <= {pin.partition("==")[0] for pin in runtime}
    copied = dict(re.findall(r"^COPY (\S+) (\S+)$", CONTAINERFILE, re.MULTILINE))
    for name in copied:
        assert (ROOT / name).is_file(), name
    (entry,) = re.findall(r'^ENTRYPOINT \["\S+", "(\S+)"\]$', CONTAINERFILE, re.MULTILINE)
    assert copied["deployment/kubernetes/dump.py"] == entry
