# SPDX-License-Identifier: GPL-3.0-or-later
# Motion correction as users run it: RELION's files and columns, a bad movie, resuming, markers.
expect_code 0 gimbal simulate --preset tiny --tilt_min 0 --tilt_max 0 --nx 32 --ny 32 --o "a folder"
expect_out "cd 'a folder'"
expect_code 0 gimbal simulate --preset tiny --tilt_min -3 --tilt_max 3 --tilt_step 3 --nx 128 --ny 96 --o .
grep -q '^To process it:' out && ! grep -q '^ *cd ' out
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --o Import/job001/ >/dev/null
series=$(awk '$2 ~ /tilt_series\// {print $1}' Import/job001/tilt_series.star)
motion() { gimbal motion --i Import/job001/tilt_series.star --ps_size 64 "$@"; }

# The command line of RELION's window.
full="--even_odd_split --use_own --float16 --bin_factor 1 --bfactor 150 --patch_x 1 --patch_y 1
  --eer_grouping 32 --grouping_for_ps 4"
expect_code 0 motion --o MotionCorr/job002/ --j 1 $full --pipeline_control MotionCorr/job002/
expect_out "motion-corrected"
expect_out "Report: MotionCorr/job002/report.html"
[ -e MotionCorr/job002/RELION_JOB_EXIT_SUCCESS ]
for movie in frames/*.mrc; do
  name=MotionCorr/job002/$(sed 's/\.mrc$//; s/\./_/g' <<<"$movie")
  expect_file "$name".{mrc,star,log,json} "$name"_{EVN,ODD,PS}.mrc
done
expect_file MotionCorr/job002/{corrected_tilt_series.star,report.html,logfile.pdf,summary.json,gimbal-motion.json}
[ ! -e MotionCorr/job002/failed_movies.star ]
[ "$(sed -n 's/^_\(rln[A-Za-z]*\).*/\1/p' "MotionCorr/job002/tilt_series/$series.star" | tail -8 | tr '\n' ' ')" = "\
rlnCtfPowerSpectrum rlnMicrographNameEven rlnMicrographNameOdd rlnMicrographName rlnMicrographMetadata \
rlnAccumMotionTotal rlnAccumMotionEarly rlnAccumMotionLate " ]
grep -q '_rlnTomoTiltSeriesPixelSize #' MotionCorr/job002/corrected_tilt_series.star

# Any number of threads, and a job done in parts, give the same files.
same_trees() { diff -r --exclude='.gimbal.*' "$1" "$2" >&2 || failed "$1 and $2 differ"; }
mv MotionCorr/job002 first
expect_code 0 motion --o MotionCorr/job002/ --j 8 $full --only_do_unfinished --do_at_most 1
expect_out "2 skipped"
touch MotionCorr/job002/frames/.x.mrc.123.4.tmp
expect_code 0 motion --o MotionCorr/job002/ --j 2 $full --only_do_unfinished
[ ! -e MotionCorr/job002/frames/.x.mrc.123.4.tmp ]
same_trees first MotionCorr/job002

# Nothing is done twice; other options make everything stale and leave nothing behind.
touch -d 2020-01-01 MotionCorr/job002/frames/*.mrc
expect_code 0 motion --o MotionCorr/job002/ $full --only_do_unfinished
[ -z "$(find MotionCorr/job002/frames -name '*.mrc' -newermt 2021-01-01)" ]
expect_code 0 motion --o MotionCorr/job002/ --only_do_unfinished --bin_factor 2 --dose_weighting --save_noDW
[ -z "$(find MotionCorr/job002/frames -name '*_EVN.mrc')" ]
grep -q rlnMicrographNameNoDW "MotionCorr/job002/tilt_series/$series.star"
! grep -q rlnMicrographNameEven "MotionCorr/job002/tilt_series/$series.star"

# A bad movie is left out of the series and reported; the rows of the others stay with their movies.
victim=$(ls frames/*.mrc | sed -n 2p)
head -c 5000 "$victim" >cut && mv cut "$victim"
expect_code 3 motion --o MotionCorr/job003/ $full
expect_err "error: $victim is truncated"
expect_out "1 of 3 movies failed"
expect_out "failed_movies.star lists what failed. These tilts are left out of the tilt series"
[ -e MotionCorr/job003/RELION_JOB_EXIT_SUCCESS ]
grep -q "$victim" MotionCorr/job003/failed_movies.star
! grep -q "$victim" "MotionCorr/job003/tilt_series/$series.star"
[ "$(grep -c '^frames/' "MotionCorr/job003/tilt_series/$series.star")" = 2 ]
awk '/^frames/ {name = $1; sub(/\.mrc$/, "", name); gsub(/\./, "_", name)
  if ($0 !~ "MotionCorr/job003/" name "\\.star") exit 1}' "MotionCorr/job003/tilt_series/$series.star"

# What cannot work is said before anything is done.
expect_code 1 motion --o bad --gainref nothing.mrc
expect_err nothing.mrc
[ -e bad/RELION_JOB_EXIT_FAILURE ]
[ ! -e bad/frames ]

# RELION is told of a wrong command line, too: it would wait for ever.
expect_code 2 motion --o bad --no_such_option --pipeline_control marks/
[ -e marks/RELION_JOB_EXIT_FAILURE ]

# Movies whose outputs would have one name; a job that is stopped from outside.
mkdir -p frames/a.b frames/a_b
cp "$(ls frames/*.mrc | head -n 1)" frames/a.b/x.mrc
cp frames/a.b/x.mrc frames/a_b/x.mrc
awk '/^frames/ {n++; $1 = n == 1 ? "frames/a.b/x.mrc" : "frames/a_b/x.mrc"} n < 3' \
  "Import/job001/tilt_series/$series.star" >two.star && cp two.star "Import/job001/tilt_series/$series.star"
expect_code 1 motion --o bad
expect_err "frames/a.b/x.mrc"
expect_err "frames/a_b/x.mrc"
[ ! -e bad/frames ]
