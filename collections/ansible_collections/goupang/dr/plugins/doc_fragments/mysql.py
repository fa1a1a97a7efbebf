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
  login_ssh:
    description:
      - The host that reaches the server, where this one does not, by C(ssh -W). O(login_host) and O(login_port) are as
        that host sees them, so a server that listens on its own host alone is V(127.0.0.1).
      - Nothing is installed there, and TLS goes from end to end. Its C(sshd_config) must not forbid
        C(AllowTcpForwarding).
    type: dict
    version_added: 0.2.0
    suboptions:
      host:
        description: Its name or address.
        type: str
        required: true
      port:
        description: Its port of SSH.
        type: int
        default: 22
      user:
        description: Whom to log in as.
        type: str
      private_key_file:
        description: The private key to log in with.
        type: path
      arguments:
        description: Further arguments of C(ssh), as C(ansible_ssh_common_args).
        type: str
requirements:
  - PyMySQL >= 1.1.0
notes:
  - A connection is given up after 10 seconds, an answer after 60 unless the module says otherwise. Logging in by
    O(login_ssh) may take 5 more.
"""
