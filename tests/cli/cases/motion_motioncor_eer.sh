# SPDX-License-Identifier: GPL-3.0-or-later
# EER movies go to MotionCor2 with a file of fractions, which RELION's wrapper cannot do.
gimbal simulate --preset eer --tilt_min 0 --tilt_max 0 --frames 1 --eer_raw_frames 4 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.eer' --mdoc 'mdoc/*.mdoc' --angpix 1.5 --dose 3 --o Import/job001/ >/dev/null 2>&1 || [ $? -eq 3 ]
mkdir programs
cat >programs/MotionCor3 <<'END'
#!/bin/sh
# Too large an image to write in earnest: says what it was given, and stops.
echo "$@"
cat "$(echo "$@" | sed 's/.*-FmIntFile \([^ ]*\).*/\1/')"
exit 9
END
chmod +x programs/MotionCor3
expect_code 1 gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --use_motioncor2 \
  --motioncor2_exe programs/MotionCor3 --eer_grouping 2 --eer_upsampling 2 --dose_weighting --dose_per_frame 1.5
expect_err "-InEer frames/"
expect_err "-EerSampling 2"
expect_err "/ 4 2 0.75"
