# SPDX-License-Identifier: GPL-3.0-or-later
# Aligned series become tomograms: gold where it should be, files as RELION's, half tomograms,
# resuming, and every kind of input that does not fit.
gimbal simulate --preset tiny --n_series 2 --nx 256 --ny 224 --tilt_min -48 --tilt_max 48 --tilt_step 8 --frames 2 \
  --beads 12 --ice 1500 --drift 0 --local_motion 0 --angle_error 0 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import/job001/ >/dev/null
gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --even_odd_split --j 2 >/dev/null 2>&1
gimbal align --i MotionCorr/job002/corrected_tilt_series.star --o AlignTiltSeries/job003/ --method fiducials --j 2 >/dev/null 2>&1
aligned=AlignTiltSeries/job003/aligned_tilt_series.star
names=$(awk '$2 ~ /tilt_series\// {print $1}' "$aligned")
first=$(echo "$names" | head -n 1) second=$(echo "$names" | tail -n 1)
reconstruct() { gimbal reconstruct --i "$aligned" "$@"; }
column() { awk -v label="_$2" '/^data_/ {c = 0} $1 == label {sub("#", "", $2); c = $2} c && NF > 5 {print $c}' "$1"; }
same_trees() { diff -r --exclude='.gimbal.*' "$1" "$2" >&2 || failed "$1 and $2 differ"; }

# Names, sizes and columns are RELION's; beads are dark, where the truth says, and not in mirror images.
expect_code 0 reconstruct --o Tomograms/job004/ --binned_angpix 21.6 --thickness 200 --j 2 \
  --generate_split_tomograms --pipeline_control Tomograms/job004/
[ -e Tomograms/job004/RELION_JOB_EXIT_SUCCESS ]
expect_out "$first: 112 x 128 x 93 voxels of 21.6 A from 13 tilts"
for name in $names; do
  expect_file Tomograms/job004/tomograms/rec_"$name"{,_half1,_half2}.mrc Tomograms/job004/tilt_series/"$name".star
done
expect_file Tomograms/job004/{tomograms.star,summary.json,report.html,logfile.pdf}
[ ! -e Tomograms/job004/failed_tilt_series.star ]
star=Tomograms/job004/tomograms.star
[ "$(sed -n 's/^_\(rlnTomo[A-Za-z0-9]*\).*/\1/p' "$star" | tail -7 | tr '\n' ' ')" = \
  "rlnTomoTomogramBinning rlnTomoSizeX rlnTomoSizeY rlnTomoSizeZ rlnTomoReconstructedTomogram rlnTomoReconstructedTomogramHalf1 rlnTomoReconstructedTomogramHalf2 " ]
[ "$(column "$star" rlnTomoTomogramBinning | head -n 1)" = 2.000000 ]
[ "$(column "$star" rlnTomoSizeX | head -n 1) $(column "$star" rlnTomoSizeY | head -n 1) $(column "$star" rlnTomoSizeZ | head -n 1)" = "224 256 185" ]
[ "$(column "$star" rlnTomoReconstructedTomogram | head -n 1)" = Tomograms/job004/tomograms/rec_"$first".mrc ]
column Tomograms/job004/tilt_series/"$first".star rlnCtfScalefactor | awk '$1 < 0.6 || $1 > 1 {exit 1}'
python3 "$tests/../scripts/compare_tomogram_with_truth.py" truth.json "$star" --most 0.6 >&2 ||
  failed "the beads are not where they should be"
for half in 1 2; do
  sed "s#\(rec_[A-Za-z0-9_]*\)\.mrc#\1_half$half.mrc#" "$star" >half.star
  python3 "$tests/../scripts/compare_tomogram_with_truth.py" truth.json half.star --most 0.8 >&2
done
grep -q "$first" Tomograms/job004/report.html
[ "$(grep -o 'data:image/jpeg' Tomograms/job004/report.html | wc -l)" = 6 ]
if grep -qE 'https?://' Tomograms/job004/report.html; then failed "the report needs the network"; fi

# Nothing is done twice; what is missing is done anew; threads do not matter.
cp -a Tomograms/job004 before
touch -d 2020-01-01 Tomograms/job004/tomograms/rec_"$second".mrc
rm Tomograms/job004/tomograms/rec_"$first"_half1.mrc
expect_code 0 reconstruct --o Tomograms/job004/ --binned_angpix 21.6 --thickness 200 --generate_split_tomograms \
  --only_do_unfinished --pipeline_control Tomograms/job004/
same_trees before Tomograms/job004
[ -z "$(find Tomograms/job004/tomograms -name "rec_$second.mrc" -newermt 2021-01-01)" ]
# Other options make other files; half tomograms that are no longer asked for go.
expect_code 0 reconstruct --o Tomograms/job004/ --binned_angpix 43.2 --float16 --only_do_unfinished
[ ! -e Tomograms/job004/tomograms/rec_"$first"_half1.mrc ]
expect_out "The depth is"
[ "$(od -An -t d4 -j 12 -N 4 Tomograms/job004/tomograms/rec_"$first".mrc | tr -d ' ')" = 12 ]
python3 "$tests/../scripts/compare_tomogram_with_truth.py" truth.json "$star" --most 0.6 >&2
expect_code 0 reconstruct --o later --binned_angpix 43.2 --do_at_most 1
expect_out "skipped"
[ ! -e later/tomograms/rec_"$second".mrc ]

# What does not fit is said for its series, leaves nothing, and does not stop the other one.
voxel=43.2
bad() { # CODE TEXT OPTIONS...
  local code=$1 text=$2
  shift 2
  expect_code "$code" gimbal reconstruct --i broken.star --o bad --binned_angpix $voxel --thickness 150 "$@"
  expect_err "$text"
  [ ! -e bad/tomograms/rec_"$first".mrc ] || failed "a tomogram is left"
  [ -z "$(find bad -name '*.tmp*')" ] || failed "temporary files are left"
}
sed "s#AlignTiltSeries/job003/tilt_series/$first.star#broken_$first.star#" "$aligned" >broken.star
rows=AlignTiltSeries/job003/tilt_series/$first.star
image=$(column "$rows" rlnMicrographName | head -n 3 | tail -n 1)
sed "s#$image#nothing.mrc#" "$rows" >broken_"$first".star
bad 3 "nothing.mrc"
expect_file bad/tomograms/rec_"$second".mrc bad/failed_tilt_series.star
grep -q "$first" bad/failed_tilt_series.star
sed "s#$image#small.mrc#" "$rows" >broken_"$first".star
{ head -c 1024 "$image" && head -c 200000 /dev/zero; } >small.mrc
printf '\200\0\0\0\200\0\0\0' | dd of=small.mrc conv=notrunc 2>/dev/null
bad 3 "has 128 x 128 px, but the first image of the series has 256 x 224"
sed "s#$image#nan.mrc#" "$rows" >broken_"$first".star
cp "$image" nan.mrc && printf '\377\377\377\377' | dd of=nan.mrc bs=1 seek=5000 conv=notrunc 2>/dev/null
bad 3 "NaN"
sed 's/_rlnTomoYTilt/_otherYTilt/' "$rows" >broken_"$first".star
bad 3 "it is not aligned"
dose=$(column "$rows" rlnMicrographPreExposure | sed -n 3p)
sed "3,\$s/ $dose / nan /" "$rows" >broken_"$first".star
bad 3 "_rlnMicrographPreExposure is nan in row"
cp "$rows" broken_"$first".star
head -c 100000 "$image" >short.mrc && sed "s#$image#short.mrc#" "$rows" >broken_"$first".star
bad 3 "short.mrc is truncated"
cp "$rows" broken_"$first".star
bad 1 "rlnDefocusU" --ctf
voxel=5
bad 1 "smaller than the images' pixels"
voxel=43.2
sed 's/_EVN.mrc/_none.mrc/' "$rows" >broken_"$first".star
bad 3 "_none.mrc" --generate_split_tomograms
rm -r bad
expect_code 2 reconstruct --o bad --binned_angpix -1
expect_code 1 gimbal reconstruct --i nothing.star --o bad
