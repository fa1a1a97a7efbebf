"""Whether something of the lab can be reached: each question has a short deadline, and silence is an answer."""

from __future__ import annotations

import socket
import ssl
import typing as t
import urllib.error
import urllib.request

import dns.exception
import dns.message
import dns.query

from lab import supervisor
from lab.facts import Facts

TOMCAT_SECONDS = 180.0


def accepts(address: str, port: int) -> bool:
    """Whether a TCP connection is taken within a second."""
    try:
        with socket.create_connection((address, port), timeout=1.0):
            return True
    except OSError:
        return False


def answers_dns(address: str, names: t.Mapping[str, str]) -> bool:
    """Whether PowerDNS knows the clouds' names: these come from lab.route53 alone, before there is any zone."""
    name, expected = next(iter(names.items()))
    try:
        answer = dns.query.udp(dns.message.make_query(name, "A"), address, timeout=1.0)
    except (OSError, dns.exception.DNSException):
        return False
    return any(item.to_text() == expected for line in answer.answer for item in line)


def _opener(ca_bundle: str) -> urllib.request.OpenerDirector:
    """Of no proxy: the lab's addresses are this machine's."""
    context = ssl.create_default_context(cafile=ca_bundle)
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def status_of(url: str, ca_bundle: str) -> int | None:
    """The status of a GET, or None when nobody answers."""
    try:
        with _opener(ca_bundle).open(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def asks_to_wait(url: str, ca_bundle: str) -> bool:
    """Whether a GET is refused with the words "not now, but then": Retry-After."""
    try:
        _opener(ca_bundle).open(url, timeout=5).close()
    except urllib.error.HTTPError as error:
        with error:
            return "Retry-After" in error.headers
    except OSError:
        return False
    return False


def mark(facts: Facts) -> str:
    """The URL of the blob that closes the primary while it is there."""
    return f"{facts.blob_account_url}/switch/petclinic-primary-closed"


def await_primary(facts: Facts) -> None:
    """Until the application answers through its load balancer. LabError when it does not.

    A primary that its mark closes is whole, and says 503.
    """
    url = f"https://{facts.addresses['alb']}{facts.health_path}"

    def answers() -> bool:
        status = status_of(url, facts.ca_bundle)
        return status == 200 or (status == 503 and status_of(mark(facts), facts.ca_bundle) == 200)

    supervisor.wait_until(
        f"the primary answers at {url} (look into it: python -m lab status)",
        answers,
        TOMCAT_SECONDS,
        interval_seconds=0.5,
    )
