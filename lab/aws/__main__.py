"""python -m lab.aws: AWS's API at the address of the container `aws`, until it is stopped."""

from __future__ import annotations

import sys

from lab import facts
from lab.aws.server import server
from lab.calls.recorder import Recorder, folder
from lab.errors import LabError
from lab.netns import listen
from lab.podman import Podman
from lab.throttle import Throttle, orders

PORT = 80


def main() -> int:
    lab, home = facts.load(), facts.home()
    pid = Podman.of(home).pid(f"{lab.id}-aws")
    with listen(pid, lab.addresses["aws"], PORT) as listener:
        state, health_file = home / "aws" / "state.pickle", home / "run" / "health.json"
        calls = Recorder(folder(home) / "aws.jsonl")
        server(listener, state, health_file, Throttle(orders(home)[0]), calls).serve_forever()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(str(error))
