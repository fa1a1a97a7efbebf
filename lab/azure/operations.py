"""Long-running operations: accepted at once, done in a thread, asked for by the client until they end.

They are stored before they begin and must be repeatable, so that a restart of the process takes up what was under way.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import typing as t
import uuid
from dataclasses import dataclass, field

from lab.azure.catalog import LOCATION
from lab.azure.store import Operation, Store
from lab.azure.wire import ArmError, Json, Request, Response
from lab.errors import LabError

Handler = t.Callable[[Operation], "Json | None"]

RUN_COMMAND = "machine.run"
# How Azure's errors of a guest's first boot begin: OSProvisioningTimedOut, ...ClientError, ...InternalError.
OS_PROVISIONING = "OSProvisioning"

_PATH = re.compile(r"(?i)^/subscriptions/[^/]+/providers/[^/]+/locations/[^/]+/operations/(?P<id>[^/]+)$")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How long a phase takes, in seconds, and how long clients are asked to wait between questions (0: unsaid)."""

    step: float = 0.5
    retry_after: int = 1
    sleep: t.Callable[[float], None] = time.sleep

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}


@dataclass(frozen=True)
class Operations:
    """`handlers` do the work of each kind of operation; they raise ArmError or LabError when it fails."""

    store: Store
    handlers: t.Mapping[str, Handler]
    pace: Pace = field(default_factory=Pace)
    _turns: dict[str, threading.Lock] = field(default_factory=dict)

    def begin(self, kind: str, target: str, arguments: Json | None = None, fault: ArmError | None = None) -> Operation:
        """Accept an operation; with `fault` it fails with that error after its first phase."""
        operation = Operation(
            id=str(uuid.uuid4()),
            kind=kind,
            target=target,
            started=timestamp(),
            arguments=arguments or {},
            fault=fault.body() if fault else None,
        )
        with self.store.lock:
            self.store.add(operation)
            self.store.save()
        self._start(operation)
        return operation

    def resume(self) -> None:
        """Take up what was under way when the process ended. A command is not repeated: nobody knows how far it got."""
        with self.store.lock:
            waiting = [o for o in self.store.operations.values() if o.status == "InProgress"]
        for operation in waiting:
            if operation.kind == RUN_COMMAND:
                self._finish(
                    operation, ArmError(409, "OperationPreempted", "The operation was preempted by a restart.")
                )
            else:
                self._start(operation)

    def headers(
        self, request: Request, operation: Operation, namespace: str, *, location: bool = True
    ) -> dict[str, str]:
        """Where the client asks how it goes; `location` adds the older form, which answers with the result."""
        subscription = request.path.split("/")[2]
        url = (
            f"{request.base_url}/subscriptions/{subscription}/providers/{namespace}/locations/{LOCATION}"
            f"/operations/{operation.id}"
        )
        headers = {"Azure-AsyncOperation": f"{url}?api-version=2024-07-01", **self.pace.headers()}
        if location:
            headers["Location"] = f"{url}?monitor=true&api-version=2024-07-01"
        return headers

    def route(self, request: Request) -> Response | None:
        """The answer about an operation, or None when the request asks for something else."""
        match = _PATH.match(request.path)
        if match is None:
            return None
        with self.store.lock:
            operation = self.store.operations.get(match["id"])
            if operation is None:
                raise ArmError(404, "NotFound", f"The operation '{match['id']}' was not found.")
            return self._result(request, operation) if "monitor" in request.query else self._status(operation)

    def _status(self, operation: Operation) -> Response:
        body: Json = {"name": operation.id, "status": operation.status, "startTime": operation.started}
        if operation.error:
            body["error"] = operation.error
        if operation.output is not None:
            body["properties"] = {"output": operation.output}
        return Response(200, body, self.pace.headers() if operation.status == "InProgress" else {})

    def _result(self, request: Request, operation: Operation) -> Response:
        if operation.status == "InProgress":
            again = f"{request.base_url}{request.path}?monitor=true&api-version=2024-07-01"
            return Response(202, None, {"Location": again, **self.pace.headers()})
        if operation.error:
            raise ArmError(409, operation.error["code"], operation.error["message"])
        return Response(200, operation.output) if operation.output is not None else Response(204)

    def _start(self, operation: Operation) -> None:
        threading.Thread(target=self._work, args=(operation,), name=operation.kind, daemon=True).start()

    def _work(self, operation: Operation) -> None:
        with self.store.lock:
            turn = self._turns.setdefault(operation.target, threading.Lock())
        with turn:  # one after another on one resource: a delete waits until a create has ended
            self.pace.sleep(self.pace.step)
            try:
                if operation.fault:
                    raise ArmError(409, operation.fault["code"], operation.fault["message"])
                operation.output = self.handlers[operation.kind](operation)
                self._finish(operation, None)
            except ArmError as error:
                self._finish(operation, error)
            except LabError as error:
                self._finish(operation, ArmError(500, "InternalServerError", str(error)))
            except Exception as error:
                _LOG.exception("%s of %s", operation.kind, operation.target)
                self._finish(operation, ArmError(500, "InternalServerError", f"A fault of the laboratory: {error!r}"))

    def _finish(self, operation: Operation, error: ArmError | None) -> None:
        with self.store.lock:
            resource = self.store.resources.get(operation.target)
            if error is not None:
                operation.error = error.body()
                if resource is not None and operation.kind != RUN_COMMAND:
                    resource.state, resource.failure = "Failed", error.body()
                    resource.power = _power_after(operation, error)
            elif resource is not None and resource.state != "Deleting":
                resource.state, resource.failure = "Succeeded", None
            operation.status = "Failed" if error else "Succeeded"
            self.store.save()


def _power_after(operation: Operation, error: ArmError) -> str | None:
    """A failed operation leaves the power as it was; a guest that never got ready is powered all the same."""
    if error.code.startswith(OS_PROVISIONING):
        return "running"
    return t.cast("str | None", operation.arguments.get("power_before"))


def timestamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
