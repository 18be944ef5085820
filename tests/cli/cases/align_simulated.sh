# SPDX-License-Identifier: GPL-3.0-or-later
# A simulated series from movies to its alignment, by beads and without markers, with a dark tilt.
gimbal simulate --preset tiny --nx 384 --ny 384 --tilt_min -40 --tilt_max 40 --tilt_step 8 --frames 3 \
  --particles 25 --dark_tilts 5 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import/job001/ >/dev/null
gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --j 2 >/dev/null 2>&1
series=$(awk '$2 ~ /tilt_series\// {print $1}' Import/job001/tilt_series.star)
align() { gimbal align --i MotionCorr/job002/corrected_tilt_series.star "$@"; }
column() { awk -v label="_$2" '/^data_/ {c = 0} $1 == label {sub("#", "", $2); c = $2} c && NF > 5 {print $c}' "$1"; }
error_below() {
  python3 "$tests/../scripts/compare_alignment_with_truth.py" truth.json "$1/aligned_tilt_series.star" --most "$2" >&2 ||
    failed "$1 is not near the truth"
}

# Beads are there, so auto takes them. The dark tilt is left out, with the reason.
expect_code 0 align --o auto --j 2 --pipeline_control auto
expect_out "$series: pass by fiducials, 10 of 11 tilts"
expect_out "gold beads, which are seen in nearly all tilts"
expect_out "is excluded: it is dark"
[ -e auto/RELION_JOB_EXIT_SUCCESS ]
expect_file auto/tilt_series/"$series".star auto/external/"$series"/"$series".{xf,tlt,aln,fid}
[ "$(column auto/tilt_series/"$series".star rlnTomoYTilt | wc -l)" = 10 ]
error_below auto 0.2

# The number of threads changes nothing.
expect_code 0 align --o one --j 1
sed -i 's/auto\//one\//' auto/aligned_tilt_series.star
for file in aligned_tilt_series.star tilt_series/"$series".star external; do
  diff -r auto/"$file" one/"$file" >&2 || failed "one and two threads give another $file"
done

expect_code 0 align --o fiducials --method fiducials --excluded keep
[ "$(column fiducials/tilt_series/"$series".star gimbalTiltState | sort | uniq -c | xargs)" = "1 excluded 10 used" ]
error_below fiducials 0.2
expect_code 0 align --o projection --method projection --j 2
expect_out "by projection, 10 of 11 tilts"
error_below projection 0.9
expect_code 0 align --o patches --method patches --patch_nm 150
expect_out "by patches, 10 of 11 tilts"
error_below patches 1.2

# Beads of another size are not there: the series fails, and the job says why.
expect_code 1 align --o none --method fiducials --gold_nm 60 --pipeline_control none
expect_err "no gold beads of 60 nm"
[ -e none/RELION_JOB_EXIT_FAILURE ] && [ ! -e none/aligned_tilt_series.star ]
expect_code 2 align --o none --method beads
