#!/bin/sh
# A wrapper for Cargo (RUSTC_WORKSPACE_WRAPPER): our own crates count their lines, others do not.
exec "$@" -C instrument-coverage
