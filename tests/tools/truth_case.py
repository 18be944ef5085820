# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of scripts/compare_*_with_truth.py have in common."""

import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

TOP = """data_global
loop_
_rlnTomoName #1
_rlnTomoTiltSeriesStarFile #2
TS tilt_series/TS.star
"""


def run(tool, truth_json, files, options=()):
    """Exit code and output of the tool on this truth and a tilt series of these files (name: text)."""
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
        os.chdir(folder)
        try:
            Path("tilt_series").mkdir()
            for name, text in {"truth.json": json.dumps(truth_json), "set.star": TOP, **files}.items():
                Path(name).write_text(text)
            code = tool.main(["truth.json", "set.star", *options])
        finally:
            os.chdir(home)
    return code, out.getvalue()


def expect(words, result, expected_code=0):
    code, out = result
    assert code == expected_code, out
    assert words in out, f"'{words}' not in:\n{out}"
