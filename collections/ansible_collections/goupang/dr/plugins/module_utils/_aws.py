# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: how its modules reach AWS, and what they say when AWS says no.

`client` makes a boto3 client whose calls all have deadlines. `calling` turns what
boto3 raises into DrErrors of one sentence (ServiceFault carries AWS's error code).
`patiently` repeats a call that AWS asked us to repeat.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._library import library
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    # The name of a key is no secret; hidden, it would only be missing where a person looks for who did it.
    "access_key": {"type": "str", "no_log": False},
    "secret_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "region": {"type": "str", "default": "us-east-1"},
    "endpoint_url": {"type": "str"},
    "ca_bundle": {"type": "path"},
}
REQUIRED_TOGETHER = [("access_key", "secret_key")]

_PACKAGE = "boto3"

CONNECT_SECONDS = 5
READ_SECONDS = 10
ATTEMPTS = 2

# AWS's words for "ask again": of its limits, and of a service that is busy.
THROTTLED = frozenset({"429", "Throttling", "ThrottlingException", "TooManyRequests", "TooManyRequestsException"}) | {
    "503",
    "ServiceUnavailable",
    "SlowDown",
}
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 8.0

# boto3's guide, "Multithreading": clients may be shared by threads; the session that makes them may not.
_MAKING = threading.Lock()

T = t.TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """For how many seconds a call waits for a connection and for an answer, and how often it is tried."""

    connect: float = CONNECT_SECONDS
    read: float = READ_SECONDS
    attempts: int = ATTEMPTS


def client(service: str, params: t.Mapping[str, t.Any], patience: Patience = Patience()) -> t.Any:
    """A boto3 client from a module's parameters (see ARGUMENT_SPEC). LibraryMissing without boto3."""
    boto3, settings = library("boto3", _PACKAGE), library("botocore.config", _PACKAGE)
    config = settings.Config(
        connect_timeout=patience.connect,
        read_timeout=patience.read,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
    )
    with calling(f"prepare the client for {service}"), _MAKING:
        return boto3.client(
            service,
            aws_access_key_id=params["access_key"],
            aws_secret_access_key=params["secret_key"],
            aws_session_token=params["session_token"],
            region_name=params["region"],
            # An inventory leaves an option empty where it means "none"; boto3 would switch verification off.
            endpoint_url=params["endpoint_url"] or None,
            verify=params["ca_bundle"] or None,
            config=config,
        )


@contextlib.contextmanager
def calling(doing: str) -> t.Iterator[None]:
    """ServiceFault or OutOfReach for what boto3 raises inside. `doing` completes the words "AWS refused to"."""
    errors = library("botocore.exceptions", _PACKAGE)
    try:
        yield
    except errors.ClientError as error:
        answer = error.response.get("Error", {})
        code = str(answer.get("Code", ""))
        message = answer.get("Message") or "no reason given"
        raise ServiceFault(f"AWS refused to {doing}: {code}: {message}", code) from error
    except (errors.BotoCoreError, ValueError) as error:
        # ValueError: boto3's word for an endpoint_url that is not a URL.
        raise OutOfReach(f"AWS could not be asked to {doing}: {error}") from error


def patiently(call: t.Callable[[], T], clock: Clock, deadline: float, codes: t.Collection[str] = THROTTLED) -> T:
    """The result of `call`, repeated with doubling pauses while AWS answers one of `codes`, until `deadline`.

    The pauses have no jitter: one controller at a time moves the users, there is no herd to spread.
    `deadline` is a moment of `clock`; after it the last ServiceFault is raised as it is.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return call()
        except ServiceFault as error:
            if error.code not in codes or clock.now() + pause > deadline:
                raise
        clock.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
