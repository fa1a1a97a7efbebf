# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """How the modules of the action group mysql reach a MySQL server."""

    DOCUMENTATION = r"""
options:
  login_host:
    description: Name or address of the MySQL server. Its certificate must carry this name or address.
    type: str
    required: true
  login_port:
    description: Port of the MySQL server.
    type: int
    default: 3306
  login_user:
    description: Account to work as.
    type: str
    required: true
  login_password:
    description: Password of O(login_user). It never appears in a process list, a log or a diff.
    type: str
    required: true
  login_ca:
    description:
      - PEM file of the authorities that the server's certificate is verified with.
      - Without it the system's own authorities are used. The connection is encrypted and verified in both cases.
    type: path
requirements:
  - PyMySQL >= 1.1.0
notes:
  - A connection is given up after 10 seconds, an answer after 60 unless the module says otherwise.
"""
