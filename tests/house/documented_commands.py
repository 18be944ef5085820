#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines in the documentation: does every command exist, and every option of it?

    documented_commands.py ROOT

Looks at code blocks and `code` of all Markdown files. What there is, it takes from the generated pages in docs/commands,
which another test compares with the program."""
import pathlib
import re
import shlex
import sys

# The names by which RELION's window calls gimbal.
STAND_FOR = {"relion_run_motioncorr": "motion", "relion_run_motioncorr_mpi": "motion",
             "relion_align_tiltseries": "align", "relion_align_tiltseries_mpi": "align"}
EVERYWHERE = {"help", "version"}


def canonical(name):
    return name.replace("-", "_").lower()


def read_page(text):
    """Of a page in docs/commands: {option: it is a flag}, and whether the command has positional arguments."""
    options = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[0].startswith("`-"):
            for name in re.findall(r"`--?([\w-]+)`", cells[0]):
                options[canonical(name)] = cells[1] == "no"
    return options, bool(re.search(r"^    gimbal \S+ \[OPTIONS\] \S", text, re.M))


def code(text):
    """(number of the line, line of code), continued lines joined."""
    fence, kept, start = None, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*(```+)", line):
            fence = None if fence else match[1]
        elif fence or line.startswith("    "):
            kept, start = kept + line.strip(), start or number
            if kept.endswith("\\"):
                kept = kept[:-1]
                continue
            yield start, kept
            kept, start = "", 0
        else:
            for span in re.findall(r"`([^`]+)`", line):
                yield number, span


def words_of(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    return list(lexer)


def calls(line):
    """The command lines of gimbal in a line of shell: (command, words)."""
    if "gimbal" not in line and "relion_" not in line:
        return
    words = words_of(line)
    for i, word in enumerate(words):
        name = word.rsplit("/", 1)[-1]
        rest = words[i + 1:]
        end = next((k for k, w in enumerate(rest) if re.fullmatch(r"[();<>|&]+", w)), len(rest))
        if name in STAND_FOR:
            yield STAND_FOR[name], rest[:end]
        elif name == "gimbal" and end > 0 and re.fullmatch(r"[a-z][a-z_-]*", rest[0]):
            yield rest[0], rest[1:end]


def problems_of_call(command, words, pages):
    if command == "help":
        return
    if command not in pages:
        yield f"there is no command 'gimbal {command}'"
        return
    options, positional = pages[command]
    values = 0  # how many words may follow that are no option
    for i, word in enumerate(words):
        if not word.startswith("--") or " " in word:
            if values == 0 and not positional and not word.startswith(("-", "[", "...", "…")):
                yield f"gimbal {command}: '{word}' belongs to no option"
            values = max(values - 1, 0)
            continue
        name, has_value = canonical(word[2:].partition("=")[0]), "=" in word
        if name in EVERYWHERE:
            continue
        if name not in options:
            yield f"gimbal {command} has no option {word}"
            continue
        following = words[i + 1] if i + 1 < len(words) else None
        missing = following is None or (following.startswith("--") and " " not in following)
        if options[name]:
            values = int(following is not None and following.lower() in ("yes", "no", "true", "false"))
        else:
            values = 0 if has_value else 1
            if missing and not has_value and len(words) > 1:
                yield f"gimbal {command}: {word} has no value"


def problems(text, pages):
    """(number of the line, what is wrong) in one Markdown text."""
    for number, line in code(text):
        try:
            for command, words in calls(line):
                for problem in problems_of_call(command, words, pages):
                    yield number, problem
        except ValueError as error:
            if re.search(r"\b(gimbal [a-z]|relion_\w+ --)", line):
                yield number, f"the shell cannot read this line: {error}"


def main():
    root = pathlib.Path(sys.argv[1])
    pages = {page.stem: read_page(page.read_text()) for page in (root / "docs/commands").glob("*.md")
             if page.stem != "README"}
    found = 0
    for path in sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")]):
        for number, problem in problems(path.read_text(), pages):
            found += 1
            print(f"{path.relative_to(root)}:{number}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
