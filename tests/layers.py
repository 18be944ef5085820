#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""House rules that a machine can check: include direction, file length, quiet library, licence line.

Usage: layers.py ROOT.  Prints one line for each breach and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path

# A folder may include itself and any folder of a lower level; never another one of its own level.
LEVEL = {
    "core": 0,
    "io": 1,
    "num": 1,
    "data": 2,
    "motion": 3,
    "tilt": 3,
    "recon": 3,
    "sim": 3,
    "report": 4,
}
WARN_LINES = 400
FAIL_LINES = 500
CODE = (".cpp", ".h")
LICENSED = CODE + (".py", ".sh", ".cmake", "CMakeLists.txt")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
LOUD = re.compile(r"std::c(?:out|err|log)\b|(?<![\w.])(?:std::)?(?:printf|puts|exit|abort|_exit)\s*\(|"
                  r"std::fprintf|fprintf\s*\(\s*std(?:out|err)|<iostream>")
# Home and scratch folders of one machine have no place in the tree.
MACHINE_PATH = re.compile(r"""(?<![\w.$}/-])/(?:home|root|Users|work|tmp|scratch)/[\w.-]""")


def files(root, folders, endings):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.name.endswith(endings):
                yield path


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"//[^\n]*", "", text)


def include_breaches(library, path, text):
    own = path.relative_to(library).parts[0]
    if own not in LEVEL:
        yield f"folder '{own}' has no level; name it in LEVEL of tests/layers.py"
        return
    for name in INCLUDE.findall(text):
        if name.startswith("../") or name.startswith("app/"):
            yield f"includes '{name}'; the library includes its own headers as gimbal/FOLDER/NAME.h"
        if not name.startswith("gimbal/"):
            continue
        other = name.split("/")[1]
        if other != own and LEVEL.get(other, 99) >= LEVEL[own]:
            yield f"is in {own} (level {LEVEL[own]}) and must not include {name}"


def breaches(root):
    library = root / "src" / "gimbal"
    for path in files(root, ["src"], CODE):
        text = path.read_text()
        for breach in include_breaches(library, path, text):
            yield path, breach
        for word in LOUD.findall(without_comments(text)):
            yield path, f"'{word.strip()}': the library neither prints nor exits"
    for path in files(root, ["src", "app", "tests", "fuzz", "bench"], CODE):
        lines = path.read_text().count("\n")
        if lines > FAIL_LINES:
            yield path, f"has {lines} lines; {FAIL_LINES} are the most, {WARN_LINES} the aim"
        elif lines > WARN_LINES:
            print(f"warning: {path.relative_to(root)} has {lines} lines; aim below {WARN_LINES}")
    everything = ["src", "app", "tests", "fuzz", "bench", "cmake", "scripts", ".ci", "docs"]
    for path in files(root, everything, LICENSED):
        if "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text()[:400]:
            yield path, "has no line 'SPDX-License-Identifier: GPL-3.0-or-later' at its top"
    for path in files(root, everything, LICENSED + (".md", ".json", "run")):
        found = MACHINE_PATH.search(path.read_text())
        if found:
            yield path, f"holds the path of one machine: {found.group(0)}..."


def main():
    root = Path(sys.argv[1]).resolve()
    found = list(breaches(root))
    for path, breach in found:
        print(f"{path.relative_to(root)}: {breach}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
