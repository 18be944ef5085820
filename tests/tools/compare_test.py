#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks compare.py: equal files pass, and each kind of difference is seen."""

import struct
import tempfile
from pathlib import Path

import compare

STAR = """# version 50001

data_global

loop_
_rlnTomoName #1
_rlnAngle #2
TS_01 1.500000
'TS 02' -3.0

data_general

_rlnWidth 64
_rlnNote "two words"
"""


def mrc(pixels, mode=2, nx=2, ny=2):
    header = bytearray(1024)
    struct.pack_into("<4i", header, 0, nx, ny, 1, mode)
    struct.pack_into("<3f", header, 40, 1.35 * nx, 1.35 * ny, 1.35)
    header[212:214] = b"\x44\x44"
    return bytes(header) + struct.pack(f"<{len(pixels)}{compare.PIXEL[mode]}", *pixels)


def outcome(suffix, a, b, *options):
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / (name + suffix) for name in "ab"]
        for path, content in zip(paths, (a, b)):
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return compare.main([str(path) for path in paths] + list(options))


def main():
    assert outcome(".star", STAR, STAR) == 0
    assert outcome(".star", STAR, STAR.replace("1.500000", "1.5")) == 0
    assert outcome(".star", STAR, STAR.replace("1.500000", "1.6")) == 1
    assert outcome(".star", STAR, STAR.replace("1.500000", "1.6"), "--tolerance", "0.11") == 0
    assert outcome(".star", STAR, STAR.replace("1.500000", "1.6"), "--ignore", "rlnAngle") == 0
    assert outcome(".star", STAR, STAR.replace("TS 02", "TS 03")) == 1
    assert outcome(".star", STAR, STAR.replace("two words", "two worlds")) == 1
    assert outcome(".star", STAR, STAR.replace("_rlnWidth", "_rlnHeight")) == 1
    assert outcome(".star", STAR, STAR.replace("TS_01 1.500000\n", "")) == 1
    assert outcome(".mrc", mrc([1, 2, 3, 4]), mrc([1, 2, 3, 4])) == 0
    assert outcome(".mrc", mrc([1, 2, 3, 4]), mrc([1, 2, 3, 4.5])) == 1
    assert outcome(".mrc", mrc([1, 2, 3, 4]), mrc([1, 2, 3, 4.5]), "--tolerance", "0.5") == 0
    assert outcome(".mrc", mrc([1, 2, 3, 4]), mrc([1, 2, 3, float("nan")]), "--tolerance", "9") == 1
    assert outcome(".mrc", mrc([1, 2, 3, 4]), mrc([1, 2, 3, 4], mode=12)) == 1
    assert outcome(".mrc", mrc([1, 2, 3, 4]), mrc([1, 2, 3, 4], nx=4, ny=1)) == 1
    assert outcome(".mrc", mrc([1, 2, 3, 4]), mrc([1, 2, 3, 4])[:-1]) == 1


if __name__ == "__main__":
    main()
