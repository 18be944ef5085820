#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for batchruntomo: takes RELION's directives, and writes what IMOD leaves after step 6.

The specimen is shifted by (10 + i, -5) px in view i as RELION means it, the axis is the given one
minus 1 degree, and all tilt angles have an offset of 2.5 degrees, as the log says."""

import math
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from stand_in import behaviour, mrc_header, need, options  # noqa: E402

OFFSET_DEG = 2.5


def directives(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.partition("=") for line in file if "=" in line]
    return {key.strip(): value.strip() for key, _, value in lines}


def main():
    given = options(sys.argv[1:])
    need(given, "-DirectiveFile", "-CurrentLocation", "-RootName", "-EndingStep")
    folder, name = given["-CurrentLocation"][0], given["-RootName"][0]
    asked = directives(given["-DirectiveFile"][0])
    need(asked, "setupset.copyarg.rotation", "setupset.copyarg.pixel", "setupset.copyarg.gold")
    tracking = asked.get("runtime.Fiducials.any.trackingMethod")
    if tracking == "1":
        need(asked, "comparam.xcorr_pt.tiltxcorr.SizeOfPatchesXandY", "comparam.tilt.tilt.THICKNESS")
    root = os.path.join(folder, name)
    nx, ny, nz, mode, pixel = mrc_header(root + ".mrc")
    with open(root + ".rawtlt", encoding="utf-8") as file:
        angles = [float(line) for line in file]
    if nz != len(angles) or mode != 2 or angles != sorted(angles):
        sys.exit("the stack and its angles do not belong together")
    if abs(pixel - 10.0 * float(asked["setupset.copyarg.pixel"])) > 1e-3:
        sys.exit("the stack's pixel is not that of the directives")
    how = behaviour()
    if how == "nothing":
        print("ERROR: beadtrack - No beads were found")  # and ends well, as batchruntomo does
        return
    axis = math.radians(float(asked["setupset.copyarg.rotation"]) - 1.0)
    c, s = math.cos(axis), math.sin(axis)
    with open(root + ".xf", "w", encoding="utf-8") as file:
        for i in range(nz if how != "rubbish" else nz - 1):
            # From IMOD's centre (n-1)/2 the specimen is off by n//2 - (n-1)/2 more.
            x = 10.0 + i + nx // 2 - (nx - 1) / 2
            y = -5.0 + ny // 2 - (ny - 1) / 2
            dx, dy = -(c * x + s * y), -(-s * x + c * y)
            file.write(f"{c:12.7f}{s:12.7f}{-s:12.7f}{c:12.7f}{dx:12.3f}{dy:12.3f}\n")
    with open(root + ".tlt", "w", encoding="utf-8") as file:
        file.writelines(f"{angle + OFFSET_DEG:7.2f}\n" for angle in angles)
    with open(root + ".xtilt", "w", encoding="utf-8") as file:
        file.writelines(f"{0.0:7.2f}\n" for _ in angles)
    with open(os.path.join(folder, "align.log"), "w", encoding="utf-8") as file:
        file.write(f" AngleOffset = {OFFSET_DEG:.2f}\n Residual error mean and sd:     0.512    0.301 nm\n")
        file.write(" Global leave-out error (57 pts): 0.622 nm\n")
    with open(root + ".edf", "w", encoding="utf-8") as file:
        file.write("#stand-in\n")


main()
