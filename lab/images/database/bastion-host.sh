#!/bin/sh
# The first process of the bastion: sshd, with host keys of its own.
set -eu
ssh-keygen -A
install -o ec2-user -g ec2-user -m 600 /lab/authorized_keys /home/ec2-user/.ssh/authorized_keys
exec /usr/sbin/sshd -D -e
