# SPDX-License-Identifier: GPL-3.0-or-later
# --submit: the script of the queue, made from RELION's variables. bash stands in for sbatch.
gimbal simulate --preset tiny --nx 256 --ny 256 --tilt_min -20 --tilt_max 20 --tilt_step 10 --frames 3 \
  --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import/ >/dev/null
job=(gimbal motion --i Import/tilt_series.star --o MotionCorr/job002/ --j 2 --do_at_most 4)

cat >template.sh <<'EOT'
#!/bin/bash
#PBS -N XXXnameXXX
#PBS -q XXXqueueXXX
#PBS -l nodes=XXXnodesXXX:ppn=XXXdedicatedXXX,cores=XXXcoresXXX
#PBS -A XXXextra1XXX
#PBS -W XXXextra2XXX
#PBS -o XXXoutfileXXX -e XXXerrfileXXX
# mpirun -n XXXmpinodesXXX, threads: XXXthreadsXXX
echo 4711 >&2
XXXcommandXXX >XXXoutfileXXX 2>XXXerrfileXXX
EOT
expect_code 0 "${job[@]}" --submit template.sh --qsub bash --ranks 3 --min_dedicated 4 --qsub_extra "a b" --queue fast
expect_out "4711"
cat >expected.sh <<'EOT'
#!/bin/bash
#PBS -N MotionCorr/job002/
#PBS -q fast
#PBS -l nodes=2:ppn=4,cores=6
#PBS -A a b
#PBS -o MotionCorr/job002/run.out -e MotionCorr/job002/run.err
# mpirun -n 3, threads: 2
EOT
head -7 MotionCorr/job002/run_submit.script | diff expected.sh - >&2 || failed "the script is another one"
expect_file MotionCorr/job002/run.out MotionCorr/job002/corrected_tilt_series.star
[ "$(ls MotionCorr/job002/frames/*.mrc | wc -l)" = 4 ] || failed "options were lost on the way"
if grep -q -- "--submit\|--qsub\|--ranks\|--queue" MotionCorr/job002/run_submit.script; then
  failed "the submitted job would submit itself"
fi

# What is wrong is said, and nothing runs.
expect_code 1 "${job[@]}" --submit nowhere.sh
expect_err "nowhere.sh"
echo "echo XXXcommandXXX XXXfoobarXXX" >wrong.sh
expect_code 1 "${job[@]}" --submit wrong.sh --qsub bash
expect_err "XXXfoobarXXX"
expect_code 1 "${job[@]}" --submit template.sh --qsub no_such_program
expect_err "no_such_program"
expect_code 1 env -u RELION_QSUB_TEMPLATE "${job[@]}" --submit relion
expect_err "RELION_QSUB_TEMPLATE"
