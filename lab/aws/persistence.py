"""Route 53 and CloudFront survive a restart of the emulator.

They hold what `provision` made: an emulator that forgets its hosted zone would
end the laboratory with the process. The other services are asked, not relied on.
The file is written and read by this program alone; it is pickle because the
backends are moto's own graphs of objects.
"""

from __future__ import annotations

import pickle
import typing as t
from pathlib import Path

from moto.cloudfront.models import cloudfront_backends
from moto.route53.models import route53_backends

KEPT: dict[str, t.Any] = {"route53": route53_backends, "cloudfront": cloudfront_backends}


class Store:
    """The state of the kept services in one file, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self) -> None:
        state = {
            (service, account, region): vars(backend)
            for service, backends in KEPT.items()
            for account, region, backend in backends.iter_backends()
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._path.with_suffix(".new")
        scratch.touch(mode=0o600)
        scratch.write_bytes(pickle.dumps(state))
        scratch.replace(self._path)

    def load(self) -> None:
        if not self._path.exists():
            return
        state = pickle.loads(self._path.read_bytes())  # noqa: S301 -- our own file, mode 0600, see above
        for (service, account, region), values in state.items():
            vars(KEPT[service][account][region]).update(values)
