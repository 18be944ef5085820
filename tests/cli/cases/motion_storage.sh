# SPDX-License-Identifier: GPL-3.0-or-later
# Results that can no longer be written stop the job with one message, and leave nothing half-written.
# A limit on the size of files stands for a full disk here: that needs no rights.
gimbal simulate --preset tiny --tilt_min -3 --tilt_max 3 --tilt_step 3 --nx 128 --ny 96 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --o Import/job001/ >/dev/null
motion() { gimbal motion --i Import/job001/tilt_series.star --ps_size 64 "$@"; }
gimbal_on_full_disk() { (trap '' XFSZ; ulimit -f 40; motion "$@"); }
expect_code 1 gimbal_on_full_disk --o MotionCorr/job002/
expect_err "stopped with 0 of"
expect_err "--only_do_unfinished"
[ "$(grep -c 'cannot write' err)" = 1 ]
[ -z "$(find MotionCorr/job002 -name '*.mrc' -o -name '*.tmp' -o -name '*.star')" ]
[ -e MotionCorr/job002/RELION_JOB_EXIT_FAILURE ]
expect_code 0 motion --o MotionCorr/job002/ --only_do_unfinished
touch in_the_way
expect_code 1 motion --o in_the_way
expect_err "cannot make the folder in_the_way: Not a directory"
