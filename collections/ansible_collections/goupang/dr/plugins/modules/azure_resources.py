#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_resources
short_description: Any resources of Azure Resource Manager, as far as they are ours
version_added: 0.1.0
description:
  - Makes, changes or deletes resources of any type, by their id, their API version and the body that Microsoft's
    reference gives for them. Several in one call, since each call of a module takes about a second.
  - Compares only what O(resources[].body) names, and keeps whatever else Azure or others set.
  - What is made bears the tag C(goupang-dr) with O(owner). What is there without it is never changed or deleted, and
    stops the module before anything is changed.
  - A resource waits for those that it lies in and those whose ids its body names; the others go side by side.
  - Waits for Azure's own operations, and fails with Azure's own sentence when one of them failed.
options:
  state:
    description:
      - V(present) is there as its body says. What differs is named in RV(drift).
      - V(absent) deletes what bears the tag. What lies in another resource goes with that one. A resource group goes
        only when nothing else is in it.
    type: str
    choices: [present, absent]
    default: present
  resources:
    description: The resources. Their order matters only where ids do not tell it.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: The full id, as C(/subscriptions/.../resourceGroups/NAME/providers/TYPE/NAME), or that of a group.
        type: str
        required: true
      api_version:
        description: The version of the provider's API in which the body is written.
        type: str
        required: true
      body:
        description:
          - What it is to be, as PUT wants it. Words are to be spelled as Azure spells them.
          - Lists whose members have names are compared by name, and are whole lists.
        type: dict
        default: {}
      secret:
        description: Laid over the body when the resource is made, and only then. It is not compared and not shown.
        type: dict
      update:
        description: How a resource that is there is changed. Some providers take V(put) for making it anew.
        type: str
        choices: [put, patch]
        default: put
      keep:
        description: Names of list members that others make and that stay, with C(*) for anything.
        type: list
        elements: str
        default: []
      at_least:
        description:
          - Where in O(resources[].body) numbers stand that may have grown, as C(properties.storage.storageSizeGB). A
            larger one is no difference, and stays.
        type: list
        elements: str
        default: []
  whole:
    description:
      - With O(state=present), lists of parts that hold what O(resources) names, and nothing else. What is there beside
        that is deleted. Each lies in a resource that O(resources) names.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: The resource that they lie in and their kind, as C(.../flexibleServers/NAME/firewallRules).
        type: str
        required: true
      api_version:
        description: The version of the provider's API.
        type: str
        required: true
  owner:
    description: Whose they are, the tag's value. One application, as a rule.
    type: str
    required: true
  timeout:
    description: Seconds for each operation of Azure.
    type: int
    default: 1800
extends_documentation_fragment:
  - goupang.dr.azure
requirements:
  - azure-core
attributes:
  check_mode:
    description: Reads what is there and says what would change. That is a report of drift.
    support: full
  diff_mode:
    description: Shows what the bodies speak of, before and after. Never a secret.
    support: full
seealso:
  - module: goupang.dr.azure_dr_vm
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: A resource group, and in it a storage account with a container
  goupang.dr.azure_resources:
    owner: petclinic
    resources:
      - id: "{{ group }}"
        api_version: "2021-04-01"
        body: { location: koreacentral }
      - id: "{{ group }}/providers/Microsoft.Storage/storageAccounts/petclinicdr"
        api_version: "2023-05-01"
        update: patch
        body:
          location: koreacentral
          kind: StorageV2
          sku: { name: Standard_ZRS }
          properties: { minimumTlsVersion: TLS1_2, supportsHttpsTrafficOnly: true }
      - id: "{{ group }}/providers/Microsoft.Storage/storageAccounts/petclinicdr/blobServices/default/containers/drop"
        api_version: "2023-05-01"
        body: { properties: { publicAccess: None } }
  vars:
    group: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-petclinic-dr
"""

RETURN = r"""
resources:
  description:
    - What became of each, in the order in which they were asked for, and after them what was too much in O(whole). With
      O(state=absent) those alone that lie in no other resource.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    label:
      description: Its type and name.
      type: str
    what:
      description: V(made), V(changed), V(deleted) or V(same); in check mode what it would be.
      type: str
    differences:
      description: Where it was not as asked.
      type: list
      elements: str
drift:
  description: All differences, each with the resource's type and name.
  returned: success
  type: list
  elements: str
  sample:
    - "networkSecurityGroups nsg-dr: properties.securityRules[http].properties.access: Deny instead of Allow"
unseen:
  description:
    - Type and name of what was neither looked at nor changed, since it lies in a server that is stopped; and of each
      list of O(whole) there. It is in no other list, and a warning names it.
  returned: success
  type: list
  elements: str
out_of_reach:
  description: Whether Azure did not answer.
  returned: failure
  type: bool
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _azure_resource_api, _azure_resources
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import Wanted, Whole
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, is_silence

RESOURCE: dict[str, dict[str, t.Any]] = {
    "id": {"type": "str", "required": True},
    "api_version": {"type": "str", "required": True},
    "body": {"type": "dict", "default": {}},
    "secret": {"type": "dict", "no_log": True},
    "update": {"type": "str", "choices": ["put", "patch"], "default": "put"},
    "keep": {"type": "list", "elements": "str", "default": []},
    "at_least": {"type": "list", "elements": "str", "default": []},
}
WHOLE: dict[str, dict[str, t.Any]] = {
    "id": {"type": "str", "required": True},
    "api_version": {"type": "str", "required": True},
}
OWN_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "resources": {"type": "list", "elements": "dict", "required": True, "options": RESOURCE},
    "whole": {"type": "list", "elements": "dict", "default": [], "options": WHOLE},
    "owner": {"type": "str", "required": True},
    "timeout": {"type": "int", "default": 1800},
}


def wanted(params: t.Mapping[str, t.Any]) -> list[Wanted]:
    return [
        Wanted(
            id=one["id"].strip().rstrip("/"),
            api_version=one["api_version"],
            body=one["body"],
            secret=one["secret"] or {},
            patch=one["update"] == "patch",
            keep=tuple(one["keep"]),
            at_least=tuple(one["at_least"]),
        )
        for one in params["resources"]
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={**AUTH_SPEC, **OWN_SPEC}, required_by=AUTH_REQUIRED_BY, supports_check_mode=True
    )
    params = module.params
    try:
        api = _azure_resource_api.connect(params)
        whole = [Whole(one["id"].strip().rstrip("/"), one["api_version"]) for one in params["whole"]]
        result = _azure_resources.bring(api, wanted(params), params["state"], params["owner"], module.check_mode, whole)
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=is_silence(error))
    if result["unseen"]:
        module.warn(f"Not looked at, since its server is stopped: {', '.join(result['unseen'])}.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
