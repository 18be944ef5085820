# SPDX-License-Identifier: GPL-3.0-or-later
# A job that is killed again and again, at any moment, ends with the files of an undisturbed one.
gimbal simulate --preset tiny --tilt_min -6 --tilt_max 6 --tilt_step 3 --nx 160 --ny 128 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --o Import/job001/ >/dev/null
motion() {
  gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --j 2 --even_odd_split --float16 \
    --grouping_for_ps 2 --ps_size 64 --dose_weighting --save_noDW --only_do_unfinished "$@"
}
motion >/dev/null 2>&1
mv MotionCorr/job002 whole

# The delays go from the very start to beyond the end of a run.
for delay in 0.01 0.04 0.08 0.12 0.17 0.23 0.30 0.40 0.55 0.75; do
  timeout -s KILL "$delay" gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --j 2 \
    --even_odd_split --float16 --grouping_for_ps 2 --ps_size 64 --dose_weighting --save_noDW \
    --only_do_unfinished >/dev/null 2>&1 || true
done
expect_code 0 motion
diff -r --exclude='.gimbal.*' whole MotionCorr/job002 >&2

# What a power failure may have cut is noticed by its size.
victim=$(ls MotionCorr/job002/frames/*_EVN.mrc | head -n 1)
truncate -s 2000 "$victim"
expect_code 0 motion
diff -r --exclude='.gimbal.*' whole MotionCorr/job002 >&2
