# SPDX-License-Identifier: GPL-3.0-or-later
# gimbal as a job of a RELION project: its list of jobs from the shell (--project), External jobs.
gimbal simulate --preset tiny --tilt_min -3 --tilt_max 3 --tilt_step 3 --nx 64 --ny 48 --o . >/dev/null 2>&1
block() { awk -v name="data_$1" '/^data_/ {on = $1 == name} on && NF > 1 && !/^_|^#/' default_pipeline.star; }

# A new project: the numbers come by themselves.
expect_code 0 gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --project
expect_err "this is Import/job001/ of the project"
expect_file Import/job001/{tilt_series.star,job.star,note.txt,default_pipeline.star}
[ -e Import/job001/RELION_JOB_EXIT_SUCCESS ]
expect_code 0 gimbal motion --project --i Import/job001/tilt_series.star --j 2 --float16 --grouping_for_ps 1 \
  --ps_size 32 --patch_x 1 --patch_y 1 --gain_rot 1 --gain_flip 2 --use_own --other_motioncor2_args "two words"
[ -e MotionCorr/job002/RELION_JOB_EXIT_SUCCESS ]
[ ! -e .relion_lock ]
grep -q '_rlnPipeLineJobCounter  *3' default_pipeline.star
[ "$(block pipeline_processes | tr -s ' ' | sed 's/^ //')" = "Import/job001/ None relion.importtomo Succeeded 
MotionCorr/job002/ None relion.motioncorr.own Succeeded " ]
[ "$(block pipeline_nodes | awk '{print $1, $2, $3}')" = "\
Import/job001/tilt_series.star TomogramGroupMetadata.star.relion.tomo.import 1
MotionCorr/job002/corrected_tilt_series.star TomogramGroupMetadata.star.relion.tomo.motioncorr 1
MotionCorr/job002/logfile.pdf LogFile.pdf.relion.motioncorr 1" ]
[ "$(block pipeline_input_edges | awk '{print $1, $2}')" = "Import/job001/tilt_series.star MotionCorr/job002/" ]
[ "$(block pipeline_output_edges | wc -l)" = 3 ]
for node in TomogramGroupMetadata/MotionCorr/job002/corrected_tilt_series.star LogFile/MotionCorr/job002/logfile.pdf; do
  [ -e .Nodes/$node ]
done
# The fields of RELION's window, and what has none among the other arguments.
value() { awk -v name="$1" '$1 == name {print $2}' MotionCorr/job002/job.star; }
[ "$(value do_float16) $(value patch_x) $(value nr_threads) $(value group_for_ps) $(value do_own_motioncor)" = "Yes 1 2 1 Yes" ]
grep -q 'gain_rot "90 degrees (1)"' MotionCorr/job002/job.star
grep -q 'gain_flip "Flip left to right (2)"' MotionCorr/job002/job.star
grep -q 'other_args "--ps_size 32" *$' MotionCorr/job002/job.star
grep -q -- "gimbal motion --o MotionCorr/job002/ --i Import/job001/tilt_series.star" MotionCorr/job002/note.txt

# A job that fails is in the list, too; one that is continued stays one job.
expect_code 1 gimbal align --project --i MotionCorr/job002/corrected_tilt_series.star --method import --from nothing
block pipeline_processes | finds 'AlignTiltSeries/job003/ .*relion.aligntiltseries .*Failed'
cat >"series.aln" <<'END'
# AreTomo Alignment / Priims bprmMn
# RawSize = 64 48 3
0 85 1 0 0 1 1 1 0 -3
1 85 1 0 0 1 1 1 0 0
2 85 1 0 0 1 1 1 0 3
END
expect_code 0 gimbal align --project --o AlignTiltSeries/job003 --i MotionCorr/job002/corrected_tilt_series.star \
  --method import --from series.aln
block pipeline_processes | finds 'AlignTiltSeries/job003/ .*Succeeded'
# What its window cannot say is among the other arguments; what it can say is not, as they win there.
grep -q 'other_args "--from series.aln --method import" *$' AlignTiltSeries/job003/job.star
gimbal align --project --o AlignTiltSeries/job003 --i MotionCorr/job002/corrected_tilt_series.star --method patches \
  --patch_nm 50 --j 2 >/dev/null 2>&1 || true
grep -q 'do_imod_patchtrack  *Yes' AlignTiltSeries/job003/job.star
grep -q 'other_args  *"--j 2" *$' AlignTiltSeries/job003/job.star
gimbal align --project --o AlignTiltSeries/job003 --i MotionCorr/job002/corrected_tilt_series.star --tilt_angle_offset 3 \
  >/dev/null 2>&1 || true
grep -q 'other_args  *"--method auto" *$' AlignTiltSeries/job003/job.star
grep -q 'aretomo_tiltcorrect_angle  *3 *$' AlignTiltSeries/job003/job.star
expect_code 0 gimbal align --project --o AlignTiltSeries/job003 --i MotionCorr/job002/corrected_tilt_series.star \
  --method import --from series.aln
[ "$(block pipeline_processes | wc -l)" = 3 ]
[ "$(grep -c 'Executing new job' AlignTiltSeries/job003/note.txt)" = 5 ]
grep -q '_rlnPipeLineJobCounter  *4' default_pipeline.star

# What is no folder of a job is refused before anything changes.
cp default_pipeline.star before
expect_code 2 gimbal motion --project --i Import/job001/tilt_series.star --o somewhere/
expect_err "MotionCorr/jobNNN/"
expect_code 2 gimbal motion --project --i Import/job001/tilt_series.star --o /MotionCorr/job009/
cmp before default_pipeline.star
expect_code 2 gimbal motion --i Import/job001/tilt_series.star --pipeline_control marks/
expect_err "--o is required"
[ -e marks/RELION_JOB_EXIT_FAILURE ]

# Another program has the list for a moment.
mkdir .relion_lock && touch .relion_lock/lock_default_pipeline.star
(sleep 1; rm -r .relion_lock) &
expect_code 0 gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --project
wait
block pipeline_processes | finds 'Import/job004/'

# An External job: RELION's line; what it made is told before the marker of success.
expect_code 0 gimbal motion --o External/job005/ --in_mics Import/job001/tilt_series.star --float16 Yes --even_odd_split no --j 1
[ "$(awk 'NF == 3 && !/^[_#]/ {print $1, $2, $3}' External/job005/RELION_OUTPUT_NODES.star)" = "\
External/job005/corrected_tilt_series.star TomogramGroupMetadata.star.relion.tomo.motioncorr 1
External/job005/logfile.pdf LogFile.pdf.relion.motioncorr 1" ]
[ -e External/job005/RELION_JOB_EXIT_SUCCESS ]
[ -z "$(find External -name '*_EVN.mrc')" ]
expect_code 0 gimbal align --o External/job006/ --in_mics External/job005/corrected_tilt_series.star --method import --from series.aln --j 1
grep -q 'External/job006/aligned_tilt_series.star TomogramGroupMetadata.star.relion.tomo.aligntiltseries' \
  External/job006/RELION_OUTPUT_NODES.star
[ ! -e MotionCorr/job002/RELION_OUTPUT_NODES.star ]
expect_code 0 gimbal import --o External/job007/ --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --j 2
grep -q 'External/job007/tilt_series.star TomogramGroupMetadata.star.relion.tomo.import' External/job007/RELION_OUTPUT_NODES.star
# RELION waits for a marker after a wrong parameter, too.
expect_code 2 gimbal motion --o External/job008/ --in_mics Import/job001/tilt_series.star --no_such 1 --j 1
[ -e External/job008/RELION_JOB_EXIT_FAILURE ]
expect_code 2 gimbal motion --o Other/job008/ --in_mics Import/job001/tilt_series.star --no_such 1 --j 1
[ ! -e Other ]

# Exclusion.
expect_code 0 gimbal exclude --project --i MotionCorr/job002/corrected_tilt_series.star --tilts 'TS_01:1'
block pipeline_processes | finds 'ExcludeTiltImages/job005/ .*relion.excludetilts .*Succeeded'
grep -q "tilts TS_01:1" ExcludeTiltImages/job005/job.star

# Under mpirun the first rank alone keeps the list, and all work in the folder that it has chosen.
if command -v mpirun >/dev/null && ldd "$(readlink -f "$(command -v gimbal)")" | finds libmpi; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  ranks() { timeout 60 mpirun --oversubscribe -n 3 "$@"; }
  expect_code 0 ranks gimbal motion --project --i Import/job001/tilt_series.star --float16 --grouping_for_ps 1 \
    --ps_size 32 --patch_x 1 --patch_y 1 --gain_rot 1 --gain_flip 2 --other_motioncor2_args "two words"
  [ "$(grep -c 'this is MotionCorr/job006/' err)" = 1 ]
  block pipeline_processes | finds 'MotionCorr/job006/ .*relion.motioncorr.own .*Succeeded'
  grep -q '_rlnPipeLineJobCounter  *7' default_pipeline.star
  [ "$(block pipeline_input_edges | grep -c 'MotionCorr/job006/')" = 1 ]
  [ ! -e .relion_lock ]
  [ "$(awk '$1 == "nr_mpi" {print $2}' MotionCorr/job006/job.star)" = 3 ]
  grep -q '^mpirun -n 3 gimbal motion --o MotionCorr/job006/' MotionCorr/job006/note.txt
  [ "$(grep -c 'Executing new job' MotionCorr/job006/note.txt)" = 1 ]
  for image in MotionCorr/job002/frames/*.mrc; do cmp "$image" "MotionCorr/job006/frames/${image##*/}"; done
  # One rank cannot begin, none does; a job that fails is in the list. No rank is waited for in vain.
  cp default_pipeline.star before
  expect_code 2 ranks gimbal motion --project --i Import/job001/tilt_series.star --o somewhere/
  expect_err "MotionCorr/jobNNN/"
  cmp before default_pipeline.star
  expect_code 1 ranks gimbal motion --project --i missing.star
  block pipeline_processes | finds 'MotionCorr/job007/ .*Failed'
  expect_code 0 ranks gimbal import --project --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3
  block pipeline_processes | finds 'Import/job008/ .*Succeeded'
  expect_code 0 ranks gimbal reconstruct --project --i AlignTiltSeries/job003/aligned_tilt_series.star --binned_angpix 20
  block pipeline_processes | finds 'Tomograms/job009/ .*Succeeded'
  expect_file Tomograms/job009/tomograms/rec_TS_01.mrc
  expect_code 2 ranks gimbal motion --project --i Import/job001/tilt_series.star --submit slurm
  expect_err "--submit goes without mpirun"
  expect_code 2 ranks gimbal watch --o Live/
  expect_err "start it without mpirun"
fi

# RELION itself reads the list, where it is installed (RELION 3 has another kind of list).
if command -v relion_pipeliner >/dev/null && relion_pipeliner --version 2>&1 | finds 'version:* [5-9]'; then
  expect_code 0 relion_pipeliner --RunJobs ""
fi
