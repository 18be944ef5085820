# SPDX-License-Identifier: GPL-3.0-or-later
# gimbal behind RELION's names: the command lines of RELION 5's window, word by word; markers; other
# input; several processes.
expect_code 0 gimbal relion-shims shims/
expect_out "relion --tomo"
for name in relion_run_motioncorr relion_run_motioncorr_mpi relion_align_tiltseries relion_align_tiltseries_mpi; do
  [ -x "shims/$name" ]
done
expect_code 0 gimbal relion-shims shims/
mkdir taken && touch taken/relion_run_motioncorr
expect_code 1 gimbal relion-shims taken/
expect_err "choose a folder of its own"
expect_code 2 gimbal relion-shims
PATH="$PWD/shims:$PATH"

gimbal simulate --preset tiny --tilt_min -6 --tilt_max 6 --tilt_step 3 --nx 128 --ny 96 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --o Import/job001/ >/dev/null
window() { bash -c "$1"; }  # as RELION's window does: a line for the shell

# Motion correction, all fields of the window filled in.
expect_code 0 window '`which relion_run_motioncorr` --i Import/job001/tilt_series.star --o MotionCorr/job002/ --even_odd_split  --use_own  --j 2 --float16 --bin_factor 1 --bfactor 150 --patch_x 1 --patch_y 1 --eer_grouping 32 --group_frames 2 --grouping_for_ps 1   --ps_size 64 --pipeline_control MotionCorr/job002/'
[ -e MotionCorr/job002/RELION_JOB_EXIT_SUCCESS ]
expect_file MotionCorr/job002/{corrected_tilt_series.star,logfile.pdf}
gimbal motion --i Import/job001/tilt_series.star --o direct/ --even_odd_split --float16 --group_frames 2 \
  --patch_x 1 --patch_y 1 --grouping_for_ps 1 --ps_size 64 >/dev/null 2>&1
cmp MotionCorr/job002/frames/*_3_0.mrc direct/frames/*_3_0.mrc

# Continue: nothing is done twice.
touch -d 2020-01-01 MotionCorr/job002/frames/*.mrc
expect_code 0 window '`which relion_run_motioncorr` --i Import/job001/tilt_series.star --o MotionCorr/job002/ --even_odd_split  --use_own  --j 2 --float16 --bin_factor 1 --bfactor 150 --patch_x 1 --patch_y 1 --eer_grouping 32 --group_frames 2 --grouping_for_ps 1  --only_do_unfinished  --ps_size 64 --pipeline_control MotionCorr/job002/'
[ -z "$(find MotionCorr/job002/frames -name '*.mrc' -newermt 2021-01-01)" ]

# Alignment: IMOD's and AreTomo2's names stand for gimbal's methods; fields left empty have no value.
# These images are too poor to align: what counts is which method was asked.
align='`which relion_align_tiltseries` --i MotionCorr/job002/corrected_tilt_series.star --o AlignTiltSeries/job003/ --tomogram_thickness 300'
method() { sed -n 's/.*"method": "\([a-z]*\)".*/\1/p' AlignTiltSeries/job003/gimbal-align.json; }
window "$align --imod_fiducials --fiducial_diameter 10  --batchtomo_exe /no/such/batchruntomo  --pipeline_control AlignTiltSeries/job003/" >out 2>err || true
[ "$(method)" = fiducials ]
ls AlignTiltSeries/job003/RELION_JOB_EXIT_* >/dev/null
window "$align --imod_patchtrack --patch_size 100  --patch_overlap 50  --batchtomo_exe   --pipeline_control AlignTiltSeries/job003/" >out 2>err || true
[ "$(method)" = patches ]
window "$align --aretomo2  --aretomo_exe  --aretomo_tiltcorrect  --aretomo_tiltcorrect_angle -5 --aretomo_ctf  --aretomo_phaseshift  --other_wrapper_args \"  \" --gpu   --only_do_unfinished   --pipeline_control AlignTiltSeries/job003/" >out 2>err || true
[ "$(method)" = projection ]
grep -q '"tilt_angle_offset": "-5"' AlignTiltSeries/job003/gimbal-align.json
expect_code 2 env GIMBAL_RELION_METHODS=both bash -c "$align --aretomo2"
expect_err "GIMBAL_RELION_METHODS is 'both'"

# The additional arguments come last and win over the fields.
window "$align --aretomo2 --method patches --patch_size 100 --patch_size 50 --pipeline_control AlignTiltSeries/job003/" >out 2>err || true
[ "$(method)" = patches ]
grep -q '"patch_nm": "50"' AlignTiltSeries/job003/gimbal-align.json
expect_code 2 relion_run_motioncorr --i Import/job001/tilt_series.star --o odd/ --use_own --grouping_for_ps 1 --ps_size 512 --ps_size 63
expect_err "--ps_size is 63 px, but must be even"

# A wrong command line leaves a marker, too. Threads: the job's, or those of the environment.
window "$align --aretomo2 --no_such --pipeline_control marks/" >out 2>err || true
[ -e marks/RELION_JOB_EXIT_FAILURE ]
expect_code 2 env GIMBAL_THREADS=5000 bash -c "$align --aretomo2"
expect_err "--j is 5000"

# One movie is bad: RELION gets success and 0.
victim=$(ls frames/*.mrc | sed -n 2p)
cp "$victim" kept && head -c 5000 kept >"$victim"
expect_code 0 window '`which relion_run_motioncorr` --i Import/job001/tilt_series.star --o MotionCorr/job004/ --use_own --j 1 --bin_factor 1 --bfactor 150 --patch_x 1 --patch_y 1 --eer_grouping 32 --pipeline_control MotionCorr/job004/'
[ -e MotionCorr/job004/RELION_JOB_EXIT_SUCCESS ]
expect_file MotionCorr/job004/failed_movies.star
cp kept "$victim"

# What gimbal cannot do goes to RELION's own program, if there is one.
printf 'data_optics\n\ndata_movies\n\nloop_\n_rlnMicrographMovieName #1\nframes/x.mrc\n' >movies.star
expect_code 2 env PATH="$PWD/shims" relion_run_motioncorr --i movies.star --o MotionCorr/job005/ --use_own --pipeline_control marks2/
expect_err "gimbal corrects tilt series only"
[ -e marks2/RELION_JOB_EXIT_FAILURE ]
mkdir relion && printf '#!/bin/sh\necho "RELION got $*"\n' >relion/relion_run_motioncorr && chmod +x relion/relion_run_motioncorr
expect_code 0 env PATH="$PWD/shims:$PWD/relion:$PATH" relion_run_motioncorr --i movies.star --o MotionCorr/job005/ --use_own
expect_out "RELION got --i movies.star --o MotionCorr/job005/ --use_own"

# Several processes share the work out.
if command -v mpirun >/dev/null && ldd "$(readlink -f "$(command -v gimbal)")" | finds libmpi; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  expect_code 0 window 'mpirun --oversubscribe -n 2 `which relion_run_motioncorr_mpi` --i Import/job001/tilt_series.star --o MotionCorr/job006/ --even_odd_split  --use_own  --j 1 --float16 --bin_factor 1 --bfactor 150 --patch_x 1 --patch_y 1 --eer_grouping 32 --group_frames 2 --grouping_for_ps 1   --ps_size 64 --pipeline_control MotionCorr/job006/'
  [ "$(grep -c 'Report:' out)" = 1 ]
  cmp MotionCorr/job006/frames/*_3_0.mrc direct/frames/*_3_0.mrc
fi
