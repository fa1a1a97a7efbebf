"""The emulated Azure control plane: Entra's tokens and Azure Resource Manager over HTTPS.

Unmodified Azure SDKs talk to it. Its virtual machines are podman hosts with systemd and sshd.
What it simplifies is said in `FIDELITY`.
"""

from __future__ import annotations

FIDELITY = (
    "Azure Resource Manager and Entra are emulated: machines are containers of one image whatever image is asked for, "
    "a machine's private and public address are both the container's own, security groups filter nothing, "
    "custom data is ignored, and sizes limit neither processors nor memory."
)
