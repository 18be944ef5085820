# SPDX-License-Identifier: GPL-3.0-or-later
# mpirun: several ranks share a job out, and leave what one process leaves, bit for bit.
if ! command -v mpirun >/dev/null || ! ldd "$(readlink -f "$(command -v gimbal)")" | finds libmpi; then
  echo "skipped: mpirun is not installed, or gimbal was built without MPI (libopenmpi-dev)"
  exit 77
fi
# As in a container or a small machine: more ranks than cores, root allowed.
ranks() {
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n "$@"
}

same() { diff -r --exclude='.gimbal.*' alone shared >&2; }
gimbal simulate --preset tiny --nx 256 --ny 256 --tilt_min -30 --tilt_max 30 --tilt_step 10 --frames 3 \
  --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import/ >/dev/null
job=(gimbal motion --i Import/tilt_series.star --gain_rot 0)

# One movie is broken: it is reported once, and the others are done.
broken=$(ls frames/*.mrc | sed -n 3p)
truncate -s 5000 "$broken"
expect_code 3 "${job[@]}" --o shared
mv shared alone
expect_code 3 ranks 4 "${job[@]}" --o shared
expect_out "1 of 7 movies failed; 6 are"
[ "$(grep -c "^error: $broken" err)" = 1 ] || failed "the broken movie is not reported once"
[ "$(grep -c 'Report:' out)" = 1 ] || failed "more than one rank speaks"
[ -e shared/RELION_JOB_EXIT_SUCCESS ]
expect_file shared/summary.json
same || failed "four ranks leave other files than one process"

# Work of an earlier run counts, whichever rank did it.
rm "$(ls shared/frames/*.mrc | head -1)"
expect_code 3 ranks 3 "${job[@]}" --o shared --only_do_unfinished
same || failed "a resumed job leaves other files"

# What cannot begin ends on all ranks, at once.
expect_code 1 timeout 60 bash -c 'OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
  mpirun --oversubscribe -n 3 gimbal motion --i missing.star --o nothing'
expect_err "missing.star"
[ "$(grep -c 'missing.star' err)" = 1 ] || failed "more than one rank reports the missing file"

# Other commands run once.
expect_code 0 ranks 3 gimbal info Import/tilt_series.star
[ "$(grep -c 'Import/tilt_series.star' out)" = 1 ] || failed "more than one rank prints"
# So do jobs that are not shared out.
expect_code 3 timeout 60 bash -c 'OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
  mpirun --oversubscribe -n 3 gimbal import --movies "frames/*.mrc" --mdoc "mdoc/*.mdoc" --angpix 10.8 --dose 3 --o Import2/'
[ "$(grep -c '1 tilt series, ' out)" = 1 ]
expect_code 0 timeout 60 bash -c 'OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
  mpirun --oversubscribe -n 3 gimbal exclude --i shared/corrected_tilt_series.star --o excluded/ --tilts "TS_01:1"'
expect_file excluded/selected_tilt_series.star

# A rank that is killed ends the job; what is left is done by the next one, whatever its ranks.
gimbal simulate --preset tiny --nx 512 --ny 512 --tilt_min -20 --tilt_max 20 --tilt_step 10 --frames 8 \
  --o large >/dev/null 2>&1
gimbal import --movies 'large/frames/*.mrc' --mdoc 'large/mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import3/ >/dev/null
cat >doomed.sh <<'END'
if [ "$OMPI_COMM_WORLD_RANK" = 2 ]; then
  (for _ in $(seq 3000); do
    if [ -n "$(find killed -name '*.star' -size +0 2>/dev/null)" ]; then kill -9 $$; fi
    sleep 0.01
  done) &
fi
exec "$@"
END
job=(gimbal motion --i Import3/tilt_series.star --even_odd_split --o)
if ranks 3 bash doomed.sh "${job[@]}" killed >out 2>err; then failed "mpirun does not say that a rank was killed"; fi
n_done=$(find killed/large -name '*.star' | wc -l)
[ "$n_done" -ge 1 ] && [ "$n_done" -lt 5 ] || failed "$n_done of 5 movies were done when the rank was killed"
expect_code 3 gimbal status killed
expect_out "gone"
expect_code 0 ranks 4 "${job[@]}" killed --only_do_unfinished
mv killed resumed
expect_code 0 "${job[@]}" killed
diff -r --exclude='.gimbal.*' resumed killed >&2 || failed "a job whose rank was killed leaves other files"
