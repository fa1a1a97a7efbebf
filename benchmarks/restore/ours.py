"""The restore as the module does it, out of a folder, in a process of its own: how long, and how much memory.

The module's parameters come as JSON by standard input. The answer is JSON too.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import time
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils._mysql import open_session
from ansible_collections.goupang.dr.plugins.modules import mysql_restore_sanitized

from benchmarks.restore.dataset import Folder


def main() -> None:
    params = json.load(sys.stdin)
    # The module reads from Azure: what that takes in memory counts.
    for library in ("azure.storage.blob", "azure.identity"):
        importlib.import_module(library)
    began = time.perf_counter()
    opener = functools.partial(open_session, params, params["statement_timeout"])
    session = opener()
    more = [opener] * (params["connections"] - 1)
    answer = mysql_restore_sanitized.run(params, False, session, Folder(Path(params["folder"])), more)
    session.close()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "peak_rss_mb": peak_rss_mb(), "schema": answer["schema"]}))


def peak_rss_mb() -> float:
    """The kernel's own high-water mark of this program. getrusage's is older than the program: it starts with the peak
    of whoever started it.
    """
    status = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(kilobytes) / 1024


if __name__ == "__main__":
    main()
