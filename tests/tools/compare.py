#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares two MRC or two STAR files within a tolerance.

Usage: compare.py A B [--tolerance T] [--ignore COLUMN ...]

MRC: size, mode and pixel size are equal, and no pixel differs by more than T (labels are ignored).
STAR: the same blocks, columns and rows in the same order; numbers differ by at most T, other values
are equal. Exits with 1 and says what differs first. Python's standard library only.
"""

import argparse
import struct
import sys
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from star_file import StarError, read_star  # noqa: E402

PIXEL = {0: "b", 1: "h", 2: "f", 6: "H", 12: "e"}


class Difference(Exception):
    pass


def read_mrc(path):
    data = path.read_bytes()
    if len(data) < 1024:
        raise Difference(f"{path}: {len(data)} bytes are too few for an MRC header")
    order = ">" if data[212:213] == b"\x11" else "<"
    nx, ny, nz, mode = struct.unpack(order + "4i", data[:16])
    cell = struct.unpack(order + "3f", data[40:52])
    (extended,) = struct.unpack(order + "i", data[92:96])
    if mode not in PIXEL:
        raise Difference(f"{path}: mode {mode} is not one of {sorted(PIXEL)}")
    code = PIXEL[mode]
    size = struct.calcsize(order + code)
    start, count = 1024 + extended, nx * ny * nz
    if len(data) != start + count * size:
        raise Difference(f"{path}: {len(data)} bytes, but its header asks for {start + count * size}")
    if code == "e":
        pixels = struct.unpack(f"{order}{count}e", data[start:])
    else:
        pixels = array(code, data[start:])
        if (order == ">") != (sys.byteorder == "big"):
            pixels.byteswap()
    return (nx, ny, nz, mode), tuple(c / n for c, n in zip(cell, (nx, ny, nz))), pixels


def compare_mrc(a, b, tolerance):
    shape_a, pixel_a, data_a = read_mrc(a)
    shape_b, pixel_b, data_b = read_mrc(b)
    if shape_a != shape_b:
        raise Difference(f"nx, ny, nz, mode: {shape_a} and {shape_b}")
    if any(abs(p - q) > 1e-4 * abs(q) for p, q in zip(pixel_a, pixel_b)):
        raise Difference(f"pixel size: {pixel_a} and {pixel_b}")
    if data_a == data_b:
        return
    for index, (p, q) in enumerate(zip(data_a, data_b)):
        if not abs(p - q) <= tolerance:
            row, x = divmod(index, shape_a[0])
            z, y = divmod(row, shape_a[1])
            raise Difference(f"pixel x {x}, y {y}, z {z}: {p} and {q}")


def same_value(p, q, tolerance):
    if p == q:
        return True
    try:
        return abs(float(p) - float(q)) <= tolerance
    except ValueError:
        return False


def compare_star(a, b, tolerance, ignored):
    blocks_a, blocks_b = read_star(a), read_star(b)
    names_a, names_b = [block[0] for block in blocks_a], [block[0] for block in blocks_b]
    if names_a != names_b:
        raise Difference(f"blocks: {names_a} and {names_b}")
    for (name, columns_a, rows_a), (_, columns_b, rows_b) in zip(blocks_a, blocks_b):
        if columns_a != columns_b:
            raise Difference(f"columns of data_{name}: {columns_a} and {columns_b}")
        if len(rows_a) != len(rows_b):
            raise Difference(f"rows of data_{name}: {len(rows_a)} and {len(rows_b)}")
        for number, (row_a, row_b) in enumerate(zip(rows_a, rows_b), 1):
            if len(row_a) != len(columns_a) or len(row_b) != len(columns_a):
                raise Difference(f"data_{name}, row {number}: {len(row_a)} and {len(row_b)} values for "
                                 f"{len(columns_a)} columns")
            for column, p, q in zip(columns_a, row_a, row_b):
                if column not in ignored and not same_value(p, q, tolerance):
                    raise Difference(f"data_{name}, row {number}, {column}: {p} and {q}")


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("a", type=Path)
    parser.add_argument("b", type=Path)
    parser.add_argument("--tolerance", type=float, default=0.0)
    parser.add_argument("--ignore", nargs="*", default=[])
    given = parser.parse_args(words)
    try:
        if given.a.suffix == ".star":
            compare_star(given.a, given.b, given.tolerance, given.ignore)
        else:
            compare_mrc(given.a, given.b, given.tolerance)
    except (Difference, StarError) as difference:
        print(f"{given.a} and {given.b} differ: {difference}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
