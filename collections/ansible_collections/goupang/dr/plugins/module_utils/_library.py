# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Libraries that are imported when they are needed. Private to this collection.

The clouds' take a third of a second each: whoever asks many things side by side asks first what needs none of them.
"""

from __future__ import annotations

import importlib
import threading
import typing as t

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.goupang.dr.plugins.module_utils._errors import LibraryMissing

# Azure's packages import each other in circles: of two threads that import them at once, one could get half of one.
_IMPORTING = threading.Lock()


def library(module: str, package: str) -> t.Any:
    """The module of this name. LibraryMissing names the package to install."""
    try:
        with _IMPORTING:
            return importlib.import_module(module)
    except ImportError as error:
        raise LibraryMissing(missing_required_lib(package)) from error
