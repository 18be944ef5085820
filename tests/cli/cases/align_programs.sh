# SPDX-License-Identifier: GPL-3.0-or-later
# IMOD and AreTomo behind `gimbal align`: their files and command lines, results of every kind,
# failures of every kind; with stand-ins for the programs.
gimbal simulate --preset tiny --tilt_min -6 --tilt_max 6 --tilt_step 3 --nx 64 --ny 48 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --tilt_axis 85 --o Import/job001/ >/dev/null
gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ >/dev/null 2>&1
series=$(awk '$2 ~ /tilt_series\// {print $1}' Import/job001/tilt_series.star)
mkdir programs
ln -s "$tests/tools/stand_in_batchruntomo.py" programs/batchruntomo
ln -s "$tests/tools/stand_in_aretomo.py" programs/AreTomo2
ln -s "$tests/tools/stand_in_aretomo.py" programs/AreTomo3
export STAND_IN_LOG=$PWD/calls
align() { gimbal align --i MotionCorr/job002/corrected_tilt_series.star "$@"; }
column() { awk -v label="_$2" '$1 == label {sub("#", "", $2); c = $2} c && NF > 5 {print $c}' "$1"; }
global() { column "$1/aligned_tilt_series.star" "$2"; }
rounded() { awk '{printf "%.2f ", $1}'; }

expect_code 2 align --method imod_fiducials --o none --pipeline_control marks/
expect_err "there is no batchruntomo in PATH"
[ -e marks/RELION_JOB_EXIT_FAILURE ]
expect_code 2 align --method aretomo --o none --aretomo_exe /no/such
expect_err "/no/such is no program that can be run"
PATH="$PWD/programs:$PATH"

# IMOD: stack and angles by rising angle, RELION's directives, IMOD's half pixel, the levelling kept.
expect_code 0 align --method imod_fiducials --o AlignTiltSeries/job003/ --fiducial_diameter 8
expect_out "by imod_fiducials, 5 of 5 tilts"
folder=AlignTiltSeries/job003/external/$series
expect_file "$folder"/imod/{"$series".mrc,"$series".rawtlt,batchDirective.adoc,log.txt,log.txt.com,align.log} \
  "$folder/$series".{xf,tlt,xtilt,rawtlt,aln} AlignTiltSeries/job003/{report.html,logfile.pdf,summary.json}
grep -q -- "-DirectiveFile $folder/imod/batchDirective.adoc -CurrentLocation $folder/imod -RootName $series -EndingStep 6" calls
grep -q 'setupset.copyarg.gold = 8' "$folder"/imod/batchDirective.adoc
rows=AlignTiltSeries/job003/tilt_series/$series.star
[ "$(column "$rows" rlnTomoNominalStageTiltAngle | awk '{printf "%d ", $1}')" = "-6 -3 0 3 6 " ]
[ "$(column "$rows" rlnTomoXShiftAngst | rounded)" = "54.00 59.40 64.80 70.20 75.60 " ]
[ "$(column "$rows" rlnTomoYShiftAngst | rounded)" = "-27.00 -27.00 -27.00 -27.00 -27.00 " ]
[ "$(column "$rows" rlnTomoZRot | rounded)" = "84.00 84.00 84.00 84.00 84.00 " ]
[ "$(column "$rows" rlnTomoYTilt | rounded)" = "-3.50 -0.50 2.50 5.50 8.50 " ]
[ "$(column "$rows" gimbalAlignmentScore | wc -l)" = 5 ]
[ "$(global AlignTiltSeries/job003 rlnIMODResidualErrorMean | rounded)" = "0.51 " ]
[ "$(global AlignTiltSeries/job003 rlnIMODLeaveOutError | rounded)" = "0.62 " ]
[ "$(global AlignTiltSeries/job003 rlnEtomoDirectiveFile)" = "$folder/imod/$series.edf" ]

# Patches, with a template.
echo 'comparam.align.tiltalign.TiltOption = 5' >mine.adoc
expect_code 0 align --method imod_patches --o AlignTiltSeries/job004/ --patch_size 60 --adoc_template mine.adoc
grep -q 'TiltOption = 5' AlignTiltSeries/job004/external/"$series"/imod/batchDirective.adoc
grep -q 'SizeOfPatchesXandY = 56,56' AlignTiltSeries/job004/external/"$series"/imod/batchDirective.adoc
expect_code 2 align --method imod_patches --o none --adoc_template nothing.adoc
expect_code 2 align --method imod_patches --o none --tilt_angle_offset 3

# What an older run did is taken over; another template makes it stale.
: >calls
expect_code 0 align --method imod_patches --o AlignTiltSeries/job004/ --patch_size 60 --adoc_template mine.adoc --only_do_unfinished
[ ! -s calls ]
[ "$(global AlignTiltSeries/job004 rlnIMODLeaveOutError | rounded)" = "0.62 " ]
echo 'comparam.align.tiltalign.TiltOption = 2' >>mine.adoc
expect_code 0 align --method imod_patches --o AlignTiltSeries/job004/ --patch_size 60 --adoc_template mine.adoc --only_do_unfinished
[ "$(wc -l <calls)" = 1 ]

# AreTomo2 (sections from 0) and AreTomo3 (from 1), with a dark image and an offset of the angles.
expect_code 0 align --method aretomo --o AlignTiltSeries/job005/ --tomogram_thickness 200 --tilt_angle_offset -5 \
  --aretomo_patches 4 --gpu 1:2 --other_wrapper_args " -DarkTol 0.5 "
grep -q -- "-AlignZ 370 -VolZ 0 -TiltAxis 85 1 -TiltCor 1 -5 -Patch 4 4 -Gpu [12] -DarkTol 0.5" calls
rows=AlignTiltSeries/job005/tilt_series/$series.star
[ "$(column "$rows" rlnTomoXShiftAngst | rounded)" = "37.80 43.20 48.60 54.00 59.40 " ]
[ "$(column "$rows" rlnTomoYTilt | rounded)" = "-11.00 -8.00 -5.00 -2.00 1.00 " ]
[ "$(column "$rows" rlnTomoZRot | awk 'NR == 1 {printf "%.1f", $1}')" = "84.5" ]
[ "$(global AlignTiltSeries/job005 rlnAreTomoTiltAxisScore | rounded)" = "0.61 " ]
[ ! -e AlignTiltSeries/job005/external/"$series"/aretomo/"$series"_aligned.mrc ]
for program in AreTomo2 AreTomo3; do
  expect_code 0 env STAND_IN_DARK=1 gimbal align --i MotionCorr/job002/corrected_tilt_series.star --method aretomo \
    --o dark_$program --aretomo_exe "programs/$program" --tilt_angle_offset none
  expect_out "4 of 5 tilts"
  [ "$(column dark_$program/tilt_series/"$series".star rlnTomoXShiftAngst | rounded)" = "43.20 48.60 54.00 59.40 " ]
done
expect_same dark_AreTomo2/tilt_series/"$series".star dark_AreTomo3/tilt_series/"$series".star

# The other alignment is as far away as it should be.
expect_code 0 gimbal compare AlignTiltSeries/job003 AlignTiltSeries/job005 --o compared
expect_out "axis +0.500, tilt angles -7.500 degrees"

# Crash, failure, no result, rubbish, no end: the series fails with its reason, and nothing is left
# half-written.
failed_how() {
  expect_code 1 env STAND_IN="$2" gimbal align --i MotionCorr/job002/corrected_tilt_series.star --method "$1" \
    --o bad --time_limit "${4:-0}" --pipeline_control bad
  expect_err "$3"
  [ -e bad/RELION_JOB_EXIT_FAILURE ]
  [ ! -e bad/aligned_tilt_series.star ]
  grep -q "could not be aligned" bad/report.html
}
failed_how imod_fiducials crash "crashed"
failed_how imod_fiducials fail "cannot find a GPU"
failed_how imod_fiducials nothing "it said: ERROR: beadtrack - No beads were found"
failed_how imod_fiducials rubbish "has 5 rows, but"
failed_how aretomo crash "crashed"
failed_how aretomo nothing "ended without an alignment"
failed_how aretomo rubbish ".aln"
failed_how aretomo hang "the time limit" 0.03

# An image that cannot be read is not in the stack; the rest is aligned.
mkdir gone && mv "$(find MotionCorr -name '*_3_0.mrc' | sort | head -n 1)" gone/
expect_code 3 align --method imod_fiducials --o without
expect_out "4 of 5 tilts"
[ "$(wc -l <without/external/"$series"/imod/"$series".rawtlt)" = 4 ]

# RELION's window with the real programs instead of gimbal's methods.
gimbal relion-shims shims/ >/dev/null
expect_code 0 env GIMBAL_RELION_METHODS=external shims/relion_align_tiltseries --i MotionCorr/job002/corrected_tilt_series.star \
  --o AlignTiltSeries/job006/ --tomogram_thickness 300 --aretomo2 --aretomo_exe AreTomo2 --other_wrapper_args "  " \
  --gpu --pipeline_control AlignTiltSeries/job006/
[ -e AlignTiltSeries/job006/RELION_JOB_EXIT_SUCCESS ]
tail -n 1 calls | finds -- "-AlignZ 556 -VolZ 0 -TiltAxis 85 1 -TiltCor -1 -Gpu 0"

# The real programs, where they are.
PATH=${PATH#*programs:}
if command -v batchruntomo >/dev/null; then
  expect_code 0 bash -c 'gimbal align --i MotionCorr/job002/corrected_tilt_series.star --method imod_patches --o real || [ $? -eq 1 ]'
  expect_file real/external/"$series"/imod/log.txt
fi
