# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads STAR files as RELION and gimbal write them: blocks of pairs, or of one loop each."""

import json
import shlex
import sys


class StarError(Exception):
    pass


def run(main):
    """Ends the program with main's answer, or with what was wrong with its files."""
    try:
        sys.exit(main(sys.argv[1:]))
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is not there: run this in the folder where the job ran")
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        sys.exit(f"the first file is not the truth.json of a simulation: {error}")


def tokens(line):
    if line.lstrip().startswith("#"):
        return []
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def read_star(path):
    """Blocks as a list of (name, columns, rows); a block of pairs is a table of one row."""
    blocks, in_loop = [], False
    for line in path.read_text().splitlines():
        words = tokens(line)
        if not words:
            continue
        if words[0].startswith("data_"):
            blocks.append((words[0][5:], [], []))
            in_loop = False
        elif not blocks:
            raise StarError(f"{path}: '{line}' stands before the first data_ block")
        elif words[0] == "loop_":
            in_loop = True
        elif words[0].startswith("_"):
            _, columns, rows = blocks[-1]
            columns.append(words[0][1:])
            if not in_loop:
                rows[:] = [(rows[0] if rows else []) + words[1:2]]
        else:
            blocks[-1][2].append(words)
    return blocks
