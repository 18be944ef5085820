# SPDX-License-Identifier: GPL-3.0-or-later
# One series with a movie of every kind of damage: each is named with what was found, the others are done, and
# what was mended is done later.
gimbal simulate --preset tiny --nx 96 --ny 64 --frames 4 --tilt_min -8 --tilt_max 7 --tilt_step 1 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import/job001/ >/dev/null
cp -r frames whole
python3 - frames/*.mrc <<'PYTHON'
import os, struct, sys

paths = sys.argv[1:]
movie = open(paths[0], "rb").read()
nx, ny, nz, mode = struct.unpack("<4i", movie[:16])
start = 1024 + struct.unpack("<i", movie[92:96])[0]
pixels = movie[start:]
n = nx * ny * nz


def spoil(number, pixels, **header):
    words = {"nx": 0, "ny": 4, "nz": 8, "mode": 12}
    bytes_of_header = bytearray(movie[:start])
    for name, value in header.items():
        struct.pack_into("<i", bytes_of_header, words[name], value)
    open(paths[number], "wb").write(bytes(bytes_of_header) + pixels)


floats = [1.0 + i % 7 for i in range(n)]
floats[n // 2] = float("nan")
spoil(1, struct.pack(f"<{n}f", *floats), mode=2)
spoil(2, bytes(len(pixels)))
spoil(3, struct.pack(f"<{n}f", *[7.0] * n), mode=2)
spoil(4, pixels[: len(pixels) // 2], nx=nx // 2)
spoil(5, pixels[: len(pixels) // 4 * 2], nz=nz // 2)
for number, size in ((6, 500), (7, start + len(pixels) // 2 + 1), (8, len(movie) - 1), (9, 0)):
    open(paths[number], "wb").write(movie[:size])
for number in (10, 11):
    os.remove(paths[number])
os.mkdir(paths[11])
PYTHON
motion() { gimbal motion --i Import/job001/tilt_series.star --ps_size 32 --o Motion "$@"; }
expect_code 3 motion --j 2
expect_out "9 of 16 movies failed; 7 are motion-corrected"
reasons=("" "frame 3 holds values that are not numbers (NaN or infinite), the first at x = 0, y = 0" "all pixels of the sum of its frames are 0" "all pixels of the sum of its frames are 28" "" "" "500 bytes"
  truncated truncated empty "No such file" "not a regular file")
for number in 1 2 3 6 7 8 9 10 11; do
  name=$(basename "$(ls whole/*_0"$(printf %02d "$number")"_*.mrc)")
  [ "$(grep -c "^error: .*$name" err)" = 1 ] || failed "$name is not named once"
  grep "$name" Motion/failed_movies.star | finds "${reasons[$number]}"
  [ -z "$(find Motion -name "$(sed 's/\.mrc$//; s/\./_/g' <<<"$name")*")" ] || failed "there are files of $name"
done
expect_out "it has 48 x 64 px, most movies of its series have 96 x 64"
expect_out "it has 2 frames, most movies of its series have 4"

# Mended, it is as if nothing had been.
rm -r frames && cp -rp whole frames
expect_code 0 motion --only_do_unfinished
mv Motion mended
expect_code 0 motion
diff -r -x '.gimbal.*' mended Motion >&2 || failed "mended movies give another result"
