#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The secondary's virtual machine, with all that belongs to it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_dr_vm
short_description: Bring the disaster recovery machine on Azure to a resting state
version_added: 0.1.0
description:
  - The virtual machine, its network interface, OS disk and public address are one thing here. They come, rest and go
    together, so that nothing of them is billed once the machine is absent.
  - Each of them carries the tag C(goupang-dr) with the machine's name. What carries it is found again after a crash;
    what does not is never changed or deleted.
  - A size that Azure does not have right now is followed by the next of O(size_fallbacks).
options:
  state:
    description:
      - V(running) makes the machine when it is absent, makes it anew when its creation failed, and starts it when it is
        stopped or deallocated.
      - Azure's C(provisioningState) is that of the last operation, whatever that was. The creation failed where the
        instance view gives the error C(OSProvisioning...), or no power state and no error of an extension, and the
        guest's agent does not answer. Any other machine whose last operation failed, an extension or a resize as it may
        be, is taken as it is, with a warning, since users may be on it.
      - V(deallocated) gives the hardware back; the disk and the address are still billed. It is an error when there
        is no machine, since that state costs nothing already.
      - V(absent) deletes everything that carries the tag, and returns once Azure lists none of it.
      - A machine with another size, location, user or key than those asked for is an error and not replaced, since
        users may be on it.
      - When a deallocated machine cannot be started for want of its size, it is replaced by one of another size, with a
        new disk. Where no other size is asked for, that is an error and the machine is kept.
      - V(resumed) is V(running) for a machine whose disk holds something that is needed. One that cannot be started, or
        whose creation failed, is an error then and not replaced.
    type: str
    choices: [running, resumed, deallocated, absent]
    default: running
  name:
    description: The machine's name. The other resources are named after it (C(-nic), C(-os), C(-ip)).
    type: str
    required: true
  resource_group:
    description: The resource group, which must exist.
    type: str
    required: true
  location:
    description: The region. Required for O(state=running).
    type: str
  size:
    description: The machine size that is tried first. Required for O(state=running).
    type: str
  size_fallbacks:
    description:
      - The sizes that are tried next, in this order, when Azure answers C(AllocationFailed), C(SkuNotAvailable) or
        C(QuotaExceeded).
    type: list
    elements: str
    default: []
  image:
    description: The image of the operating system. Required for O(state=running).
    type: dict
    suboptions:
      publisher:
        description: Publisher of a marketplace image.
        type: str
      offer:
        description: Offer of a marketplace image.
        type: str
      sku:
        description: SKU of a marketplace image.
        type: str
      version:
        description: Version of a marketplace image.
        type: str
        default: latest
      id:
        description: The id of an image of your own, in place of the other four.
        type: str
  admin_username:
    description: The user that is made on the machine. Required for O(state=running).
    type: str
  ssh_public_key:
    description: The OpenSSH public key with which this user logs in. Required for O(state=running).
    type: str
  subnet_id:
    description: The id of the subnet. Required for O(state=running).
    type: str
  security_group_id:
    description: The id of the network security group for the interface.
    type: str
  dns_label:
    description:
      - The first part of the address's public name.
      - Its scope is C(TenantReuse), so that nobody outside of the tenant can take the name while the machine is
        absent, and it is the same name when the machine comes back.
    type: str
  managed_identity:
    description: Whether a new machine gets a system-assigned managed identity.
    type: bool
    default: false
  tags:
    description: Tags of your own for everything that is made. Other tags are left alone.
    type: dict
    default: {}
  timeout:
    description: Seconds for each long operation of Azure; in check mode, for all of the look.
    type: int
    default: 900
extends_documentation_fragment:
  - goupang.dr.azure
attributes:
  check_mode:
    description: Says what would happen and changes nothing, also when there is no machine yet.
    support: full
  diff_mode:
    description: Shows power state, size, tags, DNS label and resources before and after.
    support: full
requirements:
  - azure-mgmt-compute >= 38
  - azure-mgmt-network >= 31
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: The machine runs
  goupang.dr.azure_dr_vm:
    name: petclinic-dr
    resource_group: petclinic-dr
    location: koreacentral
    size: Standard_D2s_v5
    size_fallbacks: [Standard_D2as_v5, Standard_B2ms]
    image:
      publisher: Debian
      offer: debian-12
      sku: 12-gen2
    admin_username: dr
    ssh_public_key: "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"
    subnet_id: "{{ dr_machine_subnet_id }}"
    dns_label: petclinic-dr
    state: running
  register: machine

- name: Nothing of the machine is left or billed
  goupang.dr.azure_dr_vm:
    name: petclinic-dr
    resource_group: petclinic-dr
    state: absent
"""

RETURN = r"""
power_state:
  description: C(running), C(deallocated), C(absent), or another power state of Azure's. In check mode, as it would be.
  returned: success
  type: str
  sample: running
size:
  description: The size that the machine has got.
  returned: success
  type: str
  sample: Standard_D2s_v5
private_ip:
  description: The address in the subnet.
  returned: success
  type: str
  sample: 10.0.0.4
public_ip:
  description: The public address, null when there is none.
  returned: success
  type: str
  sample: 203.0.113.7
fqdn:
  description: The address's public name, null when there is none.
  returned: success
  type: str
  sample: petclinic-dr.koreacentral.cloudapp.azure.com
host_keys:
  description:
    - The machine's public host keys, type and base64, as lines of C(known_hosts) want them after the name.
    - They are learned through Azure's RunCommand. Empty unless the machine runs.
  returned: success
  type: list
  elements: str
  sample: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI...]
timings:
  description: Seconds of each phase that took place.
  returned: success
  type: dict
  sample: {address: 2.1, interface: 1.9, machine: 41.0, host_keys: 31.2}
tried:
  description: The sizes that Azure did not have, and its reason for each.
  returned: success
  type: list
  elements: dict
  sample: [{size: Standard_D2s_v5, reason: AllocationFailed}]
out_of_reach:
  description: Whether Azure did not answer.
  returned: failure
  type: bool
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC, look_or_bring
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm import bring
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_api import connect
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import Want
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, is_silence

# Running, with the disk that it has.
RESUMED = "resumed"
IMAGE_SPEC: dict[str, dict[str, t.Any]] = {
    "publisher": {"type": "str"},
    "offer": {"type": "str"},
    "sku": {"type": "str"},
    "version": {"type": "str", "default": "latest"},
    "id": {"type": "str"},
}
OWN_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["running", RESUMED, "deallocated", "absent"], "default": "running"},
    "name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "location": {"type": "str"},
    "size": {"type": "str"},
    "size_fallbacks": {"type": "list", "elements": "str", "default": []},
    "image": {
        "type": "dict",
        "options": IMAGE_SPEC,
        "required_one_of": [["publisher", "id"]],
        "required_together": [["publisher", "offer", "sku"]],
        "mutually_exclusive": [["publisher", "id"]],
    },
    "admin_username": {"type": "str"},
    "ssh_public_key": {"type": "str", "no_log": False},
    "subnet_id": {"type": "str"},
    "security_group_id": {"type": "str"},
    "dns_label": {"type": "str"},
    "managed_identity": {"type": "bool", "default": False},
    "tags": {"type": "dict", "default": {}},
    "timeout": {"type": "int", "default": 900},
}
NEEDED_TO_RUN = ["location", "size", "image", "admin_username", "ssh_public_key", "subnet_id"]


def wanted(params: dict[str, t.Any]) -> Want:
    """The module's options as a value; a size that is named twice is tried once."""
    sizes = [size for size in (params["size"], *params["size_fallbacks"]) if size]
    return Want(
        state="running" if params["state"] == RESUMED else params["state"],
        name=params["name"],
        resource_group=params["resource_group"],
        timeout=params["timeout"],
        location=params["location"] or "",
        sizes=tuple(dict.fromkeys(sizes)),
        image=image_reference(params["image"] or {}),
        admin_username=params["admin_username"] or "",
        ssh_public_key=(params["ssh_public_key"] or "").strip(),
        subnet_id=params["subnet_id"] or "",
        security_group_id=params["security_group_id"],
        dns_label=params["dns_label"],
        keep_disk=params["state"] == RESUMED,
        managed_identity=params["managed_identity"],
        tags={str(name): str(value) for name, value in params["tags"].items()},
    )


def image_reference(image: dict[str, str | None]) -> dict[str, str]:
    """ARM's imageReference: an id alone, or the four parts of a marketplace image."""
    if image.get("id"):
        return {"id": str(image["id"])}
    return {part: value for part, value in image.items() if value}


def main() -> None:
    module = AnsibleModule(
        argument_spec={**AUTH_SPEC, **OWN_SPEC},
        required_by=AUTH_REQUIRED_BY,
        required_if=[("state", state, NEEDED_TO_RUN) for state in ("running", RESUMED)],
        supports_check_mode=True,
    )
    try:
        api, want = connect(module.params), wanted(module.params)
        result = look_or_bring(lambda check_mode: bring(api, want, check_mode), want.timeout, module.check_mode)
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=is_silence(error))
    for sentence in result.pop("warnings"):
        module.warn(sentence)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
