#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record that the last drill leaves in Azure Blob."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dr_drill_record
short_description: Puts on record how the drill went that comes to its end now
version_added: 0.2.0
description:
  - Reads in the run's journal how long it took, and writes that into one blob, where it outlives the controller. The
    next drill replaces it; M(goupang.dr.dr_readiness) reads it for the intent V(status).
  - It is the last task of a drill. So a drill that failed leaves no record, and the one before stays.
  - Where the run kept no journal, the record says when the drill ended, and no more.
options:
  account_url:
    description: The address of the storage account's blob service.
    type: str
    required: true
  container:
    description: The container, which must exist, and which nobody but the runbooks should read or write.
    type: str
    required: true
  application:
    description: Name of the application, with which the blob's name begins.
    type: str
    required: true
  scope:
    description: How far the drill went.
    type: str
    choices: [rehearsal, full]
    required: true
  run:
    description: The run, as its journal is named.
    type: str
    default: ""
  journal:
    description: The run's journal. The callback P(goupang.dr.journal#callback) tells it in E(GOUPANG_DR_JOURNAL).
    type: path
extends_documentation_fragment:
  - goupang.dr.azure
attributes:
  check_mode:
    description: Reads the journal, and writes nothing.
    support: full
  diff_mode:
    description: Shows the record, not the one before.
    support: partial
requirements:
  - azure-storage-blob >= 12.19
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: The drill is on record
  goupang.dr.dr_drill_record:
    account_url: https://example.blob.core.windows.net
    container: control
    application: petclinic
    scope: rehearsal
    run: "{{ lookup('ansible.builtin.env', 'GOUPANG_DR_RUN_ID') }}"
    journal: "{{ lookup('ansible.builtin.env', 'GOUPANG_DR_JOURNAL') }}"
"""

RETURN = r"""
drill:
  description:
    - The record, with C(scope), C(run), C(started), C(ended), and C(null) for what is not known.
    - C(ready_seconds) of a rehearsal is the time from the begin of its warm-up until the secondary had been looked at.
    - C(rto_seconds) of a full drill is the time from the begin of the failover until a look from where users are.
  returned: success
  type: dict
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _drill
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._readiness import now


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            "account_url": {"type": "str", "required": True},
            "container": {"type": "str", "required": True},
            "application": {"type": "str", "required": True},
            "scope": {"type": "str", "choices": [_drill.REHEARSAL, _drill.FULL], "required": True},
            "run": {"type": "str", "default": ""},
            "journal": {"type": "path"},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    ended = now().isoformat(timespec="seconds").replace("+00:00", "Z")
    drill = _drill.told(_drill.lines_of(params["journal"] or ""), params["scope"], params["run"], ended)
    try:
        if not module.check_mode:
            store = open_container(params, params["account_url"], params["container"])
            _drill.write(store, params["application"], drill)
    except DrError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, drill=asdict(drill), diff={"before": {}, "after": asdict(drill)})


if __name__ == "__main__":
    main()
