#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_mysql_server
short_description: Starts or stops a server of Azure Database for MySQL
version_added: 0.1.0
description:
  - A flexible server that is stopped keeps its data, and only its storage is billed. Azure starts it by itself when it
    was stopped for 30 days.
  - Waits until the server is as it was asked for, also where somebody else has begun that already. A server that
    came to another state is an error. Makes no server, and removes none; M(goupang.dr.azure_resources) does.
options:
  id:
    description:
      - The server's full id, as
        C(/subscriptions/.../resourceGroups/NAME/providers/Microsoft.DBforMySQL/flexibleServers/NAME).
    type: str
    required: true
  state:
    description: Whether it runs.
    type: str
    choices: [running, stopped]
    required: true
  timeout:
    description: Seconds until it has to be so, or for the whole look in check mode. Starting takes Azure some minutes.
    type: int
    default: 900
extends_documentation_fragment:
  - goupang.dr.azure
requirements:
  - azure-core
attributes:
  check_mode:
    description: Says whether it would be started or stopped.
    support: full
  diff_mode:
    description: Shows its state before and after.
    support: full
seealso:
  - module: goupang.dr.azure_resources
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: The database runs
  goupang.dr.azure_mysql_server:
    id: "{{ group }}/providers/Microsoft.DBforMySQL/flexibleServers/petclinic-dr"
    state: running

- name: Nobody needs the database, so only its storage is billed
  goupang.dr.azure_mysql_server:
    id: "{{ group }}/providers/Microsoft.DBforMySQL/flexibleServers/petclinic-dr"
    state: stopped
"""

RETURN = r"""
before:
  description: Azure's word for the state that it was in, as V(Ready) and V(Stopped).
  returned: success
  type: str
  sample: Stopped
after:
  description: The state that it is in now, or would be in.
  returned: success
  type: str
  sample: Ready
out_of_reach:
  description: Whether Azure gave no answer.
  returned: failure
  type: bool
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _azure_resource_api
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC, look_or_bring
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, is_silence
from ansible_collections.goupang.dr.plugins.module_utils._mysql_server import Want, bring

OWN_SPEC: dict[str, dict[str, t.Any]] = {
    "id": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["running", "stopped"], "required": True},
    "timeout": {"type": "int", "default": 900},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={**AUTH_SPEC, **OWN_SPEC}, required_by=AUTH_REQUIRED_BY, supports_check_mode=True
    )
    params = module.params
    want = Want(params["id"], params["state"], params["timeout"])
    try:
        api = _azure_resource_api.connect(params)
        result = look_or_bring(lambda check_mode: bring(api, want, check_mode), want.timeout, module.check_mode)
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=is_silence(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
