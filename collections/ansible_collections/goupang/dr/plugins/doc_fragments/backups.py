# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of every module that works on backups: where they lie."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  account_url:
    description: URL of the storage account's blob service.
    type: str
    required: true
  container:
    description: Container of the backups. It must exist.
    type: str
    required: true
  prefix:
    description: What the names of the backups' blobs begin with, such as a folder with its slash.
    type: str
    default: ''
requirements:
  - azure-storage-blob
"""
