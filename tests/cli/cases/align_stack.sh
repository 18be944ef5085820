# SPDX-License-Identifier: GPL-3.0-or-later
# Plain stacks: their angles, pixels and doses; and options that contradict each other.
gimbal simulate --preset tiny --tilt_min 0 --tilt_max 0 --frames 3 --nx 64 --ny 48 --o . >/dev/null 2>&1
cp frames/*.mrc A.mrc && cp A.mrc B.mrc
printf '0.0 0\n3.0 2\n-3.0 1\n' >A.rawtlt
printf '0.0\n3.0\n-3.0\n' >B.tlt
mkdir other
for _ in 1 2 3; do echo '1 0 0 1 -4 8'; done | tee other/A.xf >other/B.xf
printf '%s\n' 0.1 3.1 -2.9 | tee other/A.tlt >other/B.tlt
column() { awk -v label="_$2" '$1 == label {sub("#", "", $2); c = $2} c && NF > 5 {print $c}' "$1"; }

expect_code 0 gimbal align --stack '?.mrc' --angpix 2 --method import --from other --o aligned --tilt_axis 85
expect_file aligned/aligned_tilt_series.star aligned/tilt_series/{A,B}.star aligned/external/{A/A,B/B}.xf
[ "$(column aligned/tilt_series/A.star rlnMicrographName | tr '\n' ' ')" = "000003@A.mrc 000001@A.mrc 000002@A.mrc " ]
[ "$(column aligned/tilt_series/A.star rlnTomoYTilt | awk '{printf "%.1f ", $1}')" = "-2.9 0.1 3.1 " ]
# 3.5 px of 2 A: half a pixel less than in IMOD's count.
[ "$(column aligned/tilt_series/B.star rlnTomoXShiftAngst | awk 'NR == 1 {printf "%.2f", $1}')" = "7.00" ]

# The table that was written is a tilt series, images in stacks included.
expect_code 0 gimbal align --i aligned/aligned_tilt_series.star --method import --from other --o again
expect_same aligned/tilt_series/A.star again/tilt_series/A.star

# Doses need the order of acquisition.
expect_code 0 gimbal align --stack A.mrc --tlt A.rawtlt --angpix 2 --dose 3 --method import --from other --o dose
[ "$(column dose/tilt_series/A.star rlnMicrographPreExposure | awk '{printf "%d ", $1}')" = "3 0 6 " ]
expect_code 2 gimbal align --stack B.mrc --angpix 2 --dose 3 --method import --from other --o dose
expect_err "second column"

# One stack without angles does not stop the other.
rm B.tlt
expect_code 3 gimbal align --stack A.mrc B.mrc --angpix 2 --method import --from other --o part
expect_err "there are no tilt angles for B.mrc"
[ "$(grep -c tilt_series/ part/aligned_tilt_series.star)" = 1 ]
printf '0.0\n3.0\n' >B.rawtlt
expect_code 1 gimbal align --stack B.mrc --angpix 2 --method import --from other --o part
expect_err "B.rawtlt has 2 angles, but B.mrc has 3 images"

expect_code 2 gimbal align --stack missing.mrc --o bad
expect_err "--stack missing.mrc: no file matches"
expect_code 2 gimbal align --stack A.mrc B.mrc --tlt A.rawtlt --angpix 2 --o bad
expect_err "none of the 1 files is named as B.mrc"
expect_code 2 gimbal align --o bad
expect_err "give either --i"
expect_code 2 gimbal align --i x.star --angpix 2 --o bad
expect_err "--angpix goes with --stack"
expect_code 2 gimbal align --i x.star --from other --o bad
expect_err "--start_from"
expect_code 2 gimbal align --i x.star --tilt_axis about --o bad
expect_err "--tilt_axis is 'about'"
expect_code 2 gimbal align --i x.star --imod_fiducials --method patches --o bad --pipeline_control bad
expect_err "give only one of"
[ -e bad/RELION_JOB_EXIT_FAILURE ]
