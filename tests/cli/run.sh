#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs one case: run.sh PROGRAM CASE.sh. The case is sourced in an empty folder, with `gimbal` on the
# path; any command of it that fails ends it, and its last words are then shown. It may use:
#   expect_code N COMMAND...     runs it; fails unless it exits with N; leaves files `out` and `err`
#   expect_out TEXT, expect_err TEXT   `out` (`err`) of the last expect_code holds this text
#   expect_quiet                 the last expect_code wrote nothing to `out`
#   expect_file FILE...          each exists and is not empty
#   COMMAND | finds PATTERN      as `grep -q`, but reads to the end: the command before it meets no broken pipe
#   expect_same A B [OPTIONS]    MRC or STAR files agree (tests/tools/compare.py)
set -euo pipefail
program=$(realpath "$1")
case_file=$(realpath "$2")
tests=$(realpath "$(dirname "$0")/..")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/run"
ln -s "$program" "$folder/bin/gimbal"
PATH="$folder/bin:$PATH"
cd "$folder/run"

failed() { echo "$(basename "$case_file"): $*" >&2; exit 1; }

expect_code() {
  local expected=$1 code=0
  shift
  "$@" >out 2>err </dev/null || code=$?
  if [ "$code" -ne "$expected" ]; then
    tail -n 20 out err >&2
    failed "'$*' exited with $code, not $expected"
  fi
}
expect_out() { grep -qF -- "$1" out || { tail -n 20 out >&2; failed "stdout does not say '$1'"; }; }
expect_err() { grep -qF -- "$1" err || { tail -n 20 err >&2; failed "stderr does not say '$1'"; }; }
expect_quiet() { [ ! -s out ] || { tail -n 20 out >&2; failed "stdout is not empty"; }; }
finds() { [ "$(grep -c "$@" || true)" -gt 0 ]; }
expect_file() { for file in "$@"; do [ -s "$file" ] || failed "$file is missing or empty"; done; }
expect_same() { python3 "$tests/tools/compare.py" "$@" >&2 || failed "$1 and $2 differ"; }

trap 'echo "$(basename "$case_file"): line $LINENO failed: $BASH_COMMAND" >&2' ERR
set -E
. "$case_file"
