#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for AreTomo2, and for AreTomo3 when it is called that: axis 84.5 degrees, shifts (7 + i, -3) px.
With STAND_IN_DARK the first image of the stack is left out as dark. AreTomo3 counts sections from 1."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from stand_in import behaviour, mrc_header, need, options, write_mrc  # noqa: E402

COMMON = "-AlignZ -VolZ -TiltAxis -TiltCor -Gpu -Cs -AmpContrast -ExtPhase -PixSize -OutBin -DarkTol"
KNOWN = {
    2: (COMMON + " -InMrc -AngFile -OutMrc -ImgDose -Patch -Kv").split(),
    3: (COMMON + " -InPrefix -OutDir -Cmd -SplitSum -AtPatch -kV").split(),
}


def main():
    version = 3 if "AreTomo3" in sys.argv[0] else 2
    given = options(sys.argv[1:])
    unknown = [name for name in given if name not in KNOWN[version]]
    if unknown:
        sys.exit(f"Error: {unknown[0]} is not known")
    need(given, "-AlignZ", "-VolZ", "-TiltCor", "-Gpu")
    if version == 2:
        need(given, "-InMrc", "-AngFile", "-OutMrc")
        stack, angle_file = given["-InMrc"][0], given["-AngFile"][0]
        root = given["-OutMrc"][0][: -len("_aligned.mrc")]
    else:
        need(given, "-InPrefix", "-OutDir", "-Cmd", "-PixSize")
        stack = given["-InPrefix"][0]
        name = os.path.basename(stack)[: -len(".mrc")]
        angle_file = stack[: -len(".mrc")] + ".rawtlt"
        root = given["-OutDir"][0] + name
    nx, ny, nz, _, _ = mrc_header(stack)
    with open(angle_file, encoding="utf-8") as file:
        rows = [line.split() for line in file]
    if nz != len(rows) or sorted(int(row[1]) for row in rows) != list(range(nz)):
        sys.exit("the angles do not belong to the stack")
    how = behaviour()
    print("Best tilt axis:   84, Score:   0.51234")
    print("Best tilt axis:   85, Score:   0.61234")
    if how == "nothing":
        return
    if version == 2:
        write_mrc(root + "_aligned.mrc", 4, 4, 1, 1.0)
    offset = float(given["-TiltCor"][1]) if len(given["-TiltCor"]) > 1 else 0.0
    dark = 1 if "STAND_IN_DARK" in os.environ else 0
    first = 1 if version == 3 else 0
    with open(root + ".aln", "w", encoding="utf-8") as file:
        file.write("# AreTomo Alignment / Priims bprmMn\n")
        if how == "rubbish":
            file.write("# SEC ROT\n  0 nan nan\n")
            return
        file.write(f"# RawSize = {nx} {ny} {nz}\n# NumPatches = 0\n")
        for i in range(dark):
            file.write(f"# DarkFrame =  {i:4d} {i + first:4d} {float(rows[i][0]):8.2f}\n")
        file.write(f"# AlphaOffset = {offset:8.2f}\n")
        file.write("# SEC     ROT         GMAG       TX          TY      SMEAN     SFIT    SCALE     BASE     TILT\n")
        for i in range(dark, nz):
            file.write(
                f"{i + first:5d} {84.5:9.4f} {1.0:9.5f} {7.0 + i:9.3f} {-3.0:9.3f} "
                f"{1.0:7.2f} {1.0:8.2f} {1.0:8.2f} {0.0:8.2f} {float(rows[i][0]) + offset:8.2f}\n"
            )


main()
