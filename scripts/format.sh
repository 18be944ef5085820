#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Formats every C++ file in place; with --check, only says which ones are not as .clang-format wants.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(-i)
if [ "${1:-}" = --check ]; then mode=(--dry-run --Werror); fi
find . -path './build*' -prune -o \( -name '*.cpp' -o -name '*.h' \) -print0 |
  xargs -0 -r clang-format "${mode[@]}"
