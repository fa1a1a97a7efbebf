# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of every module that reads a dump: what opens one that is encrypted."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  encryption_keys:
    description:
      - The keys that encrypted dumps may be opened with; empty ones do not count. The manifest names the one that a
        dump needs. After a key was changed, give the old one too for as long as backups of before are kept.
      - A key that is missing ends the task in one sentence, before anything is changed.
    type: list
    elements: str
    default: []
  require_encryption:
    description: Whether a backup that is not encrypted is refused, as one that somebody else may have put there.
    type: bool
    default: false
requirements:
  - cryptography, for dumps that are encrypted
"""
