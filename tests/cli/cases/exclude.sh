# SPDX-License-Identifier: GPL-3.0-or-later
# Two series with a dark tilt and one behind a grid bar: tilts are excluded by hand and by rules, and
# come back; then a page about the project.
gimbal simulate --preset tiny --nx 256 --ny 256 --tilt_min -24 --tilt_max 24 --tilt_step 6 --frames 3 \
  --n_series 2 --dark_tilts 3 --blocked_tilts 6 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import/job001/ >/dev/null
gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --j 2 >/dev/null 2>&1
corrected=MotionCorr/job002/corrected_tilt_series.star
exclude() { gimbal exclude --i "$corrected" "$@"; }
rows() { grep '^ *frames/' "$1"; }

# Nothing asked for: nothing excluded, everything to look at.
expect_code 0 exclude --o all/ --pipeline_control all/
expect_out "TS_01: 9 of 9 tilts are kept"
expect_out "Nothing was asked for"
expect_file all/selected_tilt_series.star all/report.html all/logfile.pdf all/summary.json all/contact_sheets/TS_0{1,2}.png
[ -e all/RELION_JOB_EXIT_SUCCESS ] && [ ! -e all/excluded_tilts.star ]
cmp <(rows MotionCorr/job002/tilt_series/TS_01.star) <(rows all/tilt_series/TS_01.star)

# By rules: the dark tilt goes; rows, order and columns of the others stay as they were.
expect_code 0 exclude --o auto/ --auto --j 2
expect_out "TS_01: 8 of 9 tilts are kept"
expect_out "it is dark"
[ "$(grep -c '^_' auto/tilt_series/TS_01.star)" = "$(grep -c '^_' MotionCorr/job002/tilt_series/TS_01.star)" ]
cmp <(rows MotionCorr/job002/tilt_series/TS_01.star | sed 3d) <(rows auto/tilt_series/TS_01.star)
grep -q "it is dark" auto/excluded_tilts.star
grep -q "gimbalTiltReason" auto/excluded_tilts.star
expect_code 0 exclude --o one/ --auto --j 1
sed -i 's/one\//auto\//g' one/{selected_tilt_series.star,report.html,gimbal-exclude.json}
diff -r -x '.gimbal.*' auto one >&2 || failed "one and two threads give other results"

# By hand: numbers, angles, movies; kept in spite of the rules. Images are not read again.
touch -d '2001-01-01' auto/images/TS_01.json
expect_code 0 exclude --o auto/ --auto --blocked_max 0.2 --tilts 'TS_01:1,8-9; TS_02:-24.0,TS_02_001*' --keep 'TS_02:3'
expect_out "TS_01: 4 of 9 tilts are kept"
expect_out "in a shadow"
expect_out "TS_02: 6 of 9 tilts are kept"
[ "$(date -r auto/images/TS_01.json +%Y)" = 2001 ]
grep -q "kept by hand, although: it is dark" auto/summary.json

# What an earlier job took out comes back to its place.
corrected=auto/selected_tilt_series.star
expect_code 0 exclude --o back/ --keep '*:*'
cmp <(rows MotionCorr/job002/tilt_series/TS_01.star) <(rows back/tilt_series/TS_01.star)
cmp <(rows MotionCorr/job002/tilt_series/TS_02.star) <(rows back/tilt_series/TS_02.star)
expect_code 0 exclude --o more/ --tilts 'TS_01:2'
expect_out "TS_01: 3 of 9 tilts are kept"
grep -q "it is dark" more/excluded_tilts.star
expect_code 1 exclude --o auto/ --auto
expect_err "lies in the folder of --o"
corrected=MotionCorr/job002/corrected_tilt_series.star

# A series without any tilt left is dropped, as RELION does; without any series the job fails.
expect_code 0 exclude --o drop/ --tilts 'TS_02:*'
[ "$(awk '$2 ~ /tilt_series\// {print $1}' drop/selected_tilt_series.star)" = TS_01 ]
grep -q data_excluded_series drop/excluded_tilts.star
corrected=drop/selected_tilt_series.star
expect_code 0 exclude --o undrop/ --keep 'TS_02:*'
cmp <(rows MotionCorr/job002/tilt_series/TS_02.star) <(rows undrop/tilt_series/TS_02.star)
corrected=MotionCorr/job002/corrected_tilt_series.star
expect_code 1 exclude --o none/ --tilts '*:*' --pipeline_control none/
expect_err "no tilt is left"
[ -e none/RELION_JOB_EXIT_FAILURE ] && [ ! -e none/selected_tilt_series.star ]
expect_file none/report.html none/excluded_tilts.star

# Mistakes say which part is wrong, what is expected and what is near.
expect_code 2 exclude --o wrong/ --tilts 'TS_1:3' --pipeline_control wrong/
expect_err "in 'TS_1:3', there is no tilt series 'TS_1'; did you mean TS_01 or TS_02?"
[ -e wrong/RELION_JOB_EXIT_FAILURE ] && [ ! -e wrong/selected_tilt_series.star ]
expect_code 2 exclude --o wrong/ --tilts 'TS_01:40-41'
expect_err "'40-41' names no tilt of TS_01, which has 9 (numbers 1 to 9)"
expect_code 2 exclude --o wrong/ --keep '3'
expect_err "--keep: '3' does not say which of the 2 tilt series"
expect_code 2 exclude --o wrong/ --tilt_min 20 --tilt_max 10

# Images that are missing: said, or excluded.
mv MotionCorr/job002/frames/TS_02_004*.mrc .
expect_code 3 exclude --o missing/
expect_err "TS_02_004"
expect_code 0 exclude --o missing/ --auto
expect_out "TS_02: 7 of 9 tilts are kept"
mv TS_02_004*.mrc MotionCorr/job002/frames/

# A series with a movie in two rows is the only one that fails.
cp -r MotionCorr/job002/tilt_series{,.whole}
rows MotionCorr/job002/tilt_series/TS_02.star | head -n 1 >>MotionCorr/job002/tilt_series/TS_02.star
expect_code 3 exclude --o twice/
expect_err "stands in two rows of TS_02"
expect_out "TS_01: 9 of 9 tilts are kept"
rm -r MotionCorr/job002/tilt_series && mv MotionCorr/job002/tilt_series{.whole,}

# A page about the project.
mkdir ExcludeTiltImages && mv auto ExcludeTiltImages/job003
expect_code 0 gimbal report .
expect_out "2 tilt series"
expect_file report.html
grep -q "MotionCorr/job002/report.html#s1" report.html
# A page elsewhere: its folder is made, its links lead back.
expect_code 0 gimbal report . --o pages/today/project.html
link=$(grep -o '[^"]*MotionCorr/job002/report.html' pages/today/project.html | head -1)
[ -f "pages/today/$link" ]
: > file
expect_code 1 gimbal report . --o file/project.html
expect_err "cannot make the folder"
mkdir empty
expect_code 1 gimbal report empty
expect_err "holds no jobs of a RELION project"
expect_code 1 gimbal report none.such
