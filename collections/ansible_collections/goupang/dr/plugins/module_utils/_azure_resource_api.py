# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: Resource Manager as plain REST, with its long-running operations, on azure-core's pipeline.

The SDKs have a package for each provider; what they add to REST are types of things that we do not know beforehand.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.goupang.dr.plugins.module_utils._azure import (
    Patience,
    credential,
    sentences,
    tls_verify,
)
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import Json, Wanted, Whole
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DeadlinePassed,
    Missing,
    Refused,
    ServiceFault,
)
from ansible_collections.goupang.dr.plugins.module_utils._library import library
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock

# "Retry in a moment" in the words of the network's, the storage's and the database's provider.
BUSY = frozenset({"AnotherOperationInProgress", "RetryableError", "ServerIsBusy", "StorageAccountOperationInProgress"})
_ENDED = frozenset({"Succeeded", "Failed", "Canceled"})
# Seconds between questions where Azure gives no Retry-After.
_PAUSE = 2.0
_PATIENCE = Patience(connect=10, read=60, retries=5)
_GROUPS_RESOURCES = "2021-04-01"


class Api(t.Protocol):
    """Each method waits for Azure's own operation, and raises DrError."""

    def get(self, want: Wanted) -> Json | None:
        """What is there; None when nothing is."""

    def put(self, want: Wanted, body: Json, *, patch: bool = False) -> Json:
        """Make it, or change it (patch: by PATCH); what is there then."""

    def delete(self, want: Wanted) -> None:
        """Delete it; well done also when it is not there."""

    def act(self, want: Wanted, action: str) -> None:
        """Have it do what its type can, as "start"."""

    def listed(self, group: Wanted) -> list[str]:
        """The ids of the resources in a resource group."""

    def members(self, whole: Whole) -> list[Json]:
        """The parts of one kind that are there."""


@dataclass(frozen=True)
class ArmApi:
    """Api on azure-core's PipelineClient; timeout in seconds for each operation."""

    client: t.Any
    url: str
    timeout: float
    clock: Clock = REAL_CLOCK

    def get(self, want: Wanted) -> Json | None:
        try:
            return t.cast("Json", self._ask("GET", want.id, want.api_version, f"show {want.label}").json())
        except Missing:
            return None

    def put(self, want: Wanted, body: Json, *, patch: bool = False) -> Json:
        doing = f"{'change' if patch else 'make'} {want.label}"
        self._begun("PATCH" if patch else "PUT", want, doing, body)
        return self._settled(want, doing)

    def delete(self, want: Wanted) -> None:
        try:
            self._begun("DELETE", want, f"delete {want.label}")
        except Missing:
            return

    def act(self, want: Wanted, action: str) -> None:
        self._begun("POST", replace(want, id=f"{want.id}/{action}"), f"{action} {want.label}")

    def listed(self, group: Wanted) -> list[str]:
        pages = self._pages(f"{group.id}/resources", _GROUPS_RESOURCES, f"list {group.label}")
        return [str(one["id"]) for one in pages]

    def members(self, whole: Whole) -> list[Json]:
        return list(self._pages(whole.id, whole.api_version, f"list {whole.label}"))

    # -- One request ------------------------------------------------------------------

    def _ask(self, method: str, path: str, api_version: str, doing: str, body: Json | None = None) -> t.Any:
        return self._send(method, f"{self.url}{path}", doing, body, {"api-version": api_version})

    def _send(
        self, method: str, url: str, doing: str, body: Json | None = None, query: dict[str, str] | None = None
    ) -> t.Any:
        rest = library("azure.core.rest", "azure-core")
        errors = library("azure.core.exceptions", "azure-core")
        request = rest.HttpRequest(method, url, params=query or {}, **({} if body is None else {"json": body}))
        with sentences(doing):
            response = self.client.send_request(request)
            errors.map_error(response.status_code, response, {404: errors.ResourceNotFoundError})
            response.raise_for_status()
        return response

    def _pages(self, path: str, api_version: str, doing: str) -> t.Iterator[Json]:
        page = self._ask("GET", path, api_version, doing).json()
        yield from page.get("value", [])
        while page.get("nextLink"):
            page = self._send("GET", str(page["nextLink"]), doing).json()
            yield from page.get("value", [])

    # -- Operations --------------------------------------------------------------------

    def _begun(self, method: str, want: Wanted, doing: str, body: Json | None = None) -> None:
        """Ask for it, again while Azure is busy with the same thing, and wait until what it began has ended."""
        deadline = self.clock.now() + self.timeout
        while True:
            try:
                answer = self._ask(method, want.id, want.api_version, doing, body)
                break
            except ServiceFault as fault:
                if fault.code not in BUSY or self.clock.now() > deadline:
                    raise
            self.clock.sleep(_PAUSE)
        self._ended(answer, doing, deadline)

    def _ended(self, answer: t.Any, doing: str, deadline: float) -> None:
        """Follow Azure-AsyncOperation, else Location, until the operation has ended. ServiceFault when it failed."""
        operation = answer.headers.get("Azure-AsyncOperation")
        location = answer.headers.get("Location") if answer.status_code == 202 else None
        while operation or location:
            self._pause(answer, doing, deadline)
            answer = self._send("GET", str(operation or location), doing)
            if operation:
                body = answer.json()
                if body.get("status") in _ENDED:
                    _refuse_failed(body, doing)
                    return
            else:
                location = answer.headers.get("Location", location) if answer.status_code == 202 else None

    def _settled(self, want: Wanted, doing: str) -> Json:
        """What is there once its provisioning has ended: some types tell it nowhere else."""
        deadline = self.clock.now() + self.timeout
        while True:
            answer = self._ask("GET", want.id, want.api_version, doing)
            document = t.cast("Json", answer.json())
            state = str((document.get("properties") or {}).get("provisioningState") or "Succeeded")
            if state in _ENDED:
                if state != "Succeeded":
                    raise ServiceFault(f"Azure cannot {doing}: its provisioning ended as {state}.", state)
                return document
            self._pause(answer, doing, deadline)

    def _pause(self, answer: t.Any, doing: str, deadline: float) -> None:
        """As long as Azure asks for. DeadlinePassed."""
        if self.clock.now() > deadline:
            raise DeadlinePassed(
                f"Azure did not {doing} within {self.timeout:.0f} s and may still do it: run this again to go on."
            )
        told = str(answer.headers.get("Retry-After") or "")
        self.clock.sleep(float(told) if told.isdigit() else _PAUSE)


def _refuse_failed(body: Json, doing: str) -> None:
    if body["status"] == "Succeeded":
        return
    error = body.get("error") or {}
    code = str(error.get("code") or body["status"])
    message = str(error.get("message") or "no reason given").strip().splitlines()[0].rstrip(" .")
    raise ServiceFault(f"Azure cannot {doing}: {code}: {message}", code)


def connect(params: t.Mapping[str, t.Any]) -> Api:
    """ArmApi from the module's options. Sends nothing yet."""
    core = library("azure.core", "azure-core")
    policies = library("azure.core.pipeline.policies", "azure-core")
    library("azure.core.rest", "azure-core")  # now, and not in all threads at once
    if not str(params["arm_url"]).startswith("https://"):
        raise Refused(f"arm_url is {params['arm_url']}: a token is sent there, so it has to begin with https://.")
    arm = params["arm_url"].rstrip("/")
    client = core.PipelineClient(
        arm,
        policies=[
            policies.HeadersPolicy(),
            policies.RetryPolicy(retry_total=_PATIENCE.retries, retry_backoff_max=30),
            policies.BearerTokenCredentialPolicy(credential(dict(params), _PATIENCE), arm + "/.default"),
        ],
        connection_verify=tls_verify(dict(params)),
        connection_timeout=_PATIENCE.connect,
        read_timeout=_PATIENCE.read,
    )
    return ArmApi(client, arm, params["timeout"])
