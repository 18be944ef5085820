#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the Debian 12 packages that are missing: scripts/install-dependencies.sh build|test
# `build` is what compiling gimbal takes, `test` adds compilers and tools for its tests. Nothing is
# done, and no network is needed, when nothing is missing.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config
  gemmi-dev libbz2-dev libcairo2-dev libcli11-dev libeigen3-dev libfftw3-dev libfmt-dev
  libjpeg62-turbo-dev liblzma-dev libopenmpi-dev libspdlog-dev libtbb-dev libtiff-dev libzstd-dev
  nlohmann-json3-dev openmpi-bin python3 tao-pegtl-dev zlib1g-dev
)
case "${1:-}" in
  build) ;;
  test)
    packages+=(
      clang clang-format clang-tidy dpkg-dev file libclang-rt-14-dev libgtest-dev man-db munge
      slurm-client slurmctld slurmd
    ) ;;
  *) echo "usage: $0 build|test" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  if [ "$state" != installed ]; then missing+=("$package"); fi
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "$0: these packages are missing; install them as root, or install sudo: ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi
echo "Installing: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt_get() {
  # Standard input is closed, so that no question can stop an unattended run.
  if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=3 "$@" </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    echo "$0: apt-get $1 failed; see above" >&2
    return 1
  fi
}
apt_get update
apt_get install --yes --no-install-recommends "${missing[@]}"
