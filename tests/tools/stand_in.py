# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-ins for other programs share: options, MRC files, and how to misbehave.

A stand-in is a small program of ours that takes another one's command line, checks it, and writes
output that looks like its. The environment says how it behaves:
  STAND_IN       good (default), crash, fail, hang, rubbish, nothing
  STAND_IN_ONLY  misbehave only when this text is in the command line
  STAND_IN_LOG   file that gets the command line
"""

import os
import signal
import struct
import sys
import time


def options(words):
    """{"-Patch": ["5", "5"]}; a word that begins with a dash and a letter is an option."""
    found, current = {}, None
    for word in words:
        if word[:1] == "-" and word[1:2].isalpha():
            current = word
            if current in found:
                sys.exit(f"{current} is given twice")
            found[current] = []
        elif current is None:
            sys.exit(f"'{word}' belongs to no option")
        else:
            found[current].append(word)
    return found


def behaviour():
    """How to behave; crashes, failures and hangs happen here."""
    log = os.environ.get("STAND_IN_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(" ".join(sys.argv) + "\n")
    how = os.environ.get("STAND_IN", "good")
    only = os.environ.get("STAND_IN_ONLY", "")
    if only not in " ".join(sys.argv):
        how = "good"
    print(f"{os.path.basename(sys.argv[0])}: begins")
    sys.stdout.flush()
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "fail":
        sys.exit("cannot find a GPU")
    if how == "hang":
        time.sleep(600)
    return how


def mrc_header(path):
    """nx, ny, nz, mode, pixel size."""
    with open(path, "rb") as file:
        head = file.read(1024)
    nx, ny, nz, mode = struct.unpack("<4i", head[:16])
    (mx,) = struct.unpack("<i", head[28:32])
    (cell,) = struct.unpack("<f", head[40:44])
    return nx, ny, nz, mode, cell / mx if mx else 0.0


def write_mrc(path, nx, ny, nz, value):
    """Images of one value, mode 2; value(section, y, x) may be a function."""
    head = struct.pack("<10i", nx, ny, nz, 2, 0, 0, 0, nx, ny, nz)
    head += struct.pack("<6f", nx, ny, nz, 90.0, 90.0, 90.0) + struct.pack("<3i", 1, 2, 3)
    head = head.ljust(208, b"\0") + b"MAP DD\0\0"
    with open(path, "wb") as file:
        file.write(head.ljust(1024, b"\0"))
        for z in range(nz):
            for y in range(ny):
                row = [value(z, y, x) for x in range(nx)] if callable(value) else [value] * nx
                file.write(struct.pack(f"<{nx}f", *row))


def need(found, *names):
    for name in names:
        if name not in found:
            sys.exit(f"{name} is missing")
