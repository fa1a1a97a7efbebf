# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the process beside a run that brings its notices to people, and the run's side of it.

A process and not a thread, for the reason in _lock_renewer: Ansible forks. It is told everything by its standard input,
webhooks' URLs too, so that they are in no argument, environment or file.

    the run says    one line of JSON: {"targets": [...], "language": ..., "ca_bundle": ..., "journal": path, "run": id};
                    then a line for each notice; then "end"
    it answers      at its end, a line of JSON for each notice that did not arrive:
                    {"target": ..., "moment": ..., "why": ...}

Each target has a thread and a queue of its own: one that is silent keeps nobody else waiting. What came of each notice
is a line of the run's journal, written when it is known, so it may stand behind the line of the run's end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils import _notice_send
from ansible_collections.goupang.dr.plugins.module_utils._notice_post import JournalLines, Post
from ansible_collections.goupang.dr.plugins.module_utils._notices import Json, Notice

# After the run's end: what has not arrived by then is given up, and on record as such.
END_SECONDS = 10.0
ROOT = Path(__file__).resolve().parents[5]
_CODE = f"import sys; sys.path[0] = sys.argv[1]; from {__name__} import main; main()"


# -- In the process beside the run -----------------------------------------------------


def main() -> None:
    """The process: reads where to, then what."""
    told = json.loads(sys.stdin.readline() or "{}")
    if not told:
        return
    where = _notice_send.targets(told["targets"], told["language"])
    bundle = told["ca_bundle"]
    lines = JournalLines(told["journal"], told["run"])
    post = Post(where, lambda target, notice: _notice_send.deliver(target, notice, bundle), lines.write)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        post.give(Notice.of(json.loads(line)))
    post.end(END_SECONDS)
    for missed in post.missed:
        sys.stdout.write(json.dumps(missed) + "\n")
    sys.stdout.flush()
    # A thread that still waits for a silent webhook is a daemon; let nothing wait for it.
    os._exit(0)


# -- In the run ------------------------------------------------------------------------


class Process(t.Protocol):
    """What delivers, as the run sees it."""

    def say(self, word: str) -> None: ...

    def end(self, seconds: float) -> list[Json] | None:
        """What did not arrive; None when that is not known after so many seconds, while it goes on delivering."""


class Beside:
    """The real process, in a session of its own: Ctrl-C ends the run, which is one more notice."""

    def __init__(self, told: Json) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        self.say(json.dumps(told))

    def say(self, word: str) -> None:
        stdin = t.cast("t.IO[str]", self._process.stdin)
        try:
            stdin.write(word + "\n")
            stdin.flush()
        except OSError:
            # It has ended: what it could not deliver shows in the journal, or its absence does.
            return

    def end(self, seconds: float) -> list[Json] | None:
        try:
            output, _nothing = self._process.communicate("end\n", timeout=seconds)
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return None
        return [json.loads(line) for line in output.splitlines()]
