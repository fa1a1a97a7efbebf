# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When Blob Storage is asked again, by the SDK's clients of _blob and _lock_blob. Private to this collection.

The SDK repeats what fails with a status of 5xx, at a pace of its own, which is long, and a matter of chance. Who says
Retry-After is asked again then; and 429, which the SDK takes for an answer, is repeated too.
"""

from __future__ import annotations

import typing as t

from ansible_collections.goupang.dr.plugins.module_utils._azure import Patience
from ansible_collections.goupang.dr.plugins.module_utils._library import library

# Of a storage that answers that it is busy, which it does quickly. Silence has a number of its own, in Patience.
BUSY_RETRIES = 4
# A person waits for it, and who asks for more is asked too early.
LONGEST_PAUSE_SECONDS = 30.0
_TOO_MANY, _BUSY = 429, 503


def repeating(patience: Patience) -> dict[str, t.Any]:
    """The options of a client (ContainerClient, BlobClient) that repeats requests so."""
    blob = library("azure.storage.blob", "azure-storage-blob")
    policy = blob.ExponentialRetry(
        retry_total=max(BUSY_RETRIES, patience.retries),
        retry_connect=patience.retries,
        retry_read=patience.retries,
        retry_status=BUSY_RETRIES,
    )
    policy.get_backoff_time = _pause
    policy.increment = _counting_silence(policy.increment, patience.retries)
    return {"retry_policy": policy, "raw_response_hook": _too_many_is_busy}


def _counting_silence(increment: t.Callable[..., bool], retries: int) -> t.Callable[..., bool]:
    """The SDK's count of attempts, in which a login that does not answer is a silence like any other."""

    def counted(settings: dict[str, t.Any], request: t.Any, response: t.Any = None, **more: t.Any) -> bool:
        if response is None:
            settings["silences"] = settings.get("silences", 0) + 1
            if settings["silences"] > retries:
                return False
        return increment(settings, request, response=response, **more)

    return counted


def _pause(settings: dict[str, t.Any]) -> float:
    """Seconds before the next attempt, by what the SDK remembers of a request: its answers, and their number."""
    # A login that fails leaves nothing there.
    last = settings["history"][-1] if settings["history"] else None
    asked = _asked_pause(getattr(last, "http_response", None))
    # No jitter: one controller asks, there is no herd to spread.
    return min(2.0 ** (settings["count"] - 1) if asked is None else asked, LONGEST_PAUSE_SECONDS)


def _too_many_is_busy(response: t.Any) -> None:
    """Called with each answer, before the SDK decides whether to repeat. The error's code stays as it was told."""
    if response.http_response.status_code == _TOO_MANY:
        response.http_response.status_code = _BUSY


def _asked_pause(response: t.Any) -> float | None:
    """Seconds by Retry-After; None where nobody asked for any. Its other form, a date, storage does not use."""
    try:
        return max(0.0, float(response.headers.get("Retry-After")))
    except (AttributeError, TypeError, ValueError):
        return None
