#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds gimbal and passes all tests:
#   build/       release build (GCC): unit tests, truth tests, command line, house rules
#   build-asan/  AddressSanitizer + UBSan (clang): unit tests, fuzzers, clang-tidy
#   build-tsan/  ThreadSanitizer: the parallel parts
# One run of ctest covers the three; its last line is the result.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

scripts/install-dependencies.sh test

# Sanitizers of this age lose their way under some kernels' address randomisation.
fixed_addresses=()
if setarch "$(uname -m)" --addr-no-randomize true 2>/dev/null; then
  fixed_addresses=(setarch "$(uname -m)" --addr-no-randomize)
fi

build() {  # preset, further options of cmake
  say "building: $1"
  cmake --preset "$@" -DGIMBAL_WERROR=ON -DGIMBAL_TESTS=ON >/dev/null
  "${fixed_addresses[@]}" cmake --build --preset "$1" -j "$(build_jobs)" -- -k 0
}
build release
build asan -DGIMBAL_FUZZ=ON
build tsan

say "testing"
mkdir -p build/all
printf 'subdirs("%s")\n' "$PWD/build" "$PWD/build-asan" "$PWD/build-tsan" >build/all/CTestTestfile.cmake
"${fixed_addresses[@]}" ctest --test-dir build/all -j "$(nproc)" --output-on-failure \
  --no-tests=error --no-label-summary
