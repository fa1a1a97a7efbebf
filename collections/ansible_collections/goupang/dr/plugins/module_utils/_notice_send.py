# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: where notices go, and bringing them there. Only the standard library, as _notices.

A webhook's URL is a secret: whoever has it can write there. So no sentence, name or repr shows it.
"""

from __future__ import annotations

import http.client
import json
import smtplib
import ssl
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils import _notices
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, OutOfReach, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._notices import Json, Message, Notice
from ansible_collections.goupang.dr.plugins.module_utils._wait import within

KINDS = ("slack", "teams", "webhook", "mail")
# For each step of a delivery, and for a delivery in all.
STEP_SECONDS, DELIVERY_SECONDS = 4.0, 8.0
_WANTED: dict[str, tuple[str, ...]] = {
    "slack": ("url",),
    "teams": ("url",),
    "webhook": ("url",),
    "mail": ("host", "from", "to"),
}
_OPTIONAL: dict[str, tuple[str, ...]] = {
    "slack": (),
    "teams": (),
    "webhook": ("token",),
    "mail": ("port", "user", "password"),
}
_FOR_ALL = ("kind", "name", "language")
SUBMISSION_PORT = 587


@dataclass(frozen=True)
class Target:
    """One entry of dr_notices. `name` is what may be shown of it."""

    kind: str
    name: str
    language: str
    settings: t.Mapping[str, t.Any] = field(repr=False)


def targets(entries: t.Any, language: str) -> list[Target]:
    """dr_notices, read. Refused, without a secret, when it is not as the inventory explains it."""
    if not isinstance(entries, (list, tuple)):
        raise Refused("dr_notices has to be a list of places: see docs/notices.md.")
    return [_target(entry, number, language) for number, entry in enumerate(entries, start=1)]


def _target(entry: t.Any, number: int, language: str) -> Target:
    if not isinstance(entry, t.Mapping) or entry.get("kind") not in KINDS:
        raise Refused(f"Entry {number} of dr_notices has to say its kind: {', '.join(KINDS)}.")
    kind = str(entry["kind"])
    missing = [key for key in _WANTED[kind] if not entry.get(key)]
    unknown = sorted(set(map(str, entry)) - {*_FOR_ALL, *_WANTED[kind], *_OPTIONAL[kind]})
    if missing or unknown:
        wrong = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)}, which is not known"
        raise Refused(f"Entry {number} of dr_notices, {kind}, {wrong}.")
    spoken = str(entry.get("language") or language)
    if spoken not in _notices.LANGUAGES:
        raise Refused(
            f"Entry {number} of dr_notices speaks {spoken!r}: it has to be {' or '.join(_notices.LANGUAGES)}."
        )
    if kind != "mail":
        _check_url(str(entry["url"]), number, kind)
    return Target(kind, str(entry.get("name") or f"{kind} {number}"), spoken, {key: entry[key] for key in entry})


def _check_url(url: str, number: int, kind: str) -> None:
    parts = urllib.parse.urlsplit(url)
    # What a team runs itself may speak plain HTTP in its own network; Slack and Teams never do.
    allowed = ("https", "http") if kind == "webhook" else ("https",)
    if parts.scheme not in allowed or not parts.hostname:
        raise Refused(
            f"The URL in entry {number} of dr_notices, {kind}, does not begin with {' or '.join(allowed)}://HOST."
        )


def deliver(target: Target, notice: Notice, ca_bundle: str = "") -> None:
    """Bring the notice there. DrError, in one sentence without a secret, when it was not taken in time."""
    said = _notices.message(notice, target.language)
    late = f"{target.name} did not take the notice within {DELIVERY_SECONDS:.0f} s; it may have it all the same."
    within(DELIVERY_SECONDS, late, lambda: _send(target, said, ca_bundle))


def _send(target: Target, said: Message, ca_bundle: str) -> None:
    if target.kind == "mail":
        _mail(target, said, ca_bundle)
        return
    body = {"slack": _notices.slack, "teams": _notices.teams, "webhook": _notices.webhook}[target.kind](said)
    post(target.name, str(target.settings["url"]), body, str(target.settings.get("token") or ""), ca_bundle)


def post(name: str, url: str, body: Json, token: str = "", ca_bundle: str = "") -> None:
    """POST JSON. DrError without the URL. `token`: a bearer's, "" for none. `ca_bundle`: "" for the system's."""
    headers = {"Content-Type": "application/json", "User-Agent": "goupang.dr notices"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        # The scheme was looked at when the target was read.
        request = urllib.request.Request(url, json.dumps(body, ensure_ascii=False).encode(), headers)  # noqa: S310
        context = ssl.create_default_context(cafile=ca_bundle or None)
        # Proxies are those of the environment: in many companies there is no other way out.
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirect())
        with opener.open(request, timeout=STEP_SECONDS) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        with error:
            raise ServiceFault(f"{name} answers {error.code} and did not take the notice.", str(error.code)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        # A reason names no URL; whatever else is said could.
        why = getattr(error, "reason", None)
        shown = why if isinstance(why, OSError) else type(error).__name__
        if isinstance(error, TimeoutError):
            shown = f"nothing came within {STEP_SECONDS:.0f} s"
        raise OutOfReach(f"{name} does not answer: {_without(url, token, str(shown))}.") from None


def _without(url: str, token: str, text: str) -> str:
    for secret in (url, urllib.parse.urlsplit(url).path.strip("/"), token):
        if len(secret) >= 4:
            text = text.replace(secret, "********")
    return text


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A notice is not carried on to where nobody sent it."""

    def redirect_request(self, *_args: t.Any) -> None:
        return None


def _mail(target: Target, said: Message, ca_bundle: str) -> None:
    settings = target.settings
    to = [settings["to"]] if isinstance(settings["to"], str) else list(settings["to"])
    letter = _notices.mail(said, str(settings["from"]), [str(one) for one in to])
    try:
        with smtplib.SMTP(
            str(settings["host"]), int(settings.get("port") or SUBMISSION_PORT), timeout=STEP_SECONDS
        ) as server:
            # Always: the password, and what a notice says of us, are nobody else's business.
            server.starttls(context=ssl.create_default_context(cafile=ca_bundle or None))
            if settings.get("user"):
                server.login(str(settings["user"]), str(settings.get("password") or ""))
            refused = server.send_message(letter)
    except smtplib.SMTPResponseException as error:
        raise ServiceFault(f"{target.name} answers {error.smtp_code} and did not take the notice.") from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise OutOfReach(f"{target.name} could not be given the notice: {type(error).__name__}.") from None
    if refused:
        raise ServiceFault(f"{target.name} did not take the notice for {len(refused)} of {len(to)} addresses.")


def deliver_to_all(where: t.Sequence[Target], notice: Notice, ca_bundle: str = "") -> list[tuple[Target, str]]:
    """Each target, and why it did not take the notice; "" where it did. Nothing is raised."""
    return [(target, _why_not(target, notice, ca_bundle)) for target in where]


def _why_not(target: Target, notice: Notice, ca_bundle: str) -> str:
    try:
        deliver(target, notice, ca_bundle)
    except DrError as error:
        return str(error)
    return ""
