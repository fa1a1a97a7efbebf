"""Errors on order: the next matching requests get an error of Azure's instead of being served."""

from __future__ import annotations

import json
import re
import ssl
import typing as t
import urllib.error
import urllib.request
from dataclasses import dataclass

from lab.azure.store import Store
from lab.azure.wire import ArmError, Json, Request, Response
from lab.errors import LabError
from lab.facts import Facts

PATH = "/_lab/faults"
_MACHINE = re.compile(r"(?i)^.+/virtualMachines/[^/]+")


@dataclass(frozen=True)
class Fault:
    """`match` is a regular expression, searched in a request's path; `method` and `size` must match as a whole.

    `size` is that of the machine which the request creates or means. Case does not matter.
    `times` None: until it is cleared. `asynchronous`: the request is accepted, and its operation fails.
    """

    match: str
    status: int
    code: str
    message: str = ""
    method: str | None = None
    size: str | None = None
    retry_after: int | None = None
    times: int | None = 1
    asynchronous: bool = False

    @classmethod
    def parse(cls, document: Json) -> Fault:
        """From the form that travels, where `asynchronous` is called "async". ArmError for what cannot be a fault."""
        values = {("asynchronous" if name == "async" else name): value for name, value in document.items()}
        try:
            fault = cls(**values)
            for pattern in (fault.match, fault.method or "", fault.size or ""):
                re.compile(pattern)
        except (TypeError, re.error) as error:
            raise ArmError(400, "InvalidFault", f"This is not a fault: {error}") from None
        return fault

    def document(self) -> Json:
        values = {("async" if name == "asynchronous" else name): value for name, value in self.__dict__.items()}
        return {name: value for name, value in values.items() if value is not None or name == "times"}

    def applies(self, request: Request, size: str) -> bool:
        """Whether it is meant for this request, about a machine of that size ("": about something else)."""
        if not re.search(self.match, request.path, re.IGNORECASE):
            return False
        asked = ((self.method, request.method), (self.size, size))
        return all(wanted is None or re.fullmatch(wanted, value, re.IGNORECASE) for wanted, value in asked)

    def error(self) -> ArmError:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return ArmError(self.status, self.code, self.message or self.code, headers)


def no_capacity(sizes: str = ".+") -> Fault:
    """Azure takes the request to create or start a machine of these sizes (a regular expression), then has no room."""
    return Fault(
        match=r"/virtualMachines/[^/]+(/start)?$",
        method="PUT|POST",
        size=sizes,
        status=409,
        code="AllocationFailed",
        message="Allocation failed. We do not have sufficient capacity for the requested VM size in this region. "
        "Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance",
        times=None,
        asynchronous=True,
    )


def take(store: Store, request: Request) -> Fault | None:
    """The first fault that applies to the request; it is used up by that, unless it is without end."""
    with store.lock:
        size = _size(store, request) if store.faults else ""
        for index, document in enumerate(store.faults):
            fault = Fault.parse(document)
            if not fault.applies(request, size):
                continue
            if fault.times is not None:
                document["times"] = fault.times - 1
                if document["times"] <= 0:
                    del store.faults[index]
                store.save()
            return fault
    return None


def _size(store: Store, request: Request) -> str:
    """The size of the machine that a request creates or means, "" where it means none."""
    match = _MACHINE.match(request.path)
    if match is None:
        return ""
    asked = request.json().get("properties") or {}
    known = store.resources.get(match[0].lower())
    profile = asked.get("hardwareProfile") or (known.properties["hardwareProfile"] if known else {})
    return str(profile.get("vmSize") or "")


def route(store: Store, request: Request) -> Response | None:
    """GET lists the orders, POST adds one, DELETE clears them. None when the request is for something else."""
    if request.path != PATH:
        return None
    with store.lock:
        if request.method == "POST":
            store.faults.append(Fault.parse(request.json()).document())
            store.save()
        elif request.method == "DELETE":
            store.faults.clear()
            store.save()
        return Response(200, {"faults": list(store.faults)})


def order(facts: Facts, fault: Fault) -> None:
    """Order a fault from the running laboratory. LabError when the emulated Azure does not answer."""
    _call(facts, "POST", fault.document())


def clear(facts: Facts) -> None:
    """Take back all orders. LabError when the emulated Azure does not answer."""
    _call(facts, "DELETE")


def ordered(facts: Facts) -> list[Fault]:
    """What is still on order. LabError when the emulated Azure does not answer."""
    return [Fault.parse(document) for document in _call(facts, "GET")["faults"]]


def _call(facts: Facts, method: str, document: Json | None = None) -> Json:
    data = None if document is None else json.dumps(document).encode()
    url = facts.arm_endpoint_url.rstrip("/") + PATH
    request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 (the laboratory's own https address)
    context = ssl.create_default_context(cafile=facts.ca_bundle)
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310
            return t.cast("Json", json.load(answer))
    except (urllib.error.URLError, TimeoutError) as error:
        raise LabError(f"The emulated Azure does not answer at {url} ({error}). See: python -m lab status") from None
