#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for the gold beads of a simulation in its tomograms.

Usage: compare_tomogram_with_truth.py TRUTH.json TOMOGRAMS.star [--most VOXELS]

Reads what `gimbal simulate` wrote and the tables of a reconstruction (run it in the folder where
that ran). Each bead's place in the tomogram is that which fits its true places in the tilts best
under the alignment; there the tomogram must be dark. Printed are the distances of the centres of
the dark spots from these places, how dark they are, and how dark the tomogram is at the places of
its three mirror images, where there should be nothing. Exits with 1 if a tomogram is missing, if
less than 9 of 10 beads are found within 3 voxels, or if the median distance is above VOXELS.
"""

import argparse
import json
import math
import statistics
import struct
from pathlib import Path

from compare_alignment_with_truth import dot, solved, true_place, two_rows
from compare_with_truth import table
from star_file import run

REACH = 6  # voxels about the expected place


class Volume:
    """An MRC volume of 32- or 16-bit floats; reads only what is asked for."""

    def __init__(self, path):
        self.file = path.open("rb")
        head = self.file.read(1024)
        self.size = struct.unpack("<3i", head[:12])
        self.mode = struct.unpack("<i", head[12:16])[0]
        if self.mode not in (2, 12):
            raise SystemExit(f"{path}: mode {self.mode}, but 2 or 12 was expected")
        self.voxel = struct.unpack("<f", head[40:44])[0] / self.size[0]
        self.mean, self.deviation = struct.unpack("<f", head[84:88])[0], struct.unpack("<f", head[216:220])[0]
        self.start = 1024 + struct.unpack("<i", head[92:96])[0]

    def row(self, x, n, y, z):
        width, letter = (4, "f") if self.mode == 2 else (2, "e")
        self.file.seek(self.start + width * (x + self.size[0] * (y + self.size[1] * z)))
        return struct.unpack(f"<{n}{letter}", self.file.read(width * n))

    def box(self, centre):
        """(voxel, darkness in deviations) about a place; empty when it is not inside."""
        low = [int(round(c)) - REACH for c in centre]
        if any(l < 0 or l + 2 * REACH >= n for l, n in zip(low, self.size)):
            return []
        return [
            ((low[0] + i, low[1] + j, low[2] + k), (self.mean - value) / self.deviation)
            for k in range(2 * REACH + 1)
            for j in range(2 * REACH + 1)
            for i, value in enumerate(self.row(low[0], 2 * REACH + 1, low[1] + j, low[2] + k))
        ]


def place_of(bead, views, deformation):
    """Of a bead, in A from the tomogram's centre. Views: (tilt of the truth, rows, shift in A)."""
    normal = [[sum(r[i] * r[j] for _, rows, _ in views for r in rows) for j in range(3)] for i in range(3)]
    right = [0.0, 0.0, 0.0]
    for tilt, rows, shift in views:
        for r, p, s in zip(rows, true_place(bead, tilt, deformation), shift):
            for i in range(3):
                right[i] += r[i] * (p - s)
    return solved(normal, right)


def spot(box, expected):
    """Distance of the dark spot's centre from the expected place, and how dark it is."""
    near = [(v, d) for v, d in box if math.dist(v, expected) <= 4.0]
    darkest = max(d for _, d in near)
    inside = [(v, d - 0.5 * darkest) for v, d in near if d > 0.5 * darkest]
    weight = sum(d for _, d in inside)
    centre = [sum(v[i] * d for v, d in inside) / weight for i in range(3)]
    return math.dist(centre, expected), darkest


def judge(series, row, truth, most):
    """Prints what is found; False if it is not good enough."""
    name = series["name"]
    tilts = {t["MicrographMovieName"]: t for t in table(row["TomoTiltSeriesStarFile"], name)}
    views = []
    for tilt in series["tilts"]:
        used = tilts.get(tilt["movie"])
        if used is None or used.get("gimbalTiltState", "used") != "used":
            continue
        rows = two_rows(*(float(used["Tomo" + c]) for c in ("ZRot", "YTilt", "XTilt")))
        views.append((tilt, rows, [float(used[f"Tomo{axis}ShiftAngst"]) for axis in "XY"]))
    volume = Volume(Path(row["TomoReconstructedTomogram"]))
    pixel = float(row["TomoTiltSeriesPixelSize"])
    centre = [int(row["TomoSize" + axis]) // 2 * pixel / volume.voxel for axis in "XYZ"]
    distances, depths, mirrored = [], [], []
    for bead in series["beads"]:
        p = [a / volume.voxel for a in place_of(bead["position_A"], views, series["deformation"])]
        expected = [c + a for c, a in zip(centre, p)]
        box = volume.box(expected)
        if not box:
            continue
        distance, depth = spot(box, expected)
        distances.append(distance)
        depths.append(depth)
        for axis in range(3):
            other = list(expected)
            other[axis] = 2 * centre[axis] - other[axis]
            box = volume.box(other)
            if box:
                mirrored.append(spot(box, other)[1])
    if not distances:
        print(f"{name}: no bead is inside the tomogram")
        return False
    found = sum(d <= 3.0 for d in distances)
    middle = statistics.median(distances)
    print(f"{name}: {found} of {len(distances)} beads are where they should be")
    print(f"Distance of beads:     {middle:7.3f} voxels median ({middle * volume.voxel:.2f} A)")
    print(f"Darkness of beads:     {statistics.median(depths):7.1f} deviations median", end="")
    print(f"; in mirror images {statistics.median(mirrored):.1f}" if mirrored else "")
    return found >= 0.9 * len(distances) and middle <= most


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truth", type=Path)
    parser.add_argument("tomograms", type=Path)
    parser.add_argument("--most", type=float, default=math.inf, help="highest median, in voxels")
    given = parser.parse_args(words)

    truth = json.loads(given.truth.read_text())
    if not given.tomograms.exists():
        print(f"{given.tomograms} is not there: no tomogram was made")
        return 1
    rows = {row["TomoName"]: row for row in table(given.tomograms, "global")}
    good = True
    for series in truth["series"]:
        if series["name"] not in rows:
            print(f"{series['name']}: there is no tomogram")
            good = False
        else:
            good &= judge(series, rows[series["name"]], truth, given.most)
    return 0 if good else 1


if __name__ == "__main__":
    run(main)
