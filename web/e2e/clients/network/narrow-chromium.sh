#!/usr/bin/env bash
# Chromium on the host "narrow" of scripts/in-network.sh, for whoever wants one executable.
exec ip netns exec narrow "${HELPSIGHT_E2E_CHROMIUM:-/usr/bin/chromium}" "$@"
