#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes docs/commands/*.md anew from the program's option tables: update-docs.sh [PROGRAM].
# With --check, writes nothing, and says which pages differ.
set -euo pipefail
cd "$(dirname "$0")/.."

check=no
if [ "${1:-}" = --check ]; then check=yes; shift; fi
program=${1:-build/bin/gimbal}
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$program" help --commands | while read -r command; do
  "$program" help --markdown "$command" >"$fresh/$command.md"
done

if [ "$check" = yes ]; then
  if ! diff -r -u --exclude=README.md docs/commands "$fresh"; then
    echo "docs/commands differs from the program: run scripts/update-docs.sh $program" >&2
    exit 1
  fi
else
  mkdir -p docs/commands
  find docs/commands -name '*.md' ! -name README.md -delete
  find "$fresh" -name '*.md' -exec cp -t docs/commands {} +
fi
