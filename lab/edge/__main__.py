"""python -m lab.edge: keep the edge's nginx in step with CloudFront's API, until it is stopped."""

from __future__ import annotations

import logging
import sys
import time
import typing as t

from lab import facts
from lab.edge.loading import Edge
from lab.errors import LabError
from lab.podman import Podman
from lab.route53.control_plane import client

POLL_INTERVAL = 1.0


def main() -> t.NoReturn:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    lab, secrets, home = facts.load(), facts.secrets(), facts.home()
    url = f"http://{lab.addresses['aws']}"
    cloudfront = client("cloudfront", url, facts.AWS_ACCESS_KEY, secrets["aws_secret_key"])
    edge = Edge(lab, home / "edge", Podman.of(home), cloudfront)
    while True:
        edge.follow()
        time.sleep(POLL_INTERVAL)


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(str(error))
