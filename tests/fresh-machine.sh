#!/usr/bin/env bash
# FOR TEST MACHINES ONLY. Makes this machine as fresh as before the first `make drill`, so that
# the next one has to set up everything: takes this checkout's lab down, removes the lab's
# images, the tools in this folder, and PURGES the system's packages that `tools/setup machine`
# installs, whoever had installed them.
#
#   tests/fresh-machine.sh --yes-this-is-a-test-machine
set -euo pipefail
cd "$(dirname "$0")/.."

# As in tools/setup, without what a machine has anyway or cannot live without: iproute2,
# util-linux, openssh-client, curl, ca-certificates, debian-archive-keyring, nodejs and npm.
PACKAGES=(podman runc netavark aardvark-dns mmdebstrap uidmap iptables)
CACHE=${LAB_CACHE:-/var/cache/goupang-dr-lab}

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

[ "${1:-}" = --yes-this-is-a-test-machine ] || stop \
  "This purges packages (${PACKAGES[*]}) and removes $CACHE. On a test machine: $0 --yes-this-is-a-test-machine"
[ "$(id -u)" = 0 ] || stop "This needs root: sudo $0 $*"
case $CACHE in /*/*) ;; *) stop "LAB_CACHE=$CACHE is not the folder of a cache: it would be removed whole." ;; esac

lab_home=${LAB_HOME:-.lab}
if [ -e "$lab_home" ]; then
  [ -x .venv/bin/python ] || stop "A lab may be up in $lab_home, and without .venv it cannot be taken down: make setup"
  .venv/bin/python -m lab down
fi

# Every container of the cache has a process that watches over it. Those of other labs are not ours to end.
others=$(pgrep --full --list-full "^[^ ]*conmon .*-b $CACHE/" | grep -o -- '-n lab-[0-9a-f]*' | sort -u || true)
[ -z "$others" ] || stop "Other labs of this machine use $CACHE (${others//$'\n'/, }): take them down first."

say "Removing $CACHE, .venv, .ansible"
if mountpoint --quiet "$CACHE/store/overlay"; then umount "$CACHE/store/overlay"; fi
rm -rf --one-file-system "$CACHE" /run/goupang-dr-lab .venv .ansible

installed=()
for name in "${PACKAGES[@]}"; do
  if dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then installed+=("$name"); fi
done
if [ ${#installed[@]} -gt 0 ]; then
  say "Purging ${installed[*]}, and what only they needed"
  DEBIAN_FRONTEND=noninteractive apt-get purge --yes --quiet --autoremove "${installed[@]}"
fi
say "This machine is fresh: the next make drill has everything to do."
