# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong, as one tree. Each error is one sentence for the person who runs the playbook.

DrError                    catch this in main(), and nowhere else
├── LibraryMissing         a Python library is not installed where the module runs
├── OutOfReach             no answer: network, name, TLS, or the service is down
├── NotAuthorised          it answered, and refused who we are or what we ask
├── Missing                what we were told to use is not there
│   └── BlobMissing        a blob that was asked for by name
├── Refused                going on could do harm (not ours, not whole, not what was promised)
│   ├── Damaged            a dump is not the one that its manifest names
│   └── NoKey              a dump is encrypted, and its key was not given; or it is not, and should be
├── DeadlinePassed         it did not happen in the time that was given
└── ServiceFault           the service reports a fault; its code says which
    └── SizeUnavailable    Azure does not have this machine size here and now

Private to this collection.
"""

# ruff: noqa: N818 (they say what is wrong, and are read so: "except BlobMissing")
from __future__ import annotations


class DrError(Exception):
    """What is wrong and what to do about it, in one sentence. code is the service's own word for it, or empty."""

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code


class LibraryMissing(DrError):
    """A Python library is not installed where the module runs."""


class OutOfReach(DrError):
    """There was no answer: network, name, TLS, or the service is down."""


class NotAuthorised(DrError):
    """The service refused who we are, or what we asked."""


class Missing(DrError):
    """What we were told to use is not there."""


class BlobMissing(Missing):
    """There is no blob of this name."""


class Refused(DrError):
    """Going on could do harm, so nothing was done."""


class Damaged(Refused):
    """What lies in Blob is not what was put there: another backup may be whole."""


class NoKey(Refused):
    """It cannot be opened with the keys that were given, or should be encrypted and is not. It is not damaged."""


class DeadlinePassed(DrError):
    """It did not happen in the time that was given."""


class ServiceFault(DrError):
    """The service reports a fault; code says which."""


class SizeUnavailable(ServiceFault):
    """Azure does not have this machine size here and now: another size may work."""


def is_silence(error: BaseException | None) -> bool:
    """Whether nobody answered: the error itself, or what led to it."""
    return _led_to(error, (OutOfReach, DeadlinePassed))


def is_refusal(error: BaseException | None) -> bool:
    """Whether it was refused because going on could do harm."""
    return _led_to(error, (Refused,))


def _led_to(error: BaseException | None, kinds: tuple[type[DrError], ...]) -> bool:
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__
    return False
