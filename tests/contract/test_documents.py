"""Links lead somewhere, and each command of the documents names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lab import breaks
from lab.cli import COMMANDS
from lab.story.scenarios import SCENARIOS
from tests.contract import documents
from tests.contract.documents import COLLECTION, ROOT, Command

PAGES = documents.pages()
# Options of Ansible's commands that the documents may use.
PLAYBOOK_OPTIONS = {"-i", "-e", "--check", "--diff", "--vault-password-file", "--ask-vault-pass", "-v", "-vvv"}
# The reader's own copy of inventories/example.
INVENTORIES = {"lab", "example", "yours"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def each(program: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("command", documents.of_program(program), ids=str)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in documents.links(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in documents.anchors(file.read_text())):
            broken.append(target)
    assert broken == []


def test_there_are_commands_to_look_at() -> None:
    """Else a page that is written otherwise would pass unseen."""
    for program, least in (("ansible-playbook", 20), ("make", 8), ("python", 8), ("ansible-doc", 1)):
        assert len(documents.of_program(program)) >= least, program


@each("ansible-playbook")
def test_playbooks_inventories_and_variables_exist(command: Command) -> None:
    words = command.words[1:]
    playbooks = [word for word in words if re.search(r"\.yml$|^goupang\.dr\.", word) and "=" not in word]
    assert playbooks or "-i" not in words, "no playbook"
    for playbook in playbooks:
        stem = playbook.removeprefix("goupang.dr.").removeprefix("playbooks/").removesuffix(".yml")
        there = (ROOT / f"playbooks/{stem}.yml").exists() or (ROOT / playbook).exists()
        assert documents.is_placeholder(stem) or there, playbook
    for number, word in enumerate(words):
        if word == "-i":
            inventory = words[number + 1]
            known = inventory.removeprefix("inventories/").partition("/")[0] in INVENTORIES
            assert known or (ROOT / inventory).is_file(), inventory
        if word.startswith("-"):
            assert word.partition("=")[0] in PLAYBOOK_OPTIONS, word
    for assignment in documents.extra_variables(words):
        assert assignment.startswith("@") or assignment.partition("=")[0] in variables(), assignment


@each("make")
def test_targets_and_their_variables_exist(command: Command) -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    for word in command.words[1:]:
        key, is_variable, _ = word.partition("=")
        known = f"$({key})" in text if is_variable else word in targets or documents.is_placeholder(word)
        assert known, word


@each("python")
def test_the_lab_has_the_command(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    words = command.words[1:]
    if words[:1] != ("-m",):
        assert (ROOT / words[0]).exists(), words[0]
        return
    if words[1] != "lab":
        module = ROOT / words[1].replace(".", "/")
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), words[1]
        return
    if len(words) == 2:
        return
    verb, *rest = words[2:]
    verbs = verb.split("|") if "|" in verb else [verb]
    assert set(verbs) <= set(COMMANDS), verb
    if verb == "curl":  # curl's own options
        return
    with pytest.raises(SystemExit):
        COMMANDS[verbs[0]][0](["--help"])
    known = capsys.readouterr().out
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in known or word == "--help", word
    if verb in ("break", "heal"):
        unknown = [one for one in rest if one not in (*breaks.BREAKS, "--help") and not documents.is_placeholder(one)]
        assert unknown == []
    if "--scenario" in rest:
        scenario = rest[rest.index("--scenario") + 1]
        assert scenario in SCENARIOS or documents.is_placeholder(scenario), scenario


@each("ansible-doc")
def test_what_is_shown_exists(command: Command) -> None:
    plugins = [word.removeprefix("goupang.dr.") for word in command.words[1:] if word.startswith("goupang.dr.")]
    folder = "roles/{}" if "role" in command.words else "plugins/*/{}.py"
    for plugin in plugins:
        assert list(COLLECTION.glob(folder.format(plugin))), plugin


@pytest.mark.parametrize(
    "command",
    [one for page in PAGES for one in documents.commands(page) if one.words[0].startswith(("tools/", "tests/"))],
    ids=str,
)
def test_tools_exist(command: Command) -> None:
    first = command.words[0].partition("::")[0]
    assert list(ROOT.glob(first.rstrip("/"))), first


def variables() -> set[str]:
    """Everything that may stand after -e: options of roles, what playbooks and roles read, and the inventories'."""
    known: set[str] = set()
    for specs in (COLLECTION / "roles").glob("*/meta/argument_specs.yml"):
        known |= set(yaml.safe_load(specs.read_text())["argument_specs"]["main"]["options"])
        known |= set(re.findall(r"\b(?:dr|drill|backup)_\w+", specs.read_text()))
    for playbook in (COLLECTION / "playbooks").glob("*.yml"):
        known |= set(re.findall(r"\b(?:dr|drill|backup)_\w+", playbook.read_text()))
    return known


def test_the_worked_example_sets_variables_of_the_contract() -> None:
    text = (ROOT / "docs/deployment.md").read_text()
    blocks = [yaml.safe_load(block) for language, block in documents.fences(text) if language == "yaml"]
    example = yaml.safe_load((ROOT / "inventories/example/group_vars/all/dr.yml").read_text())
    assert len(blocks) > 1
    assert {key for block in blocks for key in block} <= set(example)
