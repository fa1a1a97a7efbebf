"""The collection as others get it: built, installed into an empty folder without any network, and run from there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/goupang/dr"
BIN = Path(sys.executable).parent
PLAYBOOKS = sorted(path.stem for path in (COLLECTION / "playbooks").glob("*.yml"))
Done = subprocess.CompletedProcess[str]


class Folder:
    """An empty folder with the installed collection, and the example inventory beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "home").mkdir()

    def run(self, *command: str, **environment: str) -> Done:
        # --no-deps leaves out amazon.aws, which lies here without Galaxy: the one that requirements.yml pins.
        paths = f"{self.path / 'installed'}:{ROOT / '.ansible/collections'}"
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.path / "home"),
                "LC_ALL": "C.UTF-8",
                "ANSIBLE_COLLECTIONS_PATH": paths,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Folder(tmp_path_factory.mktemp("built"))
    # What is no part of the repository is no part of a release: ansible-test leaves its output in the working folder.
    done = folder.run("ansible-galaxy", "collection", "build", str(COLLECTION), "--output-path", str(folder.path))
    assert done.returncode == 0, done.stderr
    (made,) = folder.path.glob("goupang-dr-*.tar.gz")
    return made


@pytest.fixture(scope="module")
def installed(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("empty"))
    command = ["ansible-galaxy", "collection", "install", str(artifact), "--no-deps", "--offline"]
    done = folder.run(*command, "--collections-path", str(folder.path / "installed"))
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copytree(ROOT / "inventories/example", folder.path / "inventory")
    variables = folder.path / "inventory/group_vars/all"
    (variables / "vault.yml.sample").rename(variables / "vault.yml")
    return folder


def test_it_holds_what_the_repository_holds(artifact: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "."], cwd=COLLECTION, capture_output=True, text=True, check=True)
    # What is changed and not committed yet counts too.
    there = {path for path in listed.stdout.splitlines() if (COLLECTION / path).is_file()} - {"galaxy.yml"}
    with tarfile.open(artifact) as archive:
        held = {member.name for member in archive.getmembers() if member.isfile()} - {"MANIFEST.json", "FILES.json"}
    assert there <= held
    assert not [name for name in held if re.search(r"\.pyc$|(^|/)tests/output/|(^|/)\.", name)]


def test_it_has_the_version_and_the_dependency_of_its_description(artifact: Path) -> None:
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())
    assert artifact.name == f"goupang-dr-{galaxy['version']}.tar.gz"
    pinned = {one["name"] for one in yaml.safe_load((ROOT / "requirements.yml").read_text())["collections"]}
    assert set(galaxy["dependencies"]) <= pinned


def test_its_runbooks_are_found_by_their_names(installed: Folder) -> None:
    # One by one each would cost a second and more.
    names = [f"goupang.dr.{name}" for name in PLAYBOOKS]
    done = installed.run("ansible-playbook", *names, "-i", "inventory", "--syntax-check")
    assert done.returncode == 0, done.stdout + done.stderr
    found = [Path(path) for path in re.findall(r"^playbook: (\S+)$", done.stdout, re.MULTILINE)]
    assert [path.stem for path in found] == PLAYBOOKS
    assert all(installed.path in path.parents for path in found)


def test_a_failover_that_was_not_meant_is_refused_there_in_one_sentence(installed: Folder) -> None:
    done = installed.run("ansible-playbook", "goupang.dr.failover", "-i", "inventory")
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2, told
    assert "failover.yml moves users. If that is what you want, run it again with -e dr_confirm=failover" in told
    assert "failed=1" in told


def test_its_callbacks_are_found_too(installed: Folder) -> None:
    """An installed collection has no ansible.cfg: they are enabled by the environment, as README says."""
    enabled = "goupang.dr.lock,goupang.dr.journal"
    done = installed.run(
        "ansible-playbook", "goupang.dr.failover", "-i", "inventory", ANSIBLE_CALLBACKS_ENABLED=enabled
    )
    assert done.returncode == 2, done.stdout + done.stderr
    (journal,) = (installed.path / ".dr/journal").glob("*.jsonl")
    assert '"playbook": "failover.yml"' in journal.read_text()
