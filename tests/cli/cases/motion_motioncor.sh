# SPDX-License-Identifier: GPL-3.0-or-later
# MotionCor2 and MotionCor3 behind `gimbal motion`: their command lines, both logs, failures of all
# kinds; with stand-ins for the programs.
gimbal simulate --preset tiny --tilt_min -6 --tilt_max 6 --tilt_step 6 --nx 96 --ny 64 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --o Import/job001/ >/dev/null
series=$(awk '$2 ~ /tilt_series\// {print $1}' Import/job001/tilt_series.star)
mkdir programs
ln -s "$tests/tools/stand_in_motioncor.py" programs/MotionCor2
ln -s "$tests/tools/stand_in_motioncor.py" programs/MotionCor3
export STAND_IN_LOG=$PWD/calls
motion() { gimbal motion --i Import/job001/tilt_series.star --use_motioncor2 --ps_size 32 "$@"; }
column() { awk -v label="_$2" '$1 == label {sub("#", "", $2); c = $2} c && NF > 5 {print $c}' "$1"; }
shifts() { awk '/_rlnMicrographShiftY/ {on = 1; next} on && NF == 3 {printf "%.2f,%.2f ", $2, $3}' "$1"; }

# The program is given, in the environment, or in PATH; without one nothing is begun.
expect_code 2 motion --o none --pipeline_control marks/
expect_err "there is no MotionCor2 or MotionCor3 in PATH"
[ -e marks/RELION_JOB_EXIT_FAILURE ]
expect_code 2 motion --o none --motioncor2_exe /no/such
expect_err "/no/such is no program that can be run"
expect_code 2 motion --o none --motioncor2_exe programs/MotionCor2 --use_own
expect_code 2 motion --o none --motioncor2_exe programs/MotionCor2 --other_motioncor2_args '-RotGain 1'
expect_err "--gain_rot"
expect_code 2 motion --o none --motioncor2_exe programs/MotionCor2 --gpu x
[ ! -e none ]

# The line of RELION's window, and what gimbal adds to it: float16 and power spectra.
expect_code 0 motion --o MotionCorr/job002/ --even_odd_split --motioncor2_exe programs/MotionCor2 \
  --other_motioncor2_args " -Tol 0.1 " --gpu "0:1" --bin_factor 1 --bfactor 150 --patch_x 1 --patch_y 1 \
  --eer_grouping 32 --float16 --grouping_for_ps 1 --pipeline_control MotionCorr/job002/
[ -e MotionCorr/job002/RELION_JOB_EXIT_SUCCESS ]
[ "$(wc -l <calls)" = 3 ]
grep -q -- '-InMrc frames/.*_motioncor/sum.mrc -Bft 150 -PixSize 5.4 -Patch 1 1 -FmRef 0 -SplitSum 1 -Gpu [01] -Tol 0.1$' calls
for movie in frames/*.mrc; do
  name=MotionCorr/job002/$(sed 's/\.mrc$//; s/\./_/g' <<<"$movie")
  expect_file "$name".{mrc,star,log,json} "$name"_{EVN,ODD,PS}.mrc
  [ "$(gimbal info "$name.mrc" | grep -c 'mode 12')" = 1 ]
  grep -q 'Full-frame alignment shift' "$name.log"
  [ "$(shifts "$name.star" | cut -d ' ' -f 1-3)" = "0.00,0.00 -0.50,0.25 -1.00,0.50" ]
done
[ -z "$(find MotionCorr/job002 -name '*_motioncor')" ]
expect_file MotionCorr/job002/{corrected_tilt_series.star,report.html,logfile.pdf,summary.json}
# The path of 5 steps of (0.5, 0.25) px of 5.4 A.
frames=$(shifts "$(ls MotionCorr/job002/frames/*.star | head -n 1)" | wc -w)
[ "$(column MotionCorr/job002/tilt_series/"$series".star rlnAccumMotionTotal | head -n 1 | cut -c 1-5)" = \
  "$(awk -v n="$frames" 'BEGIN {printf "%.6f", (n - 1) * sqrt(0.3125) * 5.4}' | cut -c 1-5)" ]

# Nothing is done twice; another program, or other arguments of it, make it stale.
expect_code 0 motion --o MotionCorr/job002/ --even_odd_split --motioncor2_exe programs/MotionCor2 \
  --other_motioncor2_args " -Tol 0.1 " --patch_x 1 --patch_y 1 --float16 --grouping_for_ps 1 --only_do_unfinished
[ "$(wc -l <calls)" = 3 ]

# MotionCor3 prints a table; dose weighting, binning, fewer frames; the path from the environment.
rm calls
export RELION_MOTIONCOR2_EXECUTABLE=$PWD/programs/MotionCor3
expect_code 0 motion --o MotionCorr/job003/ --bin_factor 2 --dose_weighting --save_noDW --first_frame_sum 2 --patch_x 5 --patch_y 3
grep -q -- '-Patch 5 3 -Throw 1 -FmRef 0 -FtBin 2 -Kv 300 -FmDose [0-9.]* -InitDose [0-9]' calls
expect_file MotionCorr/job003/frames/*_noDW.mrc
[ "$(gimbal info "$(ls MotionCorr/job003/frames/*_noDW.mrc | head -n 1)" | grep -c '48 x 32')" = 1 ]
grep -q '_rlnMicrographStartFrame  *2' "$(ls MotionCorr/job003/frames/*.star | head -n 1)"

# One movie makes it crash, fail, write nothing, rubbish, or hang: the others are done.
victim=$(ls frames/*.mrc | sed -n 2p)
for how in crash fail nothing rubbish hang; do
  limit=0 && if [ $how = hang ]; then limit=0.15; fi
  expect_code 3 env STAND_IN=$how STAND_IN_ONLY="$victim" gimbal motion --i Import/job001/tilt_series.star \
    --use_motioncor2 --ps_size 32 --o MotionCorr/job004/ --time_limit $limit --gpu 0:1:2
  expect_out "1 of 3 movies failed"
  grep -q "$victim" MotionCorr/job004/failed_movies.star
  expect_err "error: $victim: "
  case $how in
    crash) expect_err "crashed" ;;
    fail) expect_err "its last words: MotionCor3: begins / cannot find a GPU" ;;
    nothing) expect_err "holds no shifts" ;;
    rubbish) expect_err "has no shift of a frame" ;;
    hang) expect_err "the time limit" ;;
  esac
  [ "$(find MotionCorr/job004/frames -name '*.star' | wc -l)" = 2 ]
  expect_file MotionCorr/job004/frames/*_motioncor/log.txt.com
done
# Later it works, and only that one is done.
rm calls
expect_code 0 motion --o MotionCorr/job004/ --only_do_unfinished
[ "$(wc -l <calls)" = 1 ]
[ -z "$(find MotionCorr/job004 -name '*_motioncor')" ]

# RELION asks for the end while a program hangs.
(sleep 2; touch MotionCorr/job005/RELION_JOB_ABORT_NOW) &
expect_code 1 env STAND_IN=hang gimbal motion --i Import/job001/tilt_series.star --use_motioncor2 --o MotionCorr/job005/
wait
[ -e MotionCorr/job005/RELION_JOB_EXIT_ABORTED ]

# The real program, where there is one (it needs a GPU).
real=$(command -v MotionCor2 || command -v MotionCor3 || true)
if [ -n "$real" ] && [ -e /dev/nvidia0 ]; then
  expect_code 0 motion --o MotionCorr/real/ --motioncor2_exe "$real"
fi
