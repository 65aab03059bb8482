# What ./start and ./test share: messages, system packages, Node and the web build, the binary.
#
# Sourced, never run. Everything here is idempotent: a second call finds its work done and says
# nothing. Invariant: nothing is installed, downloaded or built before the check that it is missing
# or stale, so that the scripts also work without a network once everything is there.
# shellcheck shell=bash

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
TARGET="${CARGO_TARGET_DIR:-$ROOT/target}"
case "$TARGET" in /*) ;; *) TARGET="$PWD/$TARGET" ;; esac
STAMPS="$TARGET/stamps"
BINARY="$TARGET/release/helpsight"
RUST_MIN="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | head -n 1)"

# rustup's default place, for shells that do not read the profile.
[ -d "${CARGO_HOME:-${HOME:-/root}/.cargo}/bin" ] && PATH="$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin"

if [ -t 2 ]; then BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' PLAIN=$'\e[0m'; else BOLD='' DIM='' RED='' PLAIN=''; fi

say() { printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*" >&2; }
note() { printf '    %s%s%s\n' "$DIM" "$*" "$PLAIN" >&2; }

# fail MESSAGE [NEXT STEP…]
fail() {
  printf '%serror:%s %s\n' "$RED" "$PLAIN" "$1" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    fail "this needs root: $*" "Run it as root, or install sudo, and start again."
  fi
}

apt_is_fresh=''

# install_packages PACKAGE…: Debian packages, of which at least one is known to be missing.
install_packages() {
  have apt-get || fail "missing on this machine: $*" \
    "Only Debian and its relatives are set up automatically." \
    "Install what these packages provide and start again."
  say "Installing from Debian: $*"
  if [ -z "$apt_is_fresh" ]; then
    as_root apt-get update -qq </dev/null || fail "apt-get update failed" "Check the network and /etc/apt/sources.list, then start again."
    apt_is_fresh=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2 ||
    fail "apt-get install failed: $*" "Its message is above. Mend that and start again."
}

# need_commands COMMAND=PACKAGE[,PACKAGE…]…: installs the packages of those commands that are missing.
need_commands() {
  local wanted=() pair
  for pair in "$@"; do
    have "${pair%%=*}" || wanted+=("${pair#*=}")
  done
  [ ${#wanted[@]} = 0 ] && return 0
  local packages
  IFS=', ' read -r -a packages <<<"${wanted[*]//,/ }"
  install_packages "${packages[@]}"
  hash -r
}

need_rust() {
  have cargo || fail "no Rust toolchain: cargo is not on the PATH" \
    "Install it (https://rustup.rs), version $RUST_MIN or newer, and start again."
  local version
  version="$(rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p')"
  [ -n "$version" ] || fail "rustc does not answer" "If it is rustup's, run: rustup default stable"
  [ "$(printf '%s\n%s\n' "$RUST_MIN" "$version" | sort -V | head -n 1)" = "$RUST_MIN" ] ||
    fail "Rust $version is too old" "Helpsight needs $RUST_MIN or newer. With rustup: rustup update stable"
  need_commands cc=gcc,libc6-dev
  [ -e /usr/include/stdlib.h ] || install_packages libc6-dev
}

# hash_of PATH…: one hash over names and contents of files (folders: all below).
hash_of() {
  (cd "$ROOT" && find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
}

is_stamped() { [ -f "$STAMPS/$1" ] && [ "$(cat "$STAMPS/$1")" = "$2" ]; }
stamp() { mkdir -p "$STAMPS" && printf '%s\n' "$2" >"$STAMPS/$1"; }

# use_node: puts the pinned Node and npm first on the PATH. The machine's npm only fetches them: old
# ones read the web app's lock file differently and leave out packages that their Node is too old for.
use_node() {
  local folder="$ROOT/scripts/node" hash
  hash="$(hash_of scripts/node/package.json scripts/node/package-lock.json)"
  if [ ! -x "$folder/node_modules/.bin/npm" ] || ! is_stamped node "$hash"; then
    need_commands npm=nodejs,npm
    say "Fetching the pinned Node"
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error </dev/null >&2) ||
      fail "the pinned Node could not be fetched" "Check the network and the message above, then start again."
    stamp node "$hash"
  fi
  PATH="$folder/node_modules/.bin:$PATH"
}

# npm_install FOLDER: exactly the locked packages, once per lock file.
npm_install() {
  local folder="$1" name hash
  name="npm-${folder//\//-}"
  hash="$(hash_of "$folder/package.json" "$folder/package-lock.json")"
  if [ -d "$ROOT/$folder/node_modules" ] && is_stamped "$name" "$hash"; then return 0; fi
  use_node
  say "Installing the packages of $folder"
  (cd "$ROOT/$folder" && npm ci --no-audit --no-fund --loglevel=error </dev/null >&2) ||
    fail "npm ci failed in $folder" "Check the network and the message above, then start again."
  stamp "$name" "$hash"
}

# Everything in web/ that can change what is built from it.
web_inputs() {
  (cd "$ROOT" && find web -mindepth 1 -maxdepth 1 \
    ! -name node_modules ! -name build ! -name .svelte-kit ! -name e2e ! -name 'test-results*' | LC_ALL=C sort)
}

build_web() {
  local inputs hash
  mapfile -t inputs < <(web_inputs)
  hash="$(hash_of "${inputs[@]}")"
  if [ -f "$ROOT/web/build/index.html" ] && is_stamped web-build "$hash"; then return 0; fi
  npm_install web
  use_node
  say "Building the web app"
  (cd "$ROOT/web" && npm run --silent build </dev/null >&2) ||
    fail "the web app does not build" "The message is above; to see it again: cd web && npm run build"
  stamp web-build "$hash"
}

build_binary() {
  need_rust
  [ -x "$BINARY" ] || say "Building the server (the first time takes some minutes)"
  cargo build --release --locked --manifest-path "$ROOT/Cargo.toml" --bin helpsight ||
    fail "the server does not build" "The compiler's message is above."
}
