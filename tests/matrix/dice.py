"""Where kills and cuts fall: at random, and the same again with $MATRIX_SEED."""

from __future__ import annotations

import os
import random

SEED = int(os.environ.get("MATRIX_SEED") or random.SystemRandom().randrange(10**6))


def dice(*names: object) -> random.Random:
    """The dice of one throw; each name has its own."""
    return random.Random(" ".join(map(str, (SEED, *names))))  # noqa: S311 - a test's dice
