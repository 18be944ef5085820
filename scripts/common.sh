# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the scripts of this folder: to be sourced, in the root of the tree.

# How many compilers to run: one per core, but no more than the memory carries (2 GB each).
build_jobs() {
  local cores memory_kb fit
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo 2>/dev/null || true)
  fit=$(( ${memory_kb:-4000000} / 2000000 ))
  if [ "$fit" -lt 1 ]; then fit=1; fi
  if [ "$fit" -lt "$cores" ]; then echo "$fit"; else echo "$cores"; fi
}

say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }
