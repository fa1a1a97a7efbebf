"""Which Debian mirror the images are built from: the one that this machine's own apt reads.

Understands both forms of sources: deb822 (NAME.sources) and one-line (NAME.list). The settings
LAB_DEBIAN_MIRROR and LAB_DEBIAN_SECURITY_MIRROR come first.
"""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

# Of Debian itself, and of every vendor who has a "stable" too: see _is_debian.
_CODENAMES = {"bullseye", "bookworm", "trixie", "forky", "sid", "oldoldstable", "oldstable", "stable", "testing"}
_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.*)$")


@dataclass(frozen=True)
class Source:
    """One archive of one suite: its address and name, such as bookworm-security."""

    uri: str
    suite: str


@dataclass(frozen=True)
class Mirror:
    """Addresses of the Debian archive and of its security archive ("" where there is none)."""

    main: str
    security: str

    def lines(self, suite: str) -> list[str]:
        """Lines of sources.list for a suite; sid has no security archive."""
        lines = [f"deb {self.main} {suite} main"]
        if self.security and suite not in ("sid", "unstable"):
            lines.append(f"deb {self.security} {suite}-security main")
        return lines


def parse_deb822(text: str) -> list[Source]:
    sources = []
    # Comments may stand between the fields of a stanza, and must not end it.
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", bare):
        folded = re.sub(r"\n[ \t]+", " ", stanza)
        pairs = (line.split(":", 1) for line in folded.splitlines() if ":" in line)
        fields = {key.strip().lower(): value.split() for key, value in pairs}
        if fields.get("enabled") == ["no"] or "deb" not in fields.get("types", []):
            continue
        if "main" in fields.get("components", []):
            sources += [Source(uri, suite) for uri in fields.get("uris", []) for suite in fields.get("suites", [])]
    return sources


def parse_one_line(text: str) -> list[Source]:
    found = (_ONE_LINE.match(line.strip()) for line in text.splitlines())
    return [Source(hit["uri"], hit["suite"]) for hit in found if hit and "main" in hit["components"].split()]


def choose(sources: t.Iterable[Source], environment: t.Mapping[str, str]) -> Mirror:
    """LabError, with the setting to use, where apt knows no Debian archive (on Ubuntu, say)."""
    main = environment.get("LAB_DEBIAN_MIRROR", "").rstrip("/")
    security = environment.get("LAB_DEBIAN_SECURITY_MIRROR", "").rstrip("/")
    if main:
        beside = re.sub(r"/debian$", "/debian-security", main)
        return Mirror(main, security or (beside if beside != main else ""))
    listed = [source for source in sources if source.uri.startswith("http")]
    for source in listed:
        codename, _, kind = source.suite.partition("-")
        if codename not in _CODENAMES or not _is_debian(source.uri, listed):
            continue
        if kind == "security":
            security = security or source.uri.rstrip("/")
        elif kind in ("", "updates"):
            main = main or source.uri.rstrip("/")
    if not main:
        raise LabError(
            "The lab's images are Debian, and this machine's apt knows no Debian mirror; name one: "
            "LAB_DEBIAN_MIRROR=URL-OF-A-DEBIAN-MIRROR python -m lab up"
        )
    return Mirror(main, security)


def _is_debian(uri: str, listed: t.Sequence[Source]) -> bool:
    """Whether it is Debian's archive, and not a browser's or an editor's "stable main": it is called so, or has
    the updates that only a distribution has."""
    return "debian" in uri.rstrip("/").rpartition("/")[2] or any(
        source.uri == uri and source.suite.endswith("-updates") for source in listed
    )


def find(apt: Path = Path("/etc/apt"), environment: t.Mapping[str, str] = os.environ) -> Mirror:
    sources: list[Source] = []
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        sources += parse_deb822(path.read_text())
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]:
        if path.exists():
            sources += parse_one_line(path.read_text())
    return choose(sources, environment)
