#!/bin/sh
# The first process of a host that only lends its address to an emulator: wait, and end when told to.
trap 'exit 0' TERM
while :; do sleep 3600 & wait $!; done
