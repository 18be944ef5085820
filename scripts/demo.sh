#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job, from nothing: installs what is missing, builds gimbal (build/bin/gimbal), simulates
# a small tilt series of raw movies with gold beads, corrects its motion, excludes bad tilts, aligns
# it, reconstructs the tomogram, and says how close each came to the truth. With --quick, a smaller
# series (for tests). Everything is written to demo/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

simulated=(--preset demo) pixel=5.4 voxel=10.8 options=(--gainref gain.mrc --defect_file defects.txt)
if [ "${1:-}" = --quick ]; then
  simulated=(--preset tiny --tilt_min -40 --tilt_max 40 --tilt_step 8) pixel=10.8 voxel=21.6 options=(--ps_size 256)
fi

scripts/install-dependencies.sh build
say "building"
if [ ! -f build/build.ninja ]; then cmake --preset release -DGIMBAL_TESTS=OFF >/dev/null; fi
cmake --build --preset release -j "$(build_jobs)" --target gimbal_app
PATH="$PWD/build/bin:$PATH"
scripts=$PWD/scripts

rm -rf demo
say "simulating"
gimbal simulate "${simulated[@]}" --j "$(nproc)" --o demo >/dev/null
cd demo
say "import"
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix "$pixel" --dose 3 \
  --tilt_axis 85 --o Import/job001/
say "motion"
gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --j "$(nproc)" \
  "${options[@]}" --even_odd_split --grouping_for_ps 4
say "exclude"
gimbal exclude --i MotionCorr/job002/corrected_tilt_series.star --o ExcludeTiltImages/job003/ --auto --j "$(nproc)"
say "align"
gimbal align --i ExcludeTiltImages/job003/selected_tilt_series.star --o AlignTiltSeries/job004/ --j "$(nproc)"
say "reconstruct"
gimbal reconstruct --i AlignTiltSeries/job004/aligned_tilt_series.star --o Tomograms/job005/ \
  --binned_angpix "$voxel" --j "$(nproc)"
gimbal report .

say "done; measured motion against the truth of the simulation"
python3 "$scripts/compare_with_truth.py" truth.json \
  MotionCorr/job002/corrected_tilt_series.star --most 0.2
say "the alignment against the truth"
python3 "$scripts/compare_alignment_with_truth.py" truth.json \
  AlignTiltSeries/job004/aligned_tilt_series.star --most 0.2
say "the tomogram's gold beads against the truth"
python3 "$scripts/compare_tomogram_with_truth.py" truth.json Tomograms/job005/tomograms.star --most 0.5
for report in report.html {MotionCorr/job002,ExcludeTiltImages/job003,AlignTiltSeries/job004,Tomograms/job005}/report.html; do
  if [ -e "$report" ]; then echo "Look at:  demo/$report"; fi
done
