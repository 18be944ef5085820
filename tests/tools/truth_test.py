#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks compare_with_truth.py on a series whose remaining motion is known by hand."""

import truth_case
from truth_case import expect

import compare_with_truth

SERIES = """data_TS
loop_
_rlnMicrographMovieName #1
_rlnMicrographMetadata #2
frames/a.mrc a.star
"""
MOVIE = """data_general
_rlnMicrographBinning 2.0

data_global_shift
loop_
_rlnMicrographFrameNumber #1
_rlnMicrographShiftX #2
_rlnMicrographShiftY #3
1 0.0 0.0
2 -1.0 0.5
3 -9999 -9999
"""
LOCAL = """
data_local_motion_model
loop_
_rlnMotionModelCoeffsIdx #1
_rlnMotionModelCoeff #2
3 -0.5
"""


def truth(drift, local=None):
    tilt = {"movie": "frames/a.mrc", "state": "normal", "drift_px": drift, "local_motion": local}
    dark = {**tilt, "movie": "frames/dark.mrc", "state": "dark"}
    return {"pixel_A": 2.0, "series": [{"name": "TS", "tilts": [tilt, dark]}]}


def run(truth_json, movie=MOVIE, series=SERIES, options=()):
    files = {"tilt_series/TS.star": series, "a.star": movie}
    return truth_case.run(compare_with_truth, truth_json, files, options)


def main():
    drift = [[0, 0], [1.0, -0.5], [7, 7]]
    expect("Left after correction:   0.000 px", run(truth(drift)))
    # 0.6 px too far in one of two frames: 0.3 px from the mean in each.
    off = [[0, 0], [1.6, -0.5], [7, 7]]
    expect("Left after correction:   0.300 px rms (0.60 A)", run(truth(off)))
    assert run(truth(off), options=["--most", "0.2"])[0] == 1
    # The model moves frame 2 by 2 * -0.5 * u px, u = x / nx - 0.5: binned px in the file.
    centres = [(i + 0.5) / 9 - 0.5 for j in range(9) for i in range(9)]
    field = [[[0, 0]] * 81, [[u, 0] for u in centres], [[0, 0]] * 81]
    local = {"displacement_px": field}
    expect("Left after correction:   0.000 px", run(truth(drift, local), MOVIE + LOCAL))
    code, out = run(truth(drift), series=SERIES.replace("a.mrc", "b.mrc"))
    assert code == 1 and "frames/a.mrc: no motion was measured" in out, out


if __name__ == "__main__":
    main()
