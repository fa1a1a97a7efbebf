"""The clouds' libraries are imported when they are needed, and their absence is one sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _library
from ansible_collections.goupang.dr.plugins.module_utils._errors import LibraryMissing

READINESS = """
import sys
import ansible_collections.goupang.dr.plugins.modules.dr_readiness
print(sorted(name for name in ("azure", "boto3", "botocore") if name in sys.modules))
"""


def test_a_library_that_is_not_installed_is_named() -> None:
    with pytest.raises(LibraryMissing, match="no-such-package"):
        _library.library("no_such_module", "no-such-package")


def test_dr_readiness_waits_for_who_may_be_dead_before_it_imports_them() -> None:
    paths = [path for path in sys.path if path]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n{READINESS}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
