# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring the machine from what is there to what is wanted. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_api import Api
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import (
    ADDRESS,
    DISK,
    KINDS,
    NIC,
    VM,
    Have,
    Json,
    Machine,
    Step,
    Want,
    described,
    foreseen,
    plan,
)
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_read import (
    address_body,
    have_from,
    host_keys_from,
    interface_body,
    vm_body,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DeadlinePassed,
    DrError,
    Missing,
    ServiceFault,
    SizeUnavailable,
)
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock, wait_for

# Azure is at work on the machine, for an earlier run that was cut off, or for somebody else.
_IN_FLIGHT = frozenset({"creating", "updating", "deleting", "migrating"})
# Azure holds on to a thing for a while: an interface 180 s after its machine could not be made.
_LETTING_GO = frozenset({"NicReservedForAnotherVm", "AnotherOperationInProgress", "RetryableError"})
# The agent of a machine that has just started takes no commands yet.
_AGENT_STARTS = frozenset({"Conflict", "OperationNotAllowed", "VMAgentStatusCommunicationError"})
_SHOW_HOST_KEYS = "cat /etc/ssh/ssh_host_*_key.pub"


@dataclass
class Run:
    """One run's tools and notes: seconds of each phase, and the sizes that Azure did not have."""

    api: Api
    want: Want
    clock: Clock
    timings: dict[str, float] = field(default_factory=dict)
    tried: list[dict[str, str]] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = self.clock.now()
        try:
            yield
        finally:
            self.timings[name] = round(self.timings.get(name, 0.0) + self.clock.now() - start, 1)


def bring(api: Api, want: Want, check_mode: bool, clock: Clock = REAL_CLOCK) -> Json:
    """Do what is wanted (foresee it in check mode), and return the module's result. DrError."""
    run = Run(api, want, clock)
    have = survey(api, want.name) if check_mode else _settled(run)
    steps = plan(have, want)
    after = have
    if steps and not check_mode:
        for step in steps:
            _ACTIONS[step.action](run, step)
        after = _arrived(run)
    # A dry run that would change the machine cannot know the keys it will have.
    has_keys = want.state == "running" and not (check_mode and steps)
    outlook = foreseen(have, want, steps) if check_mode else described(after)
    addresses = Have() if want.state == "absent" else after
    return {
        "changed": bool(steps),
        "power_state": outlook["power_state"],
        "size": outlook["size"],
        "private_ip": addresses.private_ip,
        "public_ip": addresses.public_ip,
        "fqdn": addresses.fqdn,
        "host_keys": host_keys(run, after.machine) if has_keys else [],
        "timings": run.timings,
        "tried": run.tried,
        "warnings": _warnings(want, after.machine),
        "diff": {"before": described(have), "after": outlook},
    }


def _warnings(want: Want, machine: Machine | None) -> list[str]:
    """What a person should see to, although the machine is as it was asked for."""
    if want.state != "running" or machine is None or not machine.is_failed or machine.never_came_up:
        return []
    return [f"{_last_operation(want, machine)} It is taken as it is, since users may be on it: see in Azure why."]


def _last_operation(want: Want, machine: Machine) -> str:
    code = machine.failure or "no code"
    return f"Azure says that the last operation on machine {want.name} failed ({code})."


def survey(api: Api, name: str) -> Have:
    """What is there now."""
    listed = {kind: api.list(kind) for kind in KINDS}
    vm = None
    if any(v["name"].lower() == name.lower() for v in listed[VM]):
        try:
            vm = api.get_vm(name)
        except Missing:
            # It went between two questions, so it is not there.
            listed[VM] = [v for v in listed[VM] if v["name"].lower() != name.lower()]
    return have_from(name, listed, vm)


def _settled(run: Run) -> Have:
    """What is there once Azure has ended what it is doing to the machine."""

    def at_rest() -> Have | None:
        have = survey(run.api, run.want.name)
        is_moving = have.machine is not None and have.machine.provisioning in _IN_FLIGHT
        return None if is_moving else have

    with run.phase("settle"):
        return wait_for(
            f"Azure to end what it is doing to machine {run.want.name}", at_rest, run.want.timeout, run.clock
        )


def _arrived(run: Run) -> Have:
    """What is there once Azure's lists agree that no step is left; they lag behind its operations."""

    def nothing_left() -> Have | None:
        have = survey(run.api, run.want.name)
        return None if plan(have, run.want) else have

    what = f"Azure to show machine {run.want.name} as {run.want.state}"
    return wait_for(what, nothing_left, run.want.timeout, run.clock)


def host_keys(run: Run, machine: Machine | None) -> list[str]:
    """The machine's public host keys, asked through Azure and not over the network that they shall protect."""

    def keys() -> list[str] | None:
        try:
            return host_keys_from(run.api.run_shell(run.want.name, _SHOW_HOST_KEYS))
        except ServiceFault as fault:
            if fault.code in _AGENT_STARTS:
                return None
            raise

    try:
        with run.phase("host_keys"):
            return wait_for(f"the host keys of machine {run.want.name}", keys, run.want.timeout, run.clock, 5.0)
    except DeadlinePassed as error:
        if machine is None or not machine.is_failed:
            raise
        raise DeadlinePassed(
            f"{error} {_last_operation(run.want, machine)} If nobody is served by it, bring it to absent first "
            "(cool_down.yml): the next run makes a new one."
        ) from error


def _delete(run: Run, step: Step) -> None:
    def deleted() -> bool:
        try:
            run.api.delete(step.kind, step.name)
        except Missing:
            return True
        except ServiceFault as fault:
            if fault.code in _LETTING_GO:
                return False
            raise
        return True

    with run.phase("delete"):
        wait_for(f"Azure to delete {step.kind} {step.name}", deleted, run.want.timeout, run.clock, 5.0)


def _deallocate(run: Run, step: Step) -> None:
    with run.phase("deallocate"):
        run.api.deallocate(step.name)


def _tag(run: Run, step: Step) -> None:
    with run.phase("tag"):
        run.api.tag(step.kind, step.name, dict(step.tags))


def _put_address(run: Run) -> str:
    """Make the public address, and the interface that has it; the interface's id."""
    want, api = run.want, run.api
    with run.phase("address"):
        address = api.put(ADDRESS, want.named(ADDRESS), address_body(want))
    with run.phase("interface"):
        interface = api.put(NIC, want.named(NIC), interface_body(want, address["id"]))
    return str(interface["id"])


def _start(run: Run, step: Step) -> None:
    """A deallocated machine has lost its hardware; where its size ran out meanwhile, another size replaces it."""
    try:
        with run.phase("start"):
            run.api.start(step.name)
    except SizeUnavailable as reason:
        if run.want.keep_disk:
            raise SizeUnavailable(
                f"Azure has no room now to start machine {step.name}, and its disk, which another machine would not "
                f"have, holds data ({reason.code}): run this again later, or bring the machine to absent first "
                "(cool_down.yml) if nothing on it is needed."
            ) from reason
        machine = survey(run.api, run.want.name).machine
        _build_other(run, machine.size if machine else run.want.sizes[0], reason)


def _build_other(run: Run, size: str, reason: SizeUnavailable) -> None:
    others = tuple(s for s in run.want.sizes if s.lower() != size.lower())
    if not others:
        # Deleting would lose what may start again soon, and its address.
        raise SizeUnavailable(
            f"Azure has no room now to start machine {run.want.name} as {size} ({reason.code}), and no other size is "
            "asked for, so the machine was kept: run this again later, or add some to size_fallbacks.",
            reason.code,
        ) from reason
    _give_up(run, size, reason)
    same_notes = replace(run, want=replace(run.want, sizes=others))
    _build(same_notes, Step("build", VM, run.want.name))


def _build(run: Run, step: Step) -> None:
    for size in run.want.sizes:
        try:
            _build_as(run, size)
            return
        except SizeUnavailable as reason:
            _give_up(run, size, reason)
    reasons = "; ".join(f"{attempt['size']}: {attempt['reason']}" for attempt in run.tried)
    sentence = (
        f"Azure has none of the sizes for machine {step.name} ({reasons}): add other sizes to size_fallbacks, ask for "
        "quota, or choose another location."
    )
    try:
        for kind in (NIC, ADDRESS):
            _delete(run, Step("delete", kind, run.want.named(kind)))
    except DrError as error:
        raise SizeUnavailable(f"{sentence} What was made for it could not be deleted: {error}") from error
    raise SizeUnavailable(sentence)


def _build_as(run: Run, size: str) -> None:
    """Address, interface and machine. They are asked for anew with each size, as a failed machine takes them along."""
    want = run.want
    interface = _put_address(run)
    with run.phase("machine"):
        run.api.put(VM, want.name, vm_body(want, size, interface))
    with run.phase("tag"):
        run.api.tag(DISK, want.named(DISK), want.all_tags)


def _give_up(run: Run, size: str, reason: SizeUnavailable) -> None:
    """Note why, and remove what the attempt left: a failed machine stays, and holds its name and its disk."""
    run.tried.append({"size": size, "reason": reason.code})
    for kind in (VM, DISK):
        _delete(run, Step("delete", kind, run.want.named(kind)))


_ACTIONS: dict[str, Callable[[Run, Step], object]] = {
    "address": lambda run, _: _put_address(run),
    "build": _build,
    "deallocate": _deallocate,
    "delete": _delete,
    "start": _start,
    "tag": _tag,
}
