#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for MotionCor2 (older log) and, when it is called MotionCor3, for that (newer log)."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from stand_in import behaviour, mrc_header, need, options, write_mrc  # noqa: E402

KNOWN = (
    "-InMrc -InTiff -InEer -OutMrc -FmIntFile -EerSampling -Bft -PixSize -Patch -Group -Gain -Throw -FmRef -Trunc "
    "-FtBin -Kv -FmDose -InitDose -DefectFile -DefectMap -SplitSum -ArcDir -Gpu -Tol -Iter"
).split()


def size_of(given):
    if "-InEer" in given:
        with open(given["-FmIntFile"][0], encoding="utf-8") as file:
            raw, group, _ = file.read().split()
        side = 4096 * int(given["-EerSampling"][0])
        return side, side, int(raw) // int(group)
    return mrc_header(given["-InMrc"][0])[:3]


def main():
    given = options(sys.argv[1:])
    unknown = [name for name in given if name not in KNOWN]
    if unknown:
        sys.exit(f"Error: {unknown[0]} is not known")
    need(given, "-OutMrc", "-PixSize", "-Gpu", "-FmRef", "-Patch")
    how = behaviour()
    nx, ny, n = size_of(given)
    n -= int(given.get("-Throw", ["0"])[0]) + int(given.get("-Trunc", ["0"])[0])
    binning = float(given.get("-FtBin", ["1"])[0])
    out = given["-OutMrc"][0][: -len(".mrc")]
    if how == "nothing":
        return
    shifts = [(-0.5 * i, 0.25 * i) for i in range(n)]
    if how == "rubbish":
        shifts = [(float("nan"), 1e30)] * 2
    if "MotionCor3" in sys.argv[0]:
        print("\n Frame   x Shift   y Shift")
        for i, (x, y) in enumerate(shifts):
            print(f"{i + 1:5d}  {x:8.2f}  {y:8.2f}")
        print()
    else:
        print("\nFull-frame alignment shift")
        for i, (x, y) in enumerate(shifts):
            print(f"...... Frame ({i + 1:3d}) shift: {x:10.3f} {y:10.3f}")
        print("\nTotal time: 1.0 sec")
    values = {"": 30.0, "_DW": 9.5, "_DWS": 5.0, "_EVN": 16.0, "_ODD": 14.0}
    for ending, value in values.items():
        if ending in ("_DW", "_DWS") and "-FmDose" not in given:
            continue
        if ending in ("_EVN", "_ODD") and "-SplitSum" not in given:
            continue
        write_mrc(f"{out}{ending}.mrc", int(nx / binning), int(ny / binning), 1, value)


main()
