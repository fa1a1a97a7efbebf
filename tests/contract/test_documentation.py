"""ansible-doc shows every module, and what it shows is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "collections/ansible_collections/goupang/dr/plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))


@pytest.fixture(scope="module")
def shown() -> dict[str, t.Any]:
    command = [str(Path(sys.executable).with_name("ansible-doc")), "-t", "module", "--json"]
    command += [f"goupang.dr.{name}" for name in MODULES]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120)
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


@pytest.mark.parametrize("name", MODULES)
def test_ansible_doc_shows_the_module(shown: dict[str, t.Any], name: str) -> None:
    module = shown[f"goupang.dr.{name}"]
    assert module["doc"]["short_description"]
    assert module["examples"]
    assert module["return"]
    assert {"check_mode", "diff_mode"} <= set(module["doc"]["attributes"])


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_few_options_of_its_own(shown: dict[str, t.Any], name: str) -> None:
    shared = {"access_key", "secret_key", "session_token", "region", "endpoint_url", "ca_bundle"}
    shared |= {"tenant_id", "client_id", "client_secret", "subscription_id", "authority_url", "arm_url"}
    shared |= {"login_host", "login_port", "login_user", "login_password", "login_ca", "login_ssh"}
    assert len(set(shown[f"goupang.dr.{name}"]["doc"]["options"]) - shared) <= 15
