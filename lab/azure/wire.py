"""What travels between a client and Azure Resource Manager: requests, responses, and errors in ARM's own words."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

Json = dict[str, t.Any]


class ArmError(Exception):
    """An answer that is an error: HTTP status, ARM's code, its sentence, and headers such as Retry-After."""

    def __init__(self, status: int, code: str, message: str, headers: t.Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> Json:
        return {"code": self.code, "message": self.message}

    def response(self) -> Response:
        return Response(self.status, {"error": self.body()}, self.headers)


@dataclass(frozen=True)
class Request:
    """An HTTP request. Names in `query` and `headers` are lower case; `base_url` is how the client called us."""

    method: str
    path: str
    base_url: str
    query: t.Mapping[str, str] = field(default_factory=dict)
    headers: t.Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Json:
        try:
            document = json.loads(self.body or b"{}")
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ArmError(
                400, "InvalidRequestContent", "The request content was invalid and could not be deserialized."
            )
        return document


@dataclass(frozen=True)
class Response:
    status: int
    body: Json | list[Json] | None = None
    headers: t.Mapping[str, str] = field(default_factory=dict)
