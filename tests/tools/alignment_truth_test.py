#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks compare_alignment_with_truth.py on alignments whose error is known by hand."""

import truth_case
from truth_case import expect

import compare_alignment_with_truth as tool

SERIES = """data_TS
loop_
_rlnMicrographMovieName #1
_rlnTomoXShiftAngst #2
_rlnTomoYShiftAngst #3
_rlnTomoZRot #4
_rlnTomoXTilt #5
_rlnTomoYTilt #6
_gimbalTiltState #7
"""
ANGLES = [-40, -20, 0, 20, 40]


def truth(doming=0.0):
    tilts = []
    for i, angle in enumerate(ANGLES):
        tilts.append({"movie": f"frames/{i}.mrc", "state": "normal", "x_tilt_deg": 1.0, "y_tilt_deg": angle,
                      "z_rot_deg": 85.0, "shift_A": [3.0 * i, -2.0 * i], "magnification": 1.0,
                      "pre_exposure_e_A2": 10.0 * i})  # fmt: skip
    how = {"doming_A": doming, "doming_radius_A": 1000.0, "shrinkage": 0.0, "full_dose_e_A2": 40.0}
    series = {"name": "TS", "tilts": tilts, "deformation": how}
    return {"pixel_A": 2.0, "size_px": [500, 400], "options": {"ice": "800"}, "series": [series]}


def alignment(truth_json, wrong=lambda index, row: row):
    """Rows of the truth's tilts: movie, x, y, rotation, X tilt, Y tilt, state; each may be made wrong."""
    text = SERIES
    for i, t in enumerate(truth_json["series"][0]["tilts"]):
        row = [t["movie"], *t["shift_A"], t["z_rot_deg"], t["x_tilt_deg"], t["y_tilt_deg"], "used"]
        text += " ".join(str(word) for word in wrong(i, row)) + "\n"
    return text


def run(truth_json, series, options=()):
    return truth_case.run(tool, truth_json, {"tilt_series/TS.star": series}, options)


def moved(by):
    def wrong(index, row):
        return [row[0], row[1] + by[index][0], row[2] + by[index][1], *row[3:]]

    return wrong


def main():
    exact = truth()
    expect("Reprojection error:      0.000 px mean", run(exact, alignment(exact)))
    # Another centre of the tomogram is no error: (30, -20, 50) A.
    other = [[tool.dot(row, (30, -20, 50)) for row in tool.two_rows(85, angle, 1)] for angle in ANGLES]
    expect("Reprojection error:      0.000 px mean", run(exact, alignment(exact, moved(other))))
    # Along the axis of a series without X tilt a point is free only to move as a whole: of 1 A in
    # one tilt of five, 0.8 A is left there and 0.2 A in each of the others: 0.32 A on average.
    plain = truth()
    for tilt in plain["series"][0]["tilts"]:
        tilt["x_tilt_deg"] = tilt["z_rot_deg"] = 0.0
    along = [(0, 0), (0, 0), (0, 0), (0, 1.0), (0, 0)]
    expect("Reprojection error:      0.160 px mean (0.32 A)", run(plain, alignment(plain, moved(along))))
    expect("Worst tilt:              0.400 px mean, frames/3.mrc", run(plain, alignment(plain, moved(along))))
    expect("0.160 px mean", run(plain, alignment(plain, moved(along)), ["--most", "0.15"]), 1)
    # Tilts that are excluded do not count.
    out = run(plain, alignment(plain, lambda i, row: [*row[:2], 99.0, *row[3:6], "excluded"] if i == 3 else row))
    expect("frames/3.mrc: not aligned", out)
    expect("4 of 5 tilts are aligned", out)
    expect("Reprojection error:      0.000 px mean", out)
    # A specimen that has domed is not where a rigid one is.
    domed = truth(doming=50.0)
    code, text = run(domed, alignment(domed))
    assert code == 0 and "Reprojection error:      0.000" not in text, text
    lost = {**exact, "series": [{**exact["series"][0], "name": "other"}]}
    expect("other: not aligned", run(lost, alignment(exact)), 1)


if __name__ == "__main__":
    main()
