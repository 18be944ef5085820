#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the checker: each breach of the rules in layers.py is seen, and a clean tree passes."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import layers  # noqa: E402

LICENCE = "// SPDX-License-Identifier: GPL-3.0-or-later\n"


def breaches_of(name, text):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = root / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        return [breach for _, breach in layers.breaches(root)]


def expect(name, text, word):
    found = breaches_of(name, text)
    if word is None:
        assert not found, f"{name}: unexpected {found}"
    else:
        assert any(word in breach for breach in found), f"{name}: '{word}' not in {found}"


def main():
    fine = LICENCE + '#include "gimbal/core/error.h"\n// prints nothing: std::cout\n'
    expect("src/gimbal/data/fine.cpp", fine, None)
    expect("src/gimbal/io/up.h", LICENCE + '#include "gimbal/data/movie.h"\n', "must not include")
    expect("src/gimbal/io/side.h", LICENCE + '#include "gimbal/num/fft.h"\n', "must not include")
    expect("src/gimbal/core/app.h", LICENCE + '#include "app/command.h"\n', "includes 'app/")
    expect("src/gimbal/new/x.h", LICENCE, "has no level")
    expect("src/gimbal/core/loud.cpp", LICENCE + "void f() { std::cout << 1; }\n", "std::cout")
    expect("src/gimbal/core/exits.cpp", LICENCE + "void f() { std::exit(1); }\n", "exit")
    expect("src/gimbal/core/bare.cpp", "int x;\n", "SPDX")
    expect("app/long.cpp", LICENCE + "\n" * 500, "has 501 lines")
    expect("docs/path.md", "see " + "/ho" + "me/me/data\n", "path of one machine")


if __name__ == "__main__":
    main()
