"""The emulated Azure control plane: Entra's tokens and Azure Resource Manager over HTTPS.

Unmodified Azure SDKs talk to it. Its virtual machines are podman hosts with systemd and sshd.

What it simplifies: machines are containers of one image whatever image is asked for; their private and public address
are both the container's own; security groups filter nothing; custom data is ignored; a size limits neither processors
nor memory; a machine's name is unique in the laboratory, not in its group.
"""
