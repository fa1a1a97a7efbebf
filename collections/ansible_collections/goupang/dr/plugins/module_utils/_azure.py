# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Azure: who we are, and what its errors mean.

The options are described by the doc fragment goupang.dr.azure. Private to this collection.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DrError,
    Missing,
    NotAuthorised,
    OutOfReach,
    ServiceFault,
    SizeUnavailable,
)
from ansible_collections.goupang.dr.plugins.module_utils._library import library
from ansible_collections.goupang.dr.plugins.module_utils._wait import within

T = t.TypeVar("T")
PUBLIC_ARM = "https://management.azure.com"

# The options of doc fragment goupang.dr.azure.
AUTH_SPEC: dict[str, dict[str, t.Any]] = {
    "tenant_id": {"type": "str"},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "subscription_id": {"type": "str"},
    "authority_url": {"type": "str"},
    "arm_url": {"type": "str", "default": PUBLIC_ARM},
    "ca_bundle": {"type": "path"},
}
# Merge into AnsibleModule's required_by: a secret alone does not say who we are.
AUTH_REQUIRED_BY = {"client_secret": ("tenant_id", "client_id")}

# Microsoft's "Troubleshoot allocation failures" and "Resolve errors for SKU not available".
_SIZE_CODES = frozenset(
    {
        "AllocationFailed",
        "ZonalAllocationFailed",
        "OverconstrainedAllocationRequest",
        "OverconstrainedZonalAllocationRequest",
        "SkuNotAvailable",
        "QuotaExceeded",
    }
)


# How urllib3 tells of a connection: as an object's address in memory, then the words.
_UNREADABLE = re.compile(r"\(?<[^<>]* at 0x[0-9a-f]+>[,:] ['\"]?([^'\"]*)['\"]?\)?")


def tls_verify(params: dict[str, t.Any]) -> str | bool:
    """What the SDKs call connection_verify: the CA bundle, or the system's CAs."""
    return t.cast("str | None", params.get("ca_bundle")) or True


def look_or_bring(bring: Callable[[bool], T], timeout: float, check_mode: bool) -> T:
    """What bring(check_mode) returns. A look is over in time, or DeadlinePassed: the SDKs give each connection and
    repetition a time of its own. What changes things waits for Azure's own operations.
    """
    if not check_mode:
        return bring(False)
    return within(timeout, f"Azure did not answer within {timeout} s.", lambda: bring(True))


@dataclass(frozen=True)
class Patience:
    """For how many seconds one request waits for a connection and for an answer, and how often it is repeated."""

    connect: float = 10
    read: float = 60
    retries: int = 4


def credential(params: dict[str, t.Any], patience: Patience = Patience(read=30, retries=3)) -> t.Any:
    """A TokenCredential from the options of AUTH_SPEC; nothing is sent before its first use.

    The CA bundle and the secret travel as arguments, never by environment, which
    other processes and verbose logs show.
    """
    identity = library("azure.identity", "azure-identity")
    settings: dict[str, t.Any] = {
        "connection_verify": tls_verify(params),
        "connection_timeout": patience.connect,
        "read_timeout": patience.read,
        "retry_total": patience.retries,
    }
    if params.get("authority_url"):
        settings["authority"] = params["authority_url"]
        # Discovery asks Microsoft's public cloud about an authority which it does not know.
        settings["disable_instance_discovery"] = True
    if params.get("client_secret"):
        return identity.ClientSecretCredential(
            params["tenant_id"], params["client_id"], params["client_secret"], **settings
        )
    return identity.DefaultAzureCredential(**settings)


@contextmanager
def sentences(doing: str) -> Iterator[None]:
    """Turn what an Azure SDK raises into a DrError. doing completes "Azure ... while it was asked to ..."."""
    core = library("azure.core.exceptions", "azure-core")
    try:
        yield
    except core.AzureError as error:
        raise translated(error, doing) from error


def translated(error: t.Any, doing: str) -> DrError:
    """The DrError for an exception of azure-core.

    Classified by the code in the body before the status: a long-running operation
    that failed is an HttpResponseError whose status is 200.
    """
    core = library("azure.core.exceptions", "azure-core")
    code, message = _code_and_message(error)
    status = getattr(error, "status_code", None)
    if _is_quota(code, message):
        code = "QuotaExceeded"
    if code in _SIZE_CODES:
        return SizeUnavailable(f"Azure cannot {doing}: {code}: {message}", code)
    no_answer = (core.ServiceRequestError, core.ServiceResponseError)
    # azure-identity calls it a failed authentication also when nobody answered for the token.
    if any(isinstance(cause, no_answer) for cause in _causes(error)):
        return OutOfReach(f"Azure does not answer when asked to {doing}: {message}")
    if isinstance(error, core.ClientAuthenticationError) or status in (401, 403):
        return NotAuthorised(
            f"Azure refuses to {doing}: {message}. Check tenant_id, client_id, client_secret and the roles they have."
        )
    if isinstance(error, core.ResourceNotFoundError):
        return Missing(f"Azure cannot {doing}: {code or 'NotFound'}: {message}", code)
    return ServiceFault(f"Azure cannot {doing}: {code or status or 'no code'}: {message}", code)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_quota(code: str, message: str) -> bool:
    """ARM says OperationNotAllowed for a lack of cores, and for much else."""
    return code == "OperationNotAllowed" and "quota" in message.lower()


def _code_and_message(error: t.Any) -> tuple[str, str]:
    """The service's code ('' when it gave none) and the first line of its message, without a full stop."""
    body = getattr(error, "error", None)
    code = _word(getattr(error, "error_code", None) or getattr(body, "code", None))
    message = getattr(body, "message", None) or getattr(error, "message", None) or error
    for detail in getattr(body, "details", None) or []:
        # Deployment-like wrappers hide the reason one level down.
        if detail.code in _SIZE_CODES:
            code, message = detail.code, detail.message or message
    lines = str(message).strip().splitlines() or [""]
    return code, _UNREADABLE.sub(r"\1", lines[0]).rstrip(" .")


def _word(code: t.Any) -> str:
    """Storage's codes are members of an enumeration, ARM's are strings."""
    return str(getattr(code, "value", code) or "")
