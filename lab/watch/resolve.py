"""How users find addresses: by a cache that honours the TTL, or by one that does not."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

# What a browser or a JVM with a cache of its own does at its worst.
STALE_SECONDS = 15 * 60.0


class ResolveError(Exception):
    """The name has no address now, and why."""


@dataclass(frozen=True)
class Lookup:
    """An IPv4 address, and for how many seconds it may be kept."""

    address: str
    ttl: float


Ask = t.Callable[[str], Lookup]


def authoritative(server: str, port: int = 53, timeout_seconds: float = 2.0) -> Ask:
    """Asks the name server at this address for the A record of a name. Raises ResolveError."""

    def ask(name: str) -> Lookup:
        query = dns.message.make_query(name, dns.rdatatype.A)
        try:
            response, _ = dns.query.udp_with_fallback(query, server, timeout=timeout_seconds, port=port)
        except (OSError, dns.exception.DNSException) as error:
            raise ResolveError(f"DNS does not answer for {name} ({type(error).__name__})") from error
        if response.rcode() != dns.rcode.NOERROR:
            raise ResolveError(f"DNS answers {dns.rcode.to_text(response.rcode())} for {name}")
        addresses = [rrset for rrset in response.answer if rrset.rdtype == dns.rdatatype.A]
        if not addresses:
            raise ResolveError(f"DNS has no address for {name}")
        # A chain of CNAMEs lives as long as its shortest link.
        return Lookup(addresses[-1][0].to_text(), float(min(rrset.ttl for rrset in response.answer)))

    return ask


class Follower:
    """A resolver's cache: an answer is kept for its TTL, an error is not kept."""

    def __init__(self, ask: Ask, now: t.Callable[[], float]) -> None:
        self._ask = ask
        self._now = now
        self._kept: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def address(self, name: str) -> str:
        """An IPv4 address. Raises ResolveError."""
        with self._lock:
            kept = self._kept.get(name)
        if kept and self._now() < kept[1]:
            return kept[0]
        found = self._ask(name)
        with self._lock:
            self._kept[name] = (found.address, self._now() + self._lifetime(found))
        return found.address

    def unanswered(self, name: str) -> None:
        """No connection could be made to the address. A resolver does not know, and keeps it."""

    def _lifetime(self, found: Lookup) -> float:
        return found.ttl


class Stale(Follower):
    """A client that asks once and keeps the address while it answers connections, 15 minutes at most."""

    def unanswered(self, name: str) -> None:
        with self._lock:
            self._kept.pop(name, None)

    def _lifetime(self, found: Lookup) -> float:
        return STALE_SECONDS
