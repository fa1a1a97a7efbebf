# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: why a task failed, whether that counts, and how it is told without secrets."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator, Mapping

from ansible.playbook.block import Block
from ansible.template import Templar

# A shorter value would be found inside ordinary words.
SHORTEST_SECRET = 4


def strings(value: t.Any) -> Iterator[str]:
    """Each value within a value of an Ansible variable, as it would stand in a text."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)
    elif value is not None and not isinstance(value, bool):
        # One that is encrypted by itself (!vault) is no str, and is deciphered by this.
        yield str(value)


def resolved(variables: Mapping[str, t.Any], template: Callable[[t.Any], t.Any]) -> dict[str, t.Any]:
    """The vault variables with what they are made of: a vault_x may be a lookup, or another one's name."""
    found = {}
    for name, value in variables.items():
        if name.startswith("vault_"):
            try:
                found[name] = template(value)
            except Exception:  # it is made of what is nowhere, so nobody can have told it
                found[name] = value
    return found


def censored(text: str, variables: Mapping[str, t.Any]) -> str:
    """The text without the values of vault variables. Modules censor their no_log parameters themselves."""
    hidden = {
        secret
        for name, value in variables.items()
        if name.startswith("vault_")
        for secret in strings(value)
        if len(secret) >= SHORTEST_SECRET
    }
    # Longest first: a secret may be a part of another one.
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text


def why_failed(content: Mapping[str, t.Any]) -> str:
    """The message in a task's result; of a loop, those of the items that failed."""
    items = [item for item in content.get("results", ()) if item.get("failed") and not item.get("_ansible_no_log")]
    return "; ".join(str(item.get("msg", "")) for item in items) or str(content.get("msg", ""))


def reason(play: t.Any, result: t.Any) -> str:
    """Why a task of the play failed, without secrets; where those cannot be known, without a word of it."""
    content = result._result
    if result._task.no_log or content.get("_ansible_no_log"):
        return "hidden: the task is no_log"
    try:
        variables = play.get_variable_manager().get_vars(play=play, host=result._host, task=result._task)
        secrets_of_it = resolved(variables, Templar(loader=play.get_loader(), variables=variables).template)
    except Exception:  # whatever goes wrong: without the list of secrets nothing may be told
        return "hidden: the vault variables could not be read"
    return censored(why_failed(content), secrets_of_it)


def is_rescued(task: t.Any) -> bool:
    """Whether the task stands in a block, at whatever depth, whose rescue takes its failure over."""
    inner, outer = task, task._parent
    while outer is not None:
        if isinstance(outer, Block) and outer.rescue and any(one._uuid == inner._uuid for one in outer.block):
            return True
        inner, outer = outer, outer._parent
    return False


def was_an_attempt(content: Mapping[str, t.Any]) -> bool:
    """Whether the module failed, and the task's failed_when found that no failure: it says why in a message."""
    return content.get("failed_when_result") is False and bool(content.get("msg"))
