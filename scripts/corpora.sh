#!/usr/bin/env bash
# What the committed inputs of the fuzz targets reach, and new ones.
#
#   scripts/corpora.sh coverage             plays each corpus and prints what it reaches of its parser
#   scripts/corpora.sh fuzz SECONDS [NAME]  looks for new inputs, so long for each target
#
# A target is a test crates/CRATE/src/fuzz.rs; its corpus is below crates/CRATE/src/__fuzz__. What
# makes one fail is kept in the folder crashes beside the corpus, where every test run plays it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

# Crate, target, and the files that are its parser.
TARGETS=(
  'sfu stun_packets stun.rs'
  'sfu descriptions sdp.rs sections.rs formats.rs peer/answering.rs peer/offering.rs'
  'sfu packets codec.rs rewriter.rs forward.rs overtaking.rs'
  'signal requests wire.rs'
  'signal join_requests admission.rs'
  'signal tokens token.rs'
  'signal data_packets data.rs'
  'relay turn_messages message.rs address.rs channel_data.rs classify.rs nonce.rs allocation.rs client.rs client/requests.rs client/allocating.rs client/authentication.rs client/packets.rs'
  'relay turn_streams frames.rs'
  'media first_packets paths.rs'
  'signal rooms edge/requests.rs edge/subscriptions.rs edge/orders.rs access.rs messages.rs roster.rs'
)
# Of a parser's lines, in percent.
REACHED_MIN=90
PROFILE="${CORPORA_PROFILE:-release}"

# test_binary CRATE CARGO-ARGUMENT…: builds a crate's unit tests and prints where they are.
test_binary() {
  local crate="$1" log
  shift
  log="$(cargo test --locked --profile "$PROFILE" --package "$crate" --lib --no-run "$@" 2>&1)" ||
    { printf '%s\n' "$log" >&2 && fail "the tests of $crate do not build"; }
  sed -n 's/^ *Executable .*(\(.*\))$/\1/p' <<<"$log"
}

# The tools must be as new as the compiler's own LLVM: Debian's package of that number, or rustup's.
llvm_tools() {
  local major own
  major="$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"
  own="$(rustc --print target-libdir)/../bin"
  if [ -x "$own/llvm-cov" ]; then
    PROFDATA="$own/llvm-profdata" COV="$own/llvm-cov"
  else
    need_commands "llvm-cov-$major=llvm-$major"
    PROFDATA="llvm-profdata-$major" COV="llvm-cov-$major"
  fi
}

# lines_reached BINARY PROFILE FILE…: "REACHED ALL" of the lines before each file's own tests.
lines_reached() {
  local binary="$1" profile="$2" file tests
  shift 2
  for file in "$@"; do
    tests="$(sed -n '/^\(pub(crate) \)\?mod tests {$/=' "$file" | head -n 1)"
    "$COV" export --format=lcov --instr-profile="$profile" "$binary" --sources "$file" |
      awk -F '[:,]' -v tests="${tests:-9999999}" \
        '$1 == "DA" && $2 < tests { all++; if ($3 > 0) reached++ } END { print reached + 0, all + 0 }'
  done | awk '{ reached += $1; all += $2 } END { print reached, all }'
}

coverage() {
  local folder="$TARGET/coverage" target crate name parser files binary reached all percent low=0
  declare -A binaries
  llvm_tools
  rm -rf "$folder" && mkdir -p "$folder"
  printf '%-22s %7s %9s %9s\n' target inputs lines reached
  for target in "${TARGETS[@]}"; do
    read -r crate name parser <<<"$target"
    if [ -z "${binaries[$crate]:-}" ]; then
      binaries[$crate]="$(RUSTC_WORKSPACE_WRAPPER="$ROOT/scripts/with-coverage.sh" test_binary "$crate")"
    fi
    binary="${binaries[$crate]}"
    LLVM_PROFILE_FILE="$folder/$name.profraw" "$binary" --exact "fuzz::$name" --quiet >"$folder/$name.log" 2>&1 ||
      { cat "$folder/$name.log" && fail "the corpus of $name fails" "cargo test -p $crate --lib fuzz::$name"; }
    "$PROFDATA" merge --sparse "$folder/$name.profraw" --output "$folder/$name.profdata"
    read -ra files <<<"$parser"
    read -r reached all < <(lines_reached "$binary" "$folder/$name.profdata" "${files[@]/#/crates/$crate/src/}")
    percent=$((all == 0 ? 0 : 100 * reached / all))
    printf '%-22s %7d %9d %8d%%\n' "$name" \
      "$(find "crates/$crate/src/__fuzz__/fuzz__$name/corpus" -type f | wc -l)" "$all" "$percent"
    [ "$percent" -ge "$REACHED_MIN" ] || low=1
  done
  [ "$low" = 0 ] || fail "a corpus reaches less than $REACHED_MIN % of its parser"
}

# Coverage guides the search: LLVM's counters, as cargo-fuzz sets them; none of it needs nightly.
FUZZ_FLAGS=(
  --cfg fuzzing --cfg fuzzing_libfuzzer -Cdebug-assertions -Ccodegen-units=1 -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
)

fuzz() {
  local seconds="$1" only="${2:-}" host target crate name binary here failed=0
  declare -A binaries
  need_commands c++=g++
  host="$(rustc -vV | sed -n 's/^host: //p')"
  for target in "${TARGETS[@]}"; do
    read -r crate name _ <<<"$target"
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    if [ -z "${binaries[$crate]:-}" ]; then
      binaries[$crate]="$(RUSTFLAGS="${FUZZ_FLAGS[*]}" test_binary "$crate" --target "$host" --target-dir "$TARGET/fuzz")"
    fi
    binary="${binaries[$crate]}"
    here="crates/$crate/src/__fuzz__/fuzz__$name"
    mkdir -p "$TARGET/corpora/$name" "$here/crashes"
    say "$name: $seconds s"
    # New inputs go to the first folder, what is known comes from the second.
    if ! BOLERO_LIBFUZZER_ARGS="$TARGET/corpora/$name $here/corpus -artifact_prefix=$here/crashes/ -max_total_time=$seconds -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1" \
      "$binary" --exact "fuzz::$name" --nocapture >"$TARGET/corpora/$name.log" 2>&1; then
      tail -n 40 "$TARGET/corpora/$name.log"
      printf '%s fails. What it failed on is in %s; play it again with\n  cargo test -p %s --lib fuzz::%s\n' \
        "$name" "$here/crashes" "$crate" "$name"
      failed=1
    fi
    rmdir "$here/crashes" 2>/dev/null || true
    grep -E 'stat::(number_of_executed_units|new_units_added)|cov:' "$TARGET/corpora/$name.log" | tail -n 3
  done
  return "$failed"
}

case "${1:-}" in
  coverage) coverage ;;
  fuzz) fuzz "${2:?so many seconds for each target}" "${3:-}" ;;
  *) fail "usage: scripts/corpora.sh coverage | fuzz SECONDS [TARGET]" ;;
esac
