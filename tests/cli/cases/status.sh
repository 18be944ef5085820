# SPDX-License-Identifier: GPL-3.0-or-later
# gimbal status: what a job says of itself while it runs, when it is killed, and at its end.
gimbal simulate --preset tiny --nx 1024 --ny 1024 --tilt_min -20 --tilt_max 20 --tilt_step 10 --frames 6 \
  --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import/job001/ >/dev/null
job=(gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/)

expect_code 1 gimbal status nowhere
expect_err "there is no folder nowhere"
mkdir empty
expect_code 0 gimbal status empty
expect_out "No jobs found"

# Killed: the state is told from the lock, which the system gives back.
"${job[@]}" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 300); do
  if grep -q '"finished": [1-9]' MotionCorr/job002/.gimbal.status 2>/dev/null; then break; fi
  sleep 0.02
done
expect_code 0 gimbal status .
expect_out "running"
kill -9 $pid
wait $pid 2>/dev/null || true
expect_code 3 gimbal status .
expect_out "gone"
expect_out "--only_do_unfinished"

expect_code 0 "${job[@]}" --only_do_unfinished
expect_code 0 gimbal status .
expect_out "MotionCorr/job002"
expect_out "5 of 5"
gimbal status . --json | python3 -c "
import json, sys
job, = [job for job in json.load(sys.stdin) if job['command'] == 'motion']
assert job['state'] == 'done' and job['finished'] == 5 and job['failed'] == 0, job"

# RELION's alias of a job is no other job.
ln -s job002 MotionCorr/my_alias
expect_code 0 gimbal status .
[ "$(grep -c my_alias out || true)" = 0 ]
rm MotionCorr/my_alias

# A job that failed, and one of RELION's own.
truncate -s 3000 "$(ls frames/*.mrc | head -1)"
expect_code 3 "${job[@]}"
mkdir -p CtfFind/job003
touch CtfFind/job003/RELION_JOB_EXIT_FAILURE
expect_code 3 gimbal status . empty
expect_out "5 of 5, 1 failed"
expect_out "CtfFind/job003"
