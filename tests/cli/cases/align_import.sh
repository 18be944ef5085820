# SPDX-License-Identifier: GPL-3.0-or-later
# Alignments made elsewhere become aligned tilt series: every format, wrong files, resuming.
gimbal simulate --preset tiny --tilt_min -6 --tilt_max 6 --tilt_step 3 --nx 64 --ny 48 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --o Import/job001/ >/dev/null
gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ >/dev/null 2>&1
series=$(awk '$2 ~ /tilt_series\// {print $1}' Import/job001/tilt_series.star)
align() { gimbal align --i MotionCorr/job002/corrected_tilt_series.star --method import "$@"; }
column() { awk -v label="_$2" '$1 == label {sub("#", "", $2); c = $2} c && NF > 5 {print $c}' "$1"; }
same_trees() { diff -r --exclude='.gimbal.*' "$1" "$2" >&2 || failed "$1 and $2 differ"; }

# IMOD: images are 64 x 48, so that the shift (10, -5) from IMOD's centre is (9.5, -5.5) from RELION's.
mkdir imod
for _ in 1 2 3 4 5; do
  echo '   0.1045285   0.9945219  -0.9945219   0.1045285       3.927      10.468'
done >imod/"$series".xf
printf '%s\n' -5.9 -2.9 0.1 3.1 6.1 >imod/"$series".tlt
printf '%s\n' 0.5 0.5 0.5 0.5 0.5 >imod/"$series".xtilt
expect_code 0 align --o AlignTiltSeries/job004/ --from imod --pipeline_control AlignTiltSeries/job004/
expect_out "by import, 5 of 5 tilts"
[ -e AlignTiltSeries/job004/RELION_JOB_EXIT_SUCCESS ]
rows=AlignTiltSeries/job004/tilt_series/$series.star
folder=AlignTiltSeries/job004/external/$series
expect_file "$rows" "$folder/$series".{xf,tlt,xtilt,rawtlt,aln} AlignTiltSeries/job004/{aligned_tilt_series.star,summary.json}
[ ! -e AlignTiltSeries/job004/failed_tilt_series.star ]

# The reports: one file with its pictures (three slices before and after, and five tilts), and pages.
expect_file AlignTiltSeries/job004/{report.html,logfile.pdf}
grep -q "$series" AlignTiltSeries/job004/report.html
[ "$(grep -o 'data:image/jpeg' AlignTiltSeries/job004/report.html | wc -l)" = 11 ]
if grep -qE 'https?://' AlignTiltSeries/job004/report.html; then failed "the report needs the network"; fi
head -c 5 AlignTiltSeries/job004/logfile.pdf | finds %PDF-

[ "$(sed -n 's/^_\(rlnTomo[XYZ][A-Za-z]*\).*/\1/p' "$rows" | tail -5 | tr '\n' ' ')" = \
  "rlnTomoXShiftAngst rlnTomoYShiftAngst rlnTomoZRot rlnTomoXTilt rlnTomoYTilt " ]
[ "$(column "$rows" rlnTomoNominalStageTiltAngle | awk '{printf "%d ", $1}')" = "-6 -3 0 3 6 " ]
[ "$(column "$rows" rlnTomoYTilt | awk '{printf "%.3f ", $1}')" = "-5.900 -2.900 0.100 3.100 6.100 " ]
[ "$(column "$rows" rlnTomoXShiftAngst | awk '{printf "%.2f ", $1}')" = "51.30 51.30 51.30 51.30 51.30 " ]
[ "$(column "$rows" rlnTomoYShiftAngst | awk 'NR == 1 {printf "%.2f", $1}')" = "-29.70" ]
[ "$(column "$rows" rlnTomoXTilt | awk 'NR == 1 {printf "%.2f", $1}')" = "0.50" ]

# What was written is read again, to the last digit.
cp -r AlignTiltSeries/job004/external first
for from in first first/"$series" first/"$series/$series".xf AlignTiltSeries/job004; do
  expect_code 0 align --o again --from "$from"
  paste -d ' ' <(column again/tilt_series/"$series".star rlnTomoXShiftAngst) <(column "$rows" rlnTomoXShiftAngst) |
    awk '($1 - $2) ^ 2 > 1e-14 {exit 1}'
done
# An .aln has no X tilt.
expect_code 0 align --o again --from first/"$series/$series".aln
[ "$(column again/tilt_series/"$series".star rlnTomoXTilt | awk 'NR == 1 {printf "%.2f", $1}')" = "0.00" ]

# Nothing is done twice; what changed is done anew; any number of threads gives the same files.
touch -d 2020-01-01 "$folder/$series".xf
cp -a AlignTiltSeries/job004 before
expect_code 0 align --o AlignTiltSeries/job004/ --from imod --only_do_unfinished --j 2 \
  --pipeline_control AlignTiltSeries/job004/
[ -z "$(find "$folder" -name '*.xf' -newermt 2021-01-01)" ]
same_trees before AlignTiltSeries/job004
rm "$folder/$series".tlt
expect_code 0 align --o AlignTiltSeries/job004/ --from imod --only_do_unfinished
[ -n "$(find "$folder" -name '*.xf' -newermt 2021-01-01)" ]
same_trees before AlignTiltSeries/job004
printf '%s\n' -5.8 -2.8 0.2 3.2 6.2 >imod/"$series".tlt
expect_code 0 align --o AlignTiltSeries/job004/ --from imod --only_do_unfinished
[ "$(column "$rows" rlnTomoYTilt | awk 'NR == 1 {printf "%.1f", $1}')" = "-5.8" ]
expect_code 0 align --o later --from imod --do_at_most 0
expect_out "skipped"
[ ! -e later/aligned_tilt_series.star ]

# AreTomo: sections in the order of the table (that of acquisition) from 0, and of angles from 1,
# with an image that was left out as dark.
aln() {
  echo '# AreTomo Alignment / Priims bprmMn'
  echo '# RawSize = 64 48 5'
  echo "# DarkFrame = 0 $1 -6.00"
  echo '# SEC     ROT         GMAG       TX          TY      SMEAN     SFIT    SCALE     BASE     TILT'
  shift
  for angle in -3 0 3 6; do
    echo "$1   84.5   1.0   9.25   -3.5   1.00   1.00   1.00   0.00   $angle.01"
    shift
  done
}
mkdir aretomo
order() { column "MotionCorr/job002/tilt_series/$series.star" rlnTomoNominalStageTiltAngle |
  awk -v angle="$1" '($1 - angle) ^ 2 < 0.1 {print NR - 1}'; }
aln "$(order -6)" "$(order -3)" "$(order 0)" "$(order 3)" "$(order 6)" >aretomo/"$series".aln
expect_code 0 align --o aretomo_0 --from aretomo
aln 1 2 3 4 5 >aretomo/"$series".aln
expect_code 0 align --o aretomo_1 --from aretomo
expect_out "4 of 5 tilts"
expect_same aretomo_0/tilt_series/"$series".star aretomo_1/tilt_series/"$series".star
rows=aretomo_1/tilt_series/$series.star
[ "$(column "$rows" rlnTomoNominalStageTiltAngle | awk '{printf "%d ", $1}')" = "-3 0 3 6 " ]
[ "$(column "$rows" rlnTomoXShiftAngst | awk 'NR == 1 {printf "%.2f", $1}')" = "49.95" ]
expect_code 0 align --o aretomo_2 --from aretomo --excluded keep
[ "$(column aretomo_2/tilt_series/"$series".star gimbalTiltState | tr '\n' ' ')" = "excluded used used used used " ]

# What does not fit is refused, with the reason, and RELION is told.
expect_code 1 align --o bad --from nothing --pipeline_control bad
expect_err "nothing is neither a file nor a folder"
[ -e bad/RELION_JOB_EXIT_FAILURE ]
expect_file bad/failed_tilt_series.star bad/summary.json bad/report.html
grep -q "could not be aligned" bad/report.html
[ ! -e bad/aligned_tilt_series.star ]
cp -r imod short && head -n 4 imod/"$series".xf >short/"$series".xf
expect_code 1 align --o bad --from short
expect_err "has 5 rows, but short/$series.xf has 4"
head -n 4 imod/"$series".tlt >short/"$series".tlt && head -n 4 imod/"$series".xtilt >short/"$series".xtilt
expect_code 1 align --o bad --from short
expect_err "has 4 rows, but the tilt series has 5 tilts"
printf '%s\n' -12 -6 0 6 12 >imod/"$series".tlt
expect_code 1 align --o bad --from imod
expect_err "do not belong to this tilt series"
expect_code 2 align --o bad
expect_err "needs --from"

# A damaged model of tracks is said, and costs nothing else.
printf '%s\n' -5.8 -2.8 0.2 3.2 6.2 >imod/"$series".tlt
printf 'IMODV1.2 and then nothing' >imod/"$series".fid
expect_code 0 align --o damaged --from imod
expect_out "truncated"
expect_out "5 of 5 tilts"

# Tilts that motion correction lost are in its list only: said, also of a selection, but not in the record.
list=MotionCorr/job002/failed_movies.star
printf 'data_failed_movies\n\nloop_\n_rlnTomoName #1\n_rlnMicrographMovieName #2\n_gimbalFailureReason #3\n' >$list
printf '%s\n' "$series frames/lost.mrc \"cut off\"" "TS_lost frames/a.mrc \"cut off\"" >>$list
cp -r damaged missing
expect_code 0 align --o missing --from imod --only_do_unfinished
expect_out "1 tilt is missing, because motion correction failed: frames/lost.mrc ($list says why)"
expect_err "warning: the tilt series TS_lost is missing"
for file in summary.json report.html; do grep -q "frames/lost.mrc" missing/$file; done
cmp damaged/external/"$series"/alignment.json missing/external/"$series"/alignment.json
gimbal exclude --i MotionCorr/job002/corrected_tilt_series.star --o selected --tilts 3 >/dev/null
expect_code 0 gimbal align --i selected/selected_tilt_series.star --o selected_aligned --method import --from missing
expect_out "1 tilt is missing"
rm $list

# An image that is gone is excluded, and the job says so; with no image at all it fails.
mkdir gone && mv "$(find MotionCorr -name '*.mrc' | sort | head -n 1)" gone/
expect_code 3 align --o without --from imod
expect_err "cannot open"
expect_out "4 of 5 tilts"
[ -e without/RELION_JOB_EXIT_SUCCESS ]
expect_code 3 align --o without --from imod --only_do_unfinished
find MotionCorr -name '*.mrc' -delete
expect_code 1 align --o without --from imod
expect_err "none of the 5 images can be read"
[ ! -e without/aligned_tilt_series.star ]
