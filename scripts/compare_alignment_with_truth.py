#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a tilt series' alignment with the truth of a simulation.

Usage: compare_alignment_with_truth.py TRUTH.json ALIGNED_TILT_SERIES.star [--most PX]

Reads the STAR files of an alignment (run it in the folder where that ran) and what
`gimbal simulate` wrote, and prints the reprojection error: 5 x 5 x 3 true points through the
specimen are projected with the truth, and each is given the place in the tomogram that fits best
under the alignment; what is left in the images is the error. So neither the choice of the
tomogram's centre nor an offset of all tilt angles counts. Only RELION's columns are read. Exits
with 1 if a series is not aligned, or if the mean over tilts and points is above PX pixels.
"""

import argparse
import json
import math
import statistics
from pathlib import Path

from compare_with_truth import rms, table
from star_file import run

POINTS_X, POINTS_Y, POINTS_Z = 5, 5, 3
PART_OF_FIELD = 0.9


def multiplied(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]


def two_rows(z_rot_deg, y_tilt_deg, x_tilt_deg):
    """The rows of Rz Ry Rx that are seen in the image."""
    (cz, sz), (cy, sy), (cx, sx) = [
        (math.cos(math.radians(a)), math.sin(math.radians(a))) for a in (z_rot_deg, y_tilt_deg, x_tilt_deg)
    ]
    rz = [[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]
    ry = [[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]]
    rx = [[1, 0, 0], [0, cx, -sx], [0, sx, cx]]
    return multiplied(multiplied(rz, ry), rx)[:2]


def dot(a, b):
    return sum(p * q for p, q in zip(a, b))


def determinant(m):
    return sum(m[0][i] * (m[1][i - 2] * m[2][i - 1] - m[1][i - 1] * m[2][i - 2]) for i in range(3))


def solved(m, right):
    """x of m x = right, by Cramer's rule."""
    whole = determinant(m)
    columns = [[m[i][:k] + [right[i]] + m[i][k + 1 :] for i in range(3)] for k in range(3)]
    return [determinant(c) / whole for c in columns]


def grid(truth):
    """Points in A from the tomogram's centre."""

    def places(width, count):
        return [width * (i / (count - 1) - 0.5) for i in range(count)]

    width, height = (PART_OF_FIELD * n * truth["pixel_A"] for n in truth["size_px"])
    thickness = float(truth["options"]["ice"])
    return [
        (x, y, z)
        for z in places(thickness, POINTS_Z)
        for y in places(height, POINTS_Y)
        for x in places(width, POINTS_X)
    ]


def deformed(point, how, dose):
    x, y, z = point
    part = min(1.0, dose / how["full_dose_e_A2"]) if how["full_dose_e_A2"] > 0 else 0.0
    r2 = (x * x + y * y) / how["doming_radius_A"] ** 2 if how["doming_A"] else 0.0
    return x, y, z * (1 - how["shrinkage"] * part) + how["doming_A"] * part * (1 - r2)


def true_place(point, tilt, deformation):
    """In A from the image's centre."""
    rows = two_rows(tilt["z_rot_deg"], tilt["y_tilt_deg"], tilt["x_tilt_deg"])
    there = deformed(point, deformation, tilt["pre_exposure_e_A2"])
    return [tilt["magnification"] * dot(row, there) + s for row, s in zip(rows, tilt["shift_A"])]


def errors(pairs, points, deformation):
    """One list for each tilt: distances in A at the points. Pairs: (tilt of the truth, row)."""
    views = []
    for tilt, row in pairs:
        rows = two_rows(*(float(row["Tomo" + name]) for name in ("ZRot", "YTilt", "XTilt")))
        views.append((tilt, rows, [float(row[f"Tomo{axis}ShiftAngst"]) for axis in "XY"]))
    normal = [[sum(r[i] * r[j] for _, rows, _ in views for r in rows) for j in range(3)] for i in range(3)]
    result = [[] for _ in views]
    for point in points:
        wanted = [
            [p - s for p, s in zip(true_place(point, tilt, deformation), shift)] for tilt, _, shift in views
        ]
        right = [
            sum(r[i] * w for (_, rows, _), place in zip(views, wanted) for r, w in zip(rows, place))
            for i in range(3)
        ]
        best = solved(normal, right)
        for out, (_, rows, _), place in zip(result, views, wanted):
            out.append(math.hypot(*(w - dot(r, best) for r, w in zip(rows, place))))
    return result


def judge(series, rows, truth, most):
    """Prints what is found; False if it is not good enough."""
    used = {
        row.get("MicrographMovieName") or row["MicrographName"]: row
        for row in rows
        if row.get("gimbalTiltState", "used") == "used"
    }
    pairs = [(tilt, used[tilt["movie"]]) for tilt in series["tilts"] if tilt["movie"] in used]
    if len(pairs) < 3:
        print(f"{series['name']}: {len(pairs)} aligned tilts are too few")
        return False
    for tilt in series["tilts"]:
        if tilt["state"] == "normal" and tilt["movie"] not in used:
            print(f"{tilt['movie']}: not aligned")
    pixel_A = truth["pixel_A"]
    by_tilt = errors(pairs, grid(truth), series["deformation"])
    everything = [e for tilt in by_tilt for e in tilt]
    means = [statistics.fmean(tilt) for tilt in by_tilt]
    mean, worst = statistics.fmean(everything), max(range(len(pairs)), key=lambda i: means[i])
    print(f"{series['name']}: {len(pairs)} of {len(series['tilts'])} tilts are aligned")
    print(f"Reprojection error:    {mean / pixel_A:7.3f} px mean ({mean:.2f} A)")
    print(f"                       {rms(everything) / pixel_A:7.3f} px rms")
    print(f"Worst tilt:            {means[worst] / pixel_A:7.3f} px mean, {pairs[worst][0]['movie']}")
    return mean / pixel_A <= most


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truth", type=Path)
    parser.add_argument("aligned", type=Path)
    parser.add_argument("--most", type=float, default=math.inf, help="highest mean, in px of the movies")
    given = parser.parse_args(words)

    truth = json.loads(given.truth.read_text())
    if not given.aligned.exists():
        print(f"{given.aligned} is not there: no series was aligned")
        return 1
    aligned = {row["TomoName"]: row for row in table(given.aligned, "global")}
    good = True
    for series in truth["series"]:
        name = series["name"]
        if name not in aligned:
            print(f"{name}: not aligned")
            good = False
            continue
        good &= judge(series, table(aligned[name]["TomoTiltSeriesStarFile"], name), truth, given.most)
    return 0 if good else 1


if __name__ == "__main__":
    run(main)
