# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is there, what is wanted, and the steps between: values and pure functions, no calls.

The machine is four resources of one resource group: the virtual machine NAME, its
interface NAME-nic, its disk NAME-os and its public address NAME-ip. Each carries the
tag goupang-dr=NAME; what does not is not ours and is never touched. Private to this collection.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

OWNER_TAG = "goupang-dr"
SUFFIXES: dict[str, str] = {
    "virtual machine": "",
    "network interface": "-nic",
    "disk": "-os",
    "public address": "-ip",
}
# The order in which they let go of each other when they are deleted.
KINDS: tuple[str, ...] = tuple(SUFFIXES)
VM, NIC, DISK, ADDRESS = KINDS

Json = dict[str, t.Any]


@dataclass(frozen=True)
class Want:
    """What the playbook asks for. sizes in the order of preference; timeout in seconds for each long operation."""

    state: str
    name: str
    resource_group: str
    timeout: int
    location: str = ""
    sizes: tuple[str, ...] = ()
    image: Mapping[str, str] = field(default_factory=dict)
    admin_username: str = ""
    ssh_public_key: str = ""
    subnet_id: str = ""
    security_group_id: str | None = None
    dns_label: str | None = None
    keep_disk: bool = False
    managed_identity: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    def named(self, kind: str) -> str:
        return self.name + SUFFIXES[kind]

    @property
    def all_tags(self) -> dict[str, str]:
        return {**self.tags, OWNER_TAG: self.name}


@dataclass(frozen=True)
class Resource:
    """One resource of the group that is ours or has a name that we need."""

    kind: str
    name: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Machine:
    """The virtual machine NAME, when it is ours. power and provisioning are Azure's words in lower case.

    provisioning is that of the last operation, whatever that was: an extension's failure makes it failed while the
    guest serves. failure is that operation's code, as OSProvisioningTimedOut, or empty. has_agent: the guest answers.
    """

    size: str
    location: str
    power: str
    provisioning: str
    admin_username: str
    ssh_public_key: str
    tags: Mapping[str, str]
    failure: str = ""
    has_agent: bool = False

    @property
    def is_failed(self) -> bool:
        return self.provisioning == "failed"

    @property
    def never_came_up(self) -> bool:
        """Whether its creation failed, so that nobody can be on it. Where Azure leaves a doubt, it did not."""
        if not self.is_failed or self.has_agent:
            return False
        # The guest's own beginning comes once, with the creation, and Azure calls its failure final.
        if self.failure.startswith("OSProvisioning"):
            return True
        # No power state: no hardware was found for it. But an extension needs a guest.
        return self.power in ("unknown", "creating") and not self.failure.startswith("VMExtension")


@dataclass(frozen=True)
class Have:
    """What Azure says is there."""

    machine: Machine | None = None
    ours: tuple[Resource, ...] = ()
    foreign: tuple[Resource, ...] = ()
    private_ip: str | None = None
    public_ip: str | None = None
    fqdn: str | None = None
    dns_label: str | None = None

    def find(self, kind: str, name: str) -> Resource | None:
        return next((r for r in self.ours if (r.kind, r.name.lower()) == (kind, name.lower())), None)


@dataclass(frozen=True)
class Step:
    """delete, build, start, deallocate, tag or address; kind and name say of what, tags are all it will have."""

    action: str
    kind: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)


def plan(have: Have, want: Want) -> list[Step]:
    """The steps from have to want, none when they agree. Refused where a step would touch what is not ours."""
    if have.foreign:
        names = ", ".join(f"{r.kind} {r.name}" for r in have.foreign)
        raise Refused(
            f"{names} in resource group {want.resource_group} does not carry the tag {OWNER_TAG}={want.name}, so it "
            "is not ours and nothing was changed: choose another name for the machine, or move it out of the way."
        )
    if want.state == "absent":
        return [Step("delete", r.kind, r.name) for r in sorted(have.ours, key=lambda r: KINDS.index(r.kind))]
    if want.state == "deallocated":
        return _to_deallocated(have, want)
    return _to_running(have, want)


def _to_deallocated(have: Have, want: Want) -> list[Step]:
    if have.machine is None:
        raise Refused(
            f"There is no machine {want.name} that could be deallocated: make it with state running first. "
            "Nothing of it is billed as it is."
        )
    if have.machine.power == "deallocated":
        return []
    return [Step("deallocate", VM, want.name)]


def _to_running(have: Have, want: Want) -> list[Step]:
    machine = have.machine
    if machine is None or machine.never_came_up:
        _refuse_to_lose_the_disk(have, want)
        in_the_way = [(VM, want.name), (DISK, want.named(DISK))]
        steps = [Step("delete", kind, name) for kind, name in in_the_way if have.find(kind, name)]
        return [*steps, Step("build", VM, want.name)]
    _refuse_another_machine(machine, want)
    steps = []
    is_addressed = have.find(ADDRESS, want.named(ADDRESS)) and want.dns_label in (None, have.dns_label)
    if not is_addressed:
        steps.append(Step("address", ADDRESS, want.named(ADDRESS)))
    for resource in have.ours:
        if resource.name.lower() == want.named(resource.kind).lower() and _lacks_tags(resource, want):
            steps.append(Step("tag", resource.kind, resource.name, {**resource.tags, **want.all_tags}))
    if machine.power != "running":
        steps.append(Step("start", VM, want.name))
    return steps


def _refuse_to_lose_the_disk(have: Have, want: Want) -> None:
    if want.keep_disk and have.find(DISK, want.named(DISK)):
        raise Refused(
            f"The machine {want.name} cannot run as it is, and its disk {want.named(DISK)}, which would be made anew, "
            "holds data: see in Azure what is wrong with it, or bring the machine to absent first (cool_down.yml) if "
            "nothing on it is needed."
        )


def _lacks_tags(resource: Resource, want: Want) -> bool:
    # The interface and the address get theirs when they are made.
    wanted = want.all_tags.items() if resource.kind in (VM, DISK) else {}
    return any(resource.tags.get(name) != value for name, value in wanted)


def _refuse_another_machine(machine: Machine, want: Want) -> None:
    """Users may be on the machine that is there: it is never replaced because a setting changed."""
    differs = [
        f"{what} {is_there} instead of {wanted}"
        for what, is_there, wanted, same in (
            ("its size is", machine.size, " or ".join(want.sizes), _is_one_of(machine.size, want.sizes)),
            ("it stands in", machine.location, want.location, _place(machine.location) == _place(want.location)),
            ("its user is", machine.admin_username, want.admin_username, machine.admin_username == want.admin_username),
            ("its SSH key is", "another", "ssh_public_key", _key(machine.ssh_public_key) == _key(want.ssh_public_key)),
        )
        if not same
    ]
    if differs:
        raise Refused(
            f"The machine {want.name} is there, but {' and '.join(differs)}: correct the inventory, or bring the "
            "machine to absent first if nobody is served by it."
        )


def _is_one_of(size: str, sizes: tuple[str, ...]) -> bool:
    return size.lower() in {s.lower() for s in sizes}


def _place(location: str) -> str:
    """Azure takes "Korea Central" for koreacentral."""
    return location.replace(" ", "").lower()


def _key(line: str) -> list[str]:
    """Type and key of an OpenSSH public key, without its comment."""
    return line.split()[:2]


def described(have: Have) -> Json:
    """One side of a diff."""
    machine = have.machine
    return {
        "power_state": machine.power if machine else "absent",
        "size": machine.size if machine else None,
        "tags": dict(machine.tags) if machine else {},
        "dns_label": have.dns_label,
        "resources": sorted(f"{r.kind} {r.name}" for r in have.ours),
    }


def foreseen(have: Have, want: Want, steps: list[Step]) -> Json:
    """The other side of the diff, as far as it can be known beforehand (check mode)."""
    after = described(have)
    gone = {f"{s.kind} {s.name}" for s in steps if s.action == "delete"}
    resources = set(after["resources"]) - gone
    if want.state == "absent":
        after.update(power_state="absent", size=None, tags={}, dns_label=None)
    else:
        after["power_state"] = want.state
    for step in steps:
        if step.action == "build":
            after.update(size=want.sizes[0], tags=want.all_tags, dns_label=want.dns_label)
            resources |= {f"{kind} {want.named(kind)}" for kind in KINDS}
        elif step.action == "tag" and step.kind == VM:
            after["tags"] = dict(step.tags)
        elif step.action == "address":
            after["dns_label"] = want.dns_label
            resources.add(f"{step.kind} {step.name}")
    after["resources"] = sorted(resources)
    return after
