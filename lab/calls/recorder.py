"""The emulators' side: each call that is no call of the lab's own becomes a line in .lab/calls.

A line holds no secret: of a request's body only the kinds of things that it refers to, or the name of the operation.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
import typing as t
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from lab.azure.server import Answer
from lab.azure.wire import Request, Response

# The lab's own clients say so in their User-Agent; data planes too (lab.aws.throttled.DATA_PLANE begins with it).
OWN = "goupang-dr-lab"
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<service>[^/]+)/aws4_request")
_REFERENCE = re.compile(r"/subscriptions/[^\"\\]+")
Environ = dict[str, t.Any]


def folder(home: Path) -> Path:
    return home / "calls"


@dataclass
class Recorder:
    """Appends lines to a file; threads may share it. `clock` gives seconds since the epoch."""

    path: Path
    clock: t.Callable[[], float] = time.time
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, line: t.Mapping[str, t.Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, self.path.open("a") as file:
            file.write(json.dumps({"at": round(self.clock(), 3), **line}) + "\n")


def note_aws(recorder: Recorder, environ: Environ) -> None:
    """Write down a WSGI request to AWS. A body that names the operation is read, and put back."""
    signed = _SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed is None or OWN in environ.get("HTTP_USER_AGENT", ""):
        return
    line = {"cloud": "aws", "service": signed["service"], "method": environ["REQUEST_METHOD"]}
    line |= {"path": environ["PATH_INFO"], "query": sorted(_names(environ.get("QUERY_STRING", "")))}
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if not operation and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        operation = dict(urllib.parse.parse_qsl(body.decode(errors="replace"))).get("Action", "")
    recorder.write({**line, "operation": operation})


def _names(query: str) -> t.Iterable[str]:
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    # CloudFront names two operations by this one's value.
    return {f"{name}={value}" if name == "Operation" else name for name, value in pairs}


def recorded(recorder: Recorder, answer: Answer) -> Answer:
    """`answer`, which writes down what Resource Manager is asked. Sign-ins are Entra's, and want no right."""

    def note_and_answer(request: Request) -> Response:
        if request.path.lower().startswith("/subscriptions") and OWN not in request.headers.get("user-agent", ""):
            body = request.body.decode(errors="replace")
            others = {one for one in _REFERENCE.findall(body) if not _is_part(one, request.path)}
            line = {"cloud": "azure", "service": "arm", "method": request.method, "path": request.path}
            recorder.write({**line, "refers": sorted(others), "takes_along": '"deleteOption": "Delete"' in body})
        return answer(request)

    return note_and_answer


def _is_part(reference: str, path: str) -> bool:
    """Whether an id is the resource's own, or of a part of it: clients send back what they read."""
    return f"{reference}/".lower().startswith(f"{path}/".lower())
