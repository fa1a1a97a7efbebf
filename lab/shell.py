"""`python -m lab curl URL...`: a person where users are, with the lab's DNS and its CA."""

from __future__ import annotations

import shutil
import subprocess
import urllib.parse
from collections.abc import Sequence

from lab import facts
from lab.errors import LabError
from lab.watch.fetch import FetchError, Request, over_https
from lab.watch.resolve import Ask, ResolveError, authoritative

MOST_SECONDS = "15"


def curl(urls: Sequence[str], options: Sequence[str], ask: Ask, ca_bundle: str) -> list[str]:
    """The command line: each URL's host is pinned to what the lab's DNS answers now. Raises ResolveError."""
    command = ["curl", "--silent", "--show-error", "--max-time", MOST_SECONDS, "--cacert", ca_bundle]
    for host, port in dict.fromkeys(_target(url) for url in urls):
        command += ["--resolve", f"{host}:{port}:{ask(host).address}"]
    return [*command, *options, *urls]


def _target(url: str) -> tuple[str, int]:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LabError(f"{url} is not a URL: write it with its scheme, as in https://dr.petclinic.lab/")
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _is_url(argument: str) -> bool:
    return argument.startswith(("http://", "https://"))


def fetch(url: str, ask: Ask, ca_bundle: str) -> str:
    """The body of a page, without curl. Raises ResolveError and FetchError."""
    host, port = _target(url)
    parts = urllib.parse.urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return over_https(ca_bundle, port)(ask(host).address, Request(host, path)).body


def run(argv: list[str]) -> int:
    """Everything that is not a URL is an option of curl. Returns curl's exit code."""
    urls = [argument for argument in argv if _is_url(argument)]
    options = [argument for argument in argv if not _is_url(argument)]
    if not urls:
        raise LabError("Which URL? For example: python -m lab curl -i https://dr.petclinic.lab/owners")
    lab = facts.load()
    ask = authoritative(lab.addresses["dns"])
    try:
        if shutil.which("curl"):
            done = subprocess.run(curl(urls, options, ask, lab.ca_bundle), check=False, timeout=60)
            return done.returncode
        if options:
            raise LabError(f"{options[0]} is an option of curl, which is missing: apt-get install curl")
        for url in urls:
            print(fetch(url, ask, lab.ca_bundle))
    except (ResolveError, FetchError) as error:
        raise LabError(f"{error}. Is the lab up? python -m lab status") from error
    return 0
