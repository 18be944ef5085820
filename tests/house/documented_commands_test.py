#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the checker of command lines in the documentation: each mistake is seen, and true lines pass."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import documented_commands as checked  # noqa: E402

PAGES = {
    "motion": checked.read_page("    gimbal motion [OPTIONS]\n| option | default | meaning |\n|---|---|---|\n"
                                "| `--i`, `--in_mics` | (required) | Tilt series |\n| `--float16` | no | a \\| b |\n"),
    "view": checked.read_page("    gimbal view [OPTIONS] FILE...\n| `--o` | . | Folder |\n"),
}


def expect(text, *words):
    found = [problem for _, problem in checked.problems(text, PAGES)]
    assert len(found) == len(words), f"{text!r}: {found}"
    for problem, word in zip(found, words):
        assert word in problem, f"{text!r}: '{word}' is not in '{problem}'"


def main():
    expect("```\ngimbal motion --i x.star --float16 --In-Mics y.star\n```")
    expect("    gimbal motion --i x \\\n      --float16 yes | tail; gimbal view a b --o p/ # --nonsense\n")
    expect("`mpirun -n 2 build/bin/gimbal motion --i 'a b'` and `--i`")
    expect("gimbal motion --no_code, and the word `gimbal`\n")
    expect("```\ngimbal motions --i x\n```", "no command 'gimbal motions'")
    expect("see `gimbal motion --floats`", "no option --floats")
    expect("    gimbal motion --i \\\n      --j16\n", "--i has no value", "no option --j16")
    expect("    gimbal motion --float16 x\n", "'x' belongs to no option")
    expect("```\nrelion_run_motioncorr_mpi --i x --nothing\n```", "gimbal motion has no option --nothing")
    expect("```\ntrue && gimbal view 'a\n```", "cannot read")
    assert [n for n, _ in checked.problems("\n\n    gimbal motion \\\n      --bad\n", PAGES)] == [3]


if __name__ == "__main__":
    main()
