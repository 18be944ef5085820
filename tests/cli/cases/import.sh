# SPDX-License-Identifier: GPL-3.0-or-later
# Import as users run it: quoted patterns, RELION's own option names, what is said of missing movies,
# exit codes and markers.
make_movie() { # name frames
  python3 - "$1" "$2" <<'PY'
import struct, sys
name, frames = sys.argv[1], int(sys.argv[2])
header = struct.pack("<10i6f", 8, 6, frames, 0, 0, 0, 0, 8, 6, frames, 8.0, 6.0, float(frames), 90, 90, 90)
header += struct.pack("<3i", 1, 2, 3)
header = header.ljust(208, b"\0") + b"MAP \x44\x44\0\0"
open(name, "wb").write(header.ljust(1024, b"\0") + bytes(48 * frames))
PY
}
section() { # number angle movie second
  printf '[ZValue = %s]\nTiltAngle = %s\nExposureDose = 2.5\nTargetDefocus = -3\nNumSubFrames = 4\n' "$1" "$2"
  printf 'SubFramePath = X:\\data\\frames\\%s\nDateTime = 14-Nov-23  22:13:%s\n\n' "$3" "$4"
}
mkdir frames mdoc
for name in TS_01_000_0.0 TS_01_001_3.0 TS_01_002_-3.0 TS_02.5_000_0.0 left_over; do
  make_movie "frames/$name.mrc" 4
done
{
  printf 'Voltage = 300\nPixelSpacing = 1.35\n\n[T = SerialEM: test]\n[T = Tilt axis angle = 85.0, binning = 1]\n\n'
  section 0 -3.0 TS_01_002_-3.0.mrc 30
  section 1 0.001 TS_01_000_0.0.mrc 10
  section 2 3.0 TS_01_001_3.0.mrc 20
  section 3 6.0 TS_01_003_6.0.mrc 40
} >mdoc/TS_01.mrc.mdoc
section 0 0.0 TS_02.5_000_0.0.mrc 50 >mdoc/TS_02.5.mrc.mdoc

expect_code 0 gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 1.35 --dose 2.5 \
  --o Import/job001/
expect_out "TS_01: 3 tilts from -3.0 to 3.0 degrees"
expect_out "1 of 4 recorded tilts have no movie: X:\\data\\frames\\TS_01_003_6.0.mrc"
expect_out "1 of the files belongs to no imported series: frames/left_over.mrc"
[ ! -s err ]
expect_file Import/job001/tilt_series.star Import/job001/tilt_series/TS_02.5.star Import/job001/import.json
[ -e Import/job001/RELION_JOB_EXIT_SUCCESS ]
[ "$(awk '/^frames/ {print $1, $2, $3, $5}' Import/job001/tilt_series/TS_01.star)" = "\
frames/TS_01_000_0.0.mrc 4 0.001000 0.000000
frames/TS_01_001_3.0.mrc 4 3.000000 2.500000
frames/TS_01_002_-3.0.mrc 4 -3.00000 5.000000" ]

# RELION's own command line, prefix included.
expect_code 0 gimbal import --tilt-image-movie-pattern 'frames/*.mrc' --mdoc-file-pattern 'mdoc/*.mdoc' \
  --nominal-tilt-axis-angle 85 --nominal-pixel-size 1.35 --voltage 300 --spherical-aberration 2.7 \
  --amplitude-contrast 0.1 --optics-group-name group1 --dose-per-tilt-image 2.5 --prefix grid1 \
  --invert-defocus-handedness --output-directory Import/job002/
expect_file Import/job002/tilt_series/grid1_TS_01.star
grep -q 'grid1_TS_01 Import/job002/tilt_series/grid1_TS_01.star .* -1.00000 .*group1' Import/job002/tilt_series.star

# Names alone, and a table.
expect_code 0 gimbal import --movies 'frames/TS*.mrc' --angles_from_names --angpix 1.35 --dose 3 --o a
expect_file a/tilt_series/TS_01.star a/tilt_series/TS_02.5.star
printf 'movie,angle,order\nTS_01_001_3.0.mrc,3.01,2\nTS_01_000_0.0.mrc,0.02,1\n' >my.csv
expect_code 0 gimbal import --movies 'frames/TS_01*.mrc' --table my.csv --angpix 1.35 --dose 3 --o b
grep -q 'frames/TS_01_001_3.0.mrc .* 3.010000 .* 3.000000' b/tilt_series/my.star

# A broken movie and a broken mdoc are reported; the rest is written; nothing at all fails.
head -c 500 frames/TS_01_001_3.0.mrc >frames/cut && mv frames/cut frames/TS_01_001_3.0.mrc
echo hello >mdoc/bad.mdoc
expect_code 3 gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 1.35 --o Import/job003/
expect_err "frames/TS_01_001_3.0.mrc cannot be read"
expect_err "mdoc/bad.mdoc was not imported"
expect_file Import/job003/tilt_series/TS_01.star
expect_code 1 gimbal import --movies 'frames/*.mrc' --mdoc mdoc/bad.mdoc --angpix 1.35 --o Import/job004/
[ -e Import/job004/RELION_JOB_EXIT_FAILURE ]
expect_code 2 gimbal import --movies 'none/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 1.35 --o Import/job005/
expect_err "--movies none/*.mrc: no file matches"
expect_code 2 gimbal import --movies 'frames/*.mrc' --angpix 1.35 --o Import/job005/
expect_err "give one of --mdoc, --table and --angles_from_names"

# info says what is in the series of a table; one whose file is gone is a warning.
expect_code 0 gimbal info Import/job003/tilt_series.star
expect_out "TS_01"
expect_out "degrees, 1.35 A"
expect_code 0 gimbal info --json Import/job003/tilt_series.star
expect_out '"n_tilts": '
mkdir gone && cp Import/job003/tilt_series.star gone/
rm Import/job003/tilt_series/TS_01.star
expect_code 0 gimbal info gone/tilt_series.star
expect_out "Import/job003/tilt_series/TS_01.star"
