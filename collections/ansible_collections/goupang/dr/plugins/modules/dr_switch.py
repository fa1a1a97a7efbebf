#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The switch: an object in Azure Blob whose existence sends the users to the secondary."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dr_switch
short_description: Move the users with an object in Azure Blob, without one call to AWS
version_added: 0.2.0
description:
  - Writes or removes an object in a container that everybody may read. Route 53's checkers ask for it by an HTTPS check
    which is inverted (V(healthy_while_absent) of M(goupang.dr.route53_hc_invert)), and each record of the primary hangs
    on a calculated check that wants this one healthy too. So one object moves any number of domains.
  - While Blob cannot be reached the object counts as absent, and the users are where the primary's endpoint leaves
    them. To hold them on the secondary then too is what the latch in Route 53 is for.
  - Keeps a record of the last flip in a container of its own, which nobody may read but the runbooks.
options:
  state:
    description:
      - V(on_secondary) has the object there, V(on_primary) has it absent.
      - V(as_decided) looks at what was decided last, by the stamps of the switch and of the latch (O(latch_position),
        O(latch_note)), and brings the switch there. It decides nothing, and is refused where the two contradict
        each other in a way that only a person can settle.
      - V(as_is) changes nothing and tells.
    type: str
    choices: [on_primary, on_secondary, as_decided, as_is]
    required: true
  account_url:
    description: The address of the storage account's blob service.
    type: str
    required: true
  container:
    description: The container of the object. Its blobs can be read without credentials, and nothing secret lies in it.
    type: str
    required: true
  name:
    description: The object's name. Route 53 takes a path of at most 255 characters, with the container.
    type: str
    required: true
  record_container:
    description: The private container of the record.
    type: str
    required: true
  record:
    description: The record's name.
    type: str
    required: true
  min_dwell:
    description:
      - Seconds for which users stay where they were sent. A flip before that is refused without O(acknowledged).
    type: int
    default: 0
  acknowledged:
    description: Why the users shall be moved again so soon, in a person's words. It goes on record.
    type: str
    default: ""
  run:
    description: Name of the run, for the record.
    type: str
    default: ""
  operator:
    description: Who moves the users, for the record.
    type: str
    default: ""
  decided_at:
    description: When it was decided, as C(2026-11-24T10:42:05Z), in UTC. Without it, now.
    type: str
  anew:
    description:
      - Whether an object that is there already shall tell O(decided_at) from now on, for V(on_secondary). It is for
        users who are not there, and whom nothing but the switch can send there. A failback that could not reach the
        switch left its moment on the latch alone, and V(as_decided) would take that for what was decided last.
      - An object that a failback on record should have removed is stamped so in any case.
    type: bool
    default: false
    version_added: 0.2.0
  latch_position:
    description: Where the latch in Route 53 leaves the users, for V(as_decided). Leave it out when AWS does not answer.
    type: str
    choices: [on_primary, on_secondary]
  latch_note:
    description: The note on the latch, as M(goupang.dr.route53_hc_invert) returns it, for V(as_decided).
    type: str
    default: ""
  timeout:
    description: After how many seconds in all the task gives up, whatever Azure does.
    type: int
    default: 60
extends_documentation_fragment:
  - goupang.dr.azure
attributes:
  check_mode:
    description: Reads both blobs, and says what would change.
    support: full
  diff_mode:
    description: Shows where the users were sent, and since when, before and after.
    support: full
requirements:
  - azure-storage-blob >= 12.19
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: Send the users to the secondary
  goupang.dr.dr_switch:
    state: on_secondary
    account_url: https://example.blob.core.windows.net
    container: switch
    name: petclinic-switch
    record_container: control
    record: petclinic/flip.json
    min_dwell: 600
    timeout: 10

- name: See where the users were sent, and since when
  goupang.dr.dr_switch:
    state: as_is
    account_url: https://example.blob.core.windows.net
    container: switch
    name: petclinic-switch
    record_container: control
    record: petclinic/flip.json
  register: switch
"""

RETURN = r"""
url:
  description: The object's address, there or not.
  returned: success
  type: str
  sample: https://example.blob.core.windows.net/switch/petclinic-switch
before:
  description: Where the switch stood.
  returned: success
  type: dict
  contains: &where
    position:
      description: V(on_secondary) while the object is there, else V(on_primary).
      type: str
    since:
      description: Since when, in UTC. Null where nobody wrote it down.
      type: str
after:
  description: Where the switch stands now; under check mode, where it would.
  returned: success
  type: dict
  contains: *where
record:
  description: The record of the last flip. Null where there was none.
  returned: success
  type: dict
  sample:
    to: on_secondary
    at: "2026-11-24T10:42:05Z"
    run: 20261124T103900Z-ab12
    operator: alice
    reason: ""
seconds_since_last_flip:
  description: Seconds between the flip before this task and O(decided_at). Null where there was none.
  returned: success
  type: int
decision:
  description: What was decided last, for V(as_decided). Null where nothing was.
  returned: success
  type: dict
  sample:
    to: on_secondary
    at: "2026-11-24T10:42:05Z"
out_of_reach:
  description: Whether it failed because Azure did not answer.
  returned: failure
  type: bool
refused:
  description: Whether it failed because going on could do harm.
  returned: failure
  type: bool
"""

import typing as t
from datetime import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _switch
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import open_account
from ansible_collections.goupang.dr.plugins.module_utils._decision import ON_PRIMARY, ON_SECONDARY, Side, Stamp, moment
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Refused, is_refusal, is_silence
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

OWN_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": list(_switch.STATES), "required": True},
    "account_url": {"type": "str", "required": True},
    "container": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "record_container": {"type": "str", "required": True},
    "record": {"type": "str", "required": True},
    "min_dwell": {"type": "int", "default": 0},
    "acknowledged": {"type": "str", "default": ""},
    "run": {"type": "str", "default": ""},
    "operator": {"type": "str", "default": ""},
    "decided_at": {"type": "str"},
    "anew": {"type": "bool", "default": False},
    "latch_position": {"type": "str", "choices": [ON_PRIMARY, ON_SECONDARY]},
    "latch_note": {"type": "str", "default": ""},
    "timeout": {"type": "int", "default": 60},
}


def wanted(params: dict[str, t.Any]) -> _switch.Want:
    """The module's options as a value."""
    latch = None
    if params["latch_position"]:
        latch = Side("the latch", params["latch_position"], Stamp.of_note(params["latch_note"]))
    return _switch.Want(
        state=params["state"],
        at=given_moment(params["decided_at"]),
        run=params["run"],
        operator=params["operator"],
        min_dwell=params["min_dwell"],
        acknowledged=params["acknowledged"],
        latch=latch,
        anew=bool(params["anew"]),
    )


def given_moment(text: str | None) -> datetime:
    if not text:
        return _switch.utc_now()
    try:
        return moment(text)
    except ValueError as error:
        raise Refused(f"decided_at is {text!r}, and has to look like 2026-11-24T10:42:05Z.") from error


def place(params: dict[str, t.Any]) -> _switch.Place:
    """Both containers, whose calls all together end in time."""
    clock = Clock()
    deadline = clock.now() + params["timeout"]
    account = open_account(params, params["account_url"])
    switches, records = (
        _switch.Hurried(account.container(name), clock, deadline)
        for name in (params["container"], params["record_container"])
    )
    return _switch.Place(switches, params["name"], records, params["record"])


def returned(result: _switch.Result, want: _switch.Want) -> dict[str, t.Any]:
    before, after, last = result.before.public(), result.after.public(), result.before.last
    return {
        "changed": result.changed,
        "before": before,
        "after": after,
        "record": result.after.record,
        "seconds_since_last_flip": _switch.seconds_between(last.at, want.at) if last else None,
        "decision": {"to": result.decision.to, "at": result.decision.text} if result.decision else None,
        "diff": {
            "before": {**before, "record": result.before.record},
            "after": {**after, "record": result.after.record},
        },
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={**AUTH_SPEC, **OWN_SPEC}, required_by=AUTH_REQUIRED_BY, supports_check_mode=True
    )
    params = module.params
    try:
        want = wanted(params)
        result = _switch.ensure(place(params), want, check_mode=module.check_mode)
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=is_silence(error), refused=is_refusal(error))
    for warning in result.warnings:
        module.warn(warning)
    url = "/".join([params["account_url"].rstrip("/"), params["container"], params["name"]])
    module.exit_json(url=url, **returned(result, want))


if __name__ == "__main__":
    main()
