"""python -m lab.azure: the emulated Azure control plane, until it is told to end. `up` starts it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from lab import facts, netns
from lab.azure import names
from lab.azure.arm import Arm
from lab.azure.backing import LabBacking
from lab.azure.machines import PodmanMachines
from lab.azure.network import Pool
from lab.azure.operations import Pace
from lab.azure.server import Server
from lab.azure.store import Store
from lab.azure.throttled import throttled
from lab.calls.recorder import Recorder, folder, recorded
from lab.errors import LabError
from lab.podman import Podman
from lab.throttle import Throttle, orders

PORT = 443


def step_seconds() -> float:
    """LAB_ARM_STEP: how long each phase of an operation takes at least."""
    text = os.environ.get("LAB_ARM_STEP", "0.5")
    try:
        return float(text)
    except ValueError:
        raise LabError(f"LAB_ARM_STEP={text} is not a number of seconds") from None


def end_with(pid: int, server: Server) -> None:
    """End when the container is gone whose address we borrow: nobody can reach us any more. `up` starts us again."""
    while Path(f"/proc/{pid}").exists():
        time.sleep(1)
    logging.warning("The container with our address is gone")
    server.shutdown()


def serve() -> None:
    home, lab = facts.home(), facts.load()
    podman = Podman.of(home)
    container = podman.pid(f"{lab.id}-azure")
    listener = netns.listen(container, lab.addresses["azure"], PORT)
    store = Store(
        home / "arm" / "state.json", after_save=lambda state: names.publish(state, home / "run" / "azure-names.json")
    )
    secrets = facts.secrets()
    arm = Arm.assemble(
        store=store,
        secret=secrets["azure_client_secret"],
        machines=PodmanMachines(podman, lab),
        pool=Pool(lab.subnet, facts.FIRST_MACHINE),
        pace=Pace(step=step_seconds()),
        backing=LabBacking(podman, lab, secrets["storage_key"]),
    )
    calls = Recorder(folder(home) / "arm.jsonl")
    answer = recorded(calls, throttled(Throttle(orders(home)[0]), arm.answer))
    server = Server(listener, home / "ca" / "azure.pem", home / "ca" / "azure.key", answer)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    threading.Thread(target=end_with, args=(container, server), daemon=True).start()
    store.save()
    arm.operations.resume()
    server.serve_forever()
    server.server_close()


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        serve()
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
