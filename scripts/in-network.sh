#!/usr/bin/env bash
# Runs a command in a network of its own: two hosts joined by a cable, which are gone with the command.
#
#   scripts/in-network.sh COMMAND…
#
#   host "people"  203.0.113.2  where the command runs
#   host "server"  203.0.113.1  by the name help.test; ip netns exec server COMMAND…
#
# Network, mounts and processes are namespaces of one process: however it ends, the kernel ends what
# it started and takes down interfaces, packet filters and the hosts file. Nothing of the machine's
# own network is touched, and nothing in here reaches it. Needs no root where the kernel lets users
# make namespaces.
set -euo pipefail

[ $# -gt 0 ] || {
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

if [ "${HELPSIGHT_NETWORK:-}" != inside ]; then
  as_user=()
  [ "$(id -u)" = 0 ] || as_user=(--user --map-root-user)
  HELPSIGHT_NETWORK=inside exec unshare "${as_user[@]}" --net --mount --pid --fork --kill-child \
    --mount-proc "$0" "$@"
fi

# `ip netns` keeps its names below /run.
mount -t tmpfs tmpfs /run
ip netns add server
ip link add name people type veth peer name server
ip link set server netns server
ip address add 203.0.113.2/24 dev people
ip link set people up
ip link set lo up
ip -netns server address add 203.0.113.1/24 dev server
ip -netns server link set server up
ip -netns server link set lo up

printf '%s\n' '127.0.0.1 localhost' '203.0.113.1 help.test' >/run/hosts
mount --bind /run/hosts /etc/hosts

# Not exec: the first process of the namespace must be one that takes over orphans.
"$@"
