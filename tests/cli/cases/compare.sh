# SPDX-License-Identifier: GPL-3.0-or-later
# gimbal compare: a known difference, gauge, tilts and series that one of the two lacks.
gimbal simulate --preset tiny --tilt_min -60 --tilt_max 60 --tilt_step 6 --nx 64 --ny 48 --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 5.4 --dose 3 --o Import/job001/ >/dev/null
gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --j 2 >/dev/null 2>&1
series=$(awk '$2 ~ /tilt_series\// {print $1}' Import/job001/tilt_series.star)
# An .aln of 21 tilts; the shift of tilt number $1 is changed by $2 px along x, all angles by $3 degrees.
aln() {
  echo '# AreTomo Alignment / Priims bprmMn'
  echo '# RawSize = 64 48 21'
  for i in $(seq 0 20); do
    awk -v i="$i" -v which="$1" -v by="$2" -v turn="$3" 'BEGIN {
      printf "%d 85.0 1.0 %.3f %.3f 1 1 1 0 %.2f\n", i, (i == which) * by, i / 10, -60 + 6 * i + turn}'
  done
}
align() { aln "$2" "$3" "$4" >"$series".aln
  gimbal align --i MotionCorr/job002/corrected_tilt_series.star --method import --from "$series".aln --o "$1" >/dev/null 2>&1; }
align first 0 0 0
align same 0 0 2
align other 10 3 0

expect_code 0 gimbal compare first/aligned_tilt_series.star same --o c1
expect_out "$series: 0.00 A apart on average, 0.00 A at most (0.00 A as a rigid body); axis +0.000, tilt angles +2.000 degrees; 21 tilts"
expect_file c1/{report.html,compare.png,compare.json}
if grep -qE 'https?://' c1/report.html; then failed "the report needs the network"; fi
expect_code 0 gimbal compare first other --o c2
# One tilt of 21 is off by 3 px of 5.4 A.
python3 - <<'END'
import json
series = json.load(open("c2/compare.json"))["series"][0]
tilts = series["tilts"]
assert [t["nominal_tilt_deg"] for t in tilts] == sorted(t["nominal_tilt_deg"] for t in tilts)
worst = max(tilts, key=lambda t: t["mean_A"])
assert abs(worst["nominal_tilt_deg"]) < 0.1, worst
assert 14.0 < worst["mean_A"] < 16.2 and worst["offset_A"][0] < -13.0, worst
assert all(t["mean_A"] < 2.0 for t in tilts if t is not worst)
END
# Tilts and series that are not in both.
awk '!/_3[36]\.0/' first/tilt_series/"$series".star >less && sed 's/rows//' less >first/tilt_series/"$series".star
expect_code 0 gimbal compare first same --o c3
expect_out "only the second"
sed -i "s/data_$series/data_x/" same/tilt_series/"$series".star && sed -i "s/^ *$series /x /" same/aligned_tilt_series.star
expect_code 1 gimbal compare first same --o c4
expect_err "the second alignment does not have it"
expect_code 2 gimbal compare first
expect_err "give two alignments"
expect_code 1 gimbal compare first nothing
