# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a service of ours tells systemd."""

from __future__ import annotations

import os
import socket


def tell_systemd(text: str) -> None:
    """As sd_notify does; nothing without systemd."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        # A name that begins with @ lies in the abstract namespace.
        sock.connect("\0" + address[1:] if address.startswith("@") else address)
        sock.sendall(text.encode())
