#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock that keeps two operators apart."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dr_lock
short_description: Hold or release the lock that keeps two operators apart
version_added: 0.1.0
description:
  - Takes a lease of 60 seconds on a blob, and writes into the blob who holds it, for what, and since when. The callback
    P(goupang.dr.lock#callback) renews the lease while the run goes on, and gives it back at the end.
  - A lease that was not renewed expires, and is then taken over. A controller whose run was killed has it again at
    once, because it remembers the lease's id in O(lease_folder). What a killed run left at work is waited for.
  - It guards against colleagues. It fences neither Route 53 nor MySQL, and stops nobody who does not ask for it.
options:
  state:
    description:
      - V(held) fails, in one sentence, while somebody else holds the lock.
      - V(released) gives back what this controller holds.
    type: str
    choices: [held, released]
    default: held
  account_url:
    description: The address of the storage account's blob service.
    type: str
    required: true
  container:
    description: The container, which must exist, and which nobody but the runbooks should read or write.
    type: str
    required: true
  name:
    description: The blob's name. The blob is made when it is not there.
    type: str
    required: true
  lease_folder:
    description: Where this controller remembers the lease's id. The file is for its owner only.
    type: path
    required: true
  owner:
    description: Who holds it, as others are to see it. Needed with O(state=held).
    type: str
  intent:
    description: What for. Needed with O(state=held).
    type: str
  run:
    description: The run, as its journal is named. Needed with O(state=held).
    type: str
  mark:
    description:
      - The file by which the run shows that it lives. The callback makes it, and names it in the environment variable
        E(GOUPANG_DR_RUN_MARK) of the controller.
      - Needed to take the lock, since nobody would renew the lease otherwise.
    type: str
    default: ""
  break_reason:
    description: Why the lock may be taken from whoever holds it. It is put on record in the blob.
    type: str
    default: ""
  await_intents:
    description:
      - Intents that take but seconds. Their end is waited for, for two minutes; in check mode too, unless O(intent)
        is one of them.
    type: list
    elements: str
    default: []
  without_reason:
    description:
      - Why to go on where the lock cannot be asked for, because Azure does not answer or refuses. It does not excuse
        that somebody holds it.
    type: str
    default: ""
extends_documentation_fragment:
  - goupang.dr.azure
attributes:
  check_mode:
    description: Looks, and says what it would do. A lock that somebody else holds is told, and is no failure.
    support: full
  diff_mode:
    description: Shows the holder before and after.
    support: full
requirements:
  - azure-storage-blob >= 12.19
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: The lock is ours
  goupang.dr.dr_lock:
    account_url: https://example.blob.core.windows.net
    container: control
    name: petclinic/lock
    lease_folder: .dr/lock
    owner: kim@control-room
    intent: failover
    run: 20261122T204501Z-ab12
    mark: "{{ lookup('ansible.builtin.env', 'GOUPANG_DR_RUN_MARK') }}"

- name: See who holds it
  goupang.dr.dr_lock:
    account_url: https://example.blob.core.windows.net
    container: control
    name: petclinic/lock
    lease_folder: .dr/lock
    owner: kim@control-room
    intent: backup
    run: 20261122T204501Z-ab12
  check_mode: true
"""

RETURN = r"""
how:
  description:
    - V(taken), V(kept) (this run has it already), V(re_entered) (after a run of this controller that was killed),
      V(taken_over) (its holder let it expire), V(broken), V(released), V(free) (there was nothing to release),
      V(without) (it could not be asked for, and O(without_reason) excuses that).
    - In check mode also V(held), by somebody else.
  returned: success
  type: str
holder:
  description: Who holds the lock now, with C(owner), C(intent), C(run) and C(since). Null when nobody does.
  returned: success
  type: dict
past:
  description: How the last holds ended, newest first, as C(holder) with C(ended), C(at), C(by) and C(reason).
  returned: success
  type: list
  elements: dict
sentence:
  description: What was found and done, for a person.
  returned: success
  type: str
held:
  description: Whether this run holds the lock now, so that its lease is to be renewed.
  returned: success
  type: bool
lease_file:
  description: Where the lease's id lies on this controller.
  returned: success
  type: str
"""

import typing as t
from contextlib import nullcontext
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Refused
from ansible_collections.goupang.dr.plugins.module_utils._lease_file import LeaseFile, MarkedRuns, lease_path
from ansible_collections.goupang.dr.plugins.module_utils._lock import (
    KEEP_PRIMARY,
    NO_LOCK,
    UNASKABLE,
    Outcome,
    Place,
    Wish,
    hold,
    look,
    release,
)
from ansible_collections.goupang.dr.plugins.module_utils._lock_blob import open_lock

OWN_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
    "account_url": {"type": "str", "required": True},
    "container": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "lease_folder": {"type": "path", "required": True},
    "owner": {"type": "str"},
    "intent": {"type": "str"},
    "run": {"type": "str"},
    "mark": {"type": "str", "default": ""},
    "break_reason": {"type": "str", "default": ""},
    "await_intents": {"type": "list", "elements": "str", "default": []},
    "without_reason": {"type": "str", "default": ""},
}


def reached(place: Place, params: dict[str, t.Any], check_mode: bool) -> Outcome:
    """The lock in its state, or what would bring it there."""
    if params["state"] == "released":
        return foreseen_release(place) if check_mode else release(place, params["mark"])
    words = {name: params[name] for name in ("owner", "intent", "run", "mark", "break_reason")}
    wish = Wish(**words, awaited=tuple(params["await_intents"]))
    try:
        if check_mode:
            return look(place, wish)
        if not place.runs.lives(wish.mark):
            raise Refused("Nobody would renew the lock: mark names no run with the callback goupang.dr.lock.")
        return hold(place, wish)
    except UNASKABLE as error:
        why = f"{str(error).rstrip('.')}."
        if not params["without_reason"]:
            advice = NO_LOCK + (KEEP_PRIMARY if params["intent"] == "failback" else "")
            raise DrError(f"The lock cannot be asked for. {why} {advice}") from error
        return Outcome("without", None, None, f"none, so nothing keeps two operators apart. {why}")


def foreseen_release(place: Place) -> Outcome:
    lease = place.leases.read()
    if lease is None:
        return release(place, "")
    return Outcome("released", lease.holder, None, "would be released")


def described(outcome: Outcome) -> dict[str, t.Any]:
    """The outcome as the module's result."""
    before, after = (asdict(holder) if holder else None for holder in (outcome.before, outcome.holder))
    return {
        "changed": outcome.how not in ("kept", "held", "free", "without"),
        "how": outcome.how,
        "holder": after,
        "past": list(outcome.past),
        "sentence": outcome.sentence,
        "diff": {"before": before or {}, "after": after or {}},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={**AUTH_SPEC, **OWN_SPEC},
        required_by=AUTH_REQUIRED_BY,
        required_if=[("state", "held", ["owner", "intent", "run"])],
        supports_check_mode=True,
    )
    params = module.params
    url = "/".join([params["account_url"].rstrip("/"), params["container"], params["name"]])
    leases = LeaseFile(lease_path(params["lease_folder"], url))
    try:
        blob = open_lock(params, params["account_url"], params["container"], params["name"])
        # A look leaves nothing behind, not even the file.
        with nullcontext() if module.check_mode else leases.alone():
            outcome = reached(Place(blob, leases, MarkedRuns()), params, module.check_mode)
    except DrError as error:
        module.fail_json(msg=str(error))
    held = params["state"] == "held" and outcome.how != "without" and not module.check_mode
    module.exit_json(held=held, lease_file=str(leases.path), **described(outcome))


if __name__ == "__main__":
    main()
