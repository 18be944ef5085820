#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares measured motion with the truth of a simulation.

Usage: compare_with_truth.py TRUTH.json CORRECTED_TILT_SERIES.star [--most PX]

Reads the STAR files of a motion correction (run it in the folder where that ran) and what
`gimbal simulate` wrote, and prints how much of the true motion is left after correction: the rms
over frames and 9 x 9 positions of measured shift + true displacement, without the mean over
frames, which moves the whole image and blurs nothing. Dark and blocked tilts are left out. Exits
with 1 if a movie has no measurement, or if the median over movies is above PX unbinned pixels.
"""

import argparse
import json
import math
import statistics
from pathlib import Path

from star_file import read_star, run

GRID = 9


def table(path, name):
    """Rows of a block as dicts; none if the block is not there."""
    for block, columns, rows in read_star(Path(path)):
        if block == name:
            names = [column.removeprefix("rln") for column in columns]
            return [dict(zip(names, row)) for row in rows]
    return []


def local_shift(coefficients, u, v, z):
    """RELION's polynomial: {1, u, u^2, v, v^2, u v} times {z, z^2, z^3}, for x and y."""
    terms = [s * t for s in (1, u, u * u, v, v * v, u * v) for t in (z, z * z, z * z * z)]
    return [sum(c * t for c, t in zip(coefficients[k : k + 18], terms)) for k in (0, 18)]


def measured_shifts(metadata):
    """Shift in unbinned px for each used frame, at each of the 9 x 9 positions: {frame: [(x, y)]}."""
    general = table(metadata, "general")[0]
    binning = float(general.get("MicrographBinning", 1))
    coefficients = [0.0] * 36
    for row in table(metadata, "local_motion_model"):
        coefficients[int(row["MotionModelCoeffsIdx"])] = binning * float(row["MotionModelCoeff"])
    rows = [row for row in table(metadata, "global_shift") if float(row["MicrographShiftX"]) > -9000]
    first = min(int(row["MicrographFrameNumber"]) for row in rows)
    shifts = {}
    for row in rows:
        frame = int(row["MicrographFrameNumber"])
        x, y = float(row["MicrographShiftX"]), float(row["MicrographShiftY"])
        shifts[frame] = []
        for j in range(GRID):
            for i in range(GRID):
                u, v = (i + 0.5) / GRID - 0.5, (j + 0.5) / GRID - 0.5
                more = local_shift(coefficients, u, v, frame - first)
                shifts[frame].append((x + more[0], y + more[1]))
    return shifts


def true_displacement(tilt, frame, position):
    x, y = tilt["drift_px"][frame - 1]
    if tilt["local_motion"]:
        more = tilt["local_motion"]["displacement_px"][frame - 1][position]
        x, y = x + more[0], y + more[1]
    return x, y


def rms_around_mean(vectors):
    count = len(vectors)
    mean = [sum(v[k] for v in vectors) / count for k in (0, 1)]
    return math.sqrt(sum((v[k] - mean[k]) ** 2 for v in vectors for k in (0, 1)) / count)


def rms(values):
    return math.sqrt(sum(v * v for v in values) / len(values))


def judge(tilt, metadata):
    """(rms of the true motion, rms of what is left of it), in unbinned px."""
    measured = measured_shifts(metadata)
    before, after = [], []
    for position in range(GRID * GRID):
        true = {frame: true_displacement(tilt, frame, position) for frame in measured}
        left = [(m[position][0] + true[f][0], m[position][1] + true[f][1]) for f, m in measured.items()]
        before.append(rms_around_mean(list(true.values())))
        after.append(rms_around_mean(left))
    return rms(before), rms(after)


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truth", type=Path)
    parser.add_argument("corrected", type=Path)
    parser.add_argument("--most", type=float, default=math.inf, help="highest median, in unbinned px")
    given = parser.parse_args(words)

    truth = json.loads(given.truth.read_text())
    if not given.corrected.exists():
        print(f"{given.corrected} is not there: no movie was corrected")
        return 1
    metadata = {}
    for series in table(given.corrected, "global"):
        for row in table(series["TomoTiltSeriesStarFile"], series["TomoName"]):
            if "MicrographMetadata" in row:
                metadata[row["MicrographMovieName"]] = row["MicrographMetadata"]

    results, missing = {}, []
    for series in truth["series"]:
        for tilt in series["tilts"]:
            if tilt["state"] != "normal":
                continue
            if tilt["movie"] in metadata:
                results[tilt["movie"]] = judge(tilt, metadata[tilt["movie"]])
            else:
                missing.append(tilt["movie"])
    for movie in missing:
        print(f"{movie}: no motion was measured")
    if not results:
        return 1

    pixel_A = truth["pixel_A"]
    before = statistics.median(b for b, _ in results.values())
    after = statistics.median(a for _, a in results.values())
    worst = max(results, key=lambda movie: results[movie][1])
    print(f"True motion:           {before:7.3f} px rms ({before * pixel_A:.2f} A), median of {len(results)} movies")
    print(f"Left after correction: {after:7.3f} px rms ({after * pixel_A:.2f} A), median")
    print(f"Worst movie:           {results[worst][1]:7.3f} px rms, {worst}")
    return 1 if missing or after > given.most else 0


if __name__ == "__main__":
    run(main)
