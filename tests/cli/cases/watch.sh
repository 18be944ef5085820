# SPDX-License-Identifier: GPL-3.0-or-later
# gimbal watch: movies that arrive one by one, out of order and in pieces, with a restart between.
gimbal simulate --preset tiny --nx 384 --ny 384 --tilt_min -30 --tilt_max 30 --tilt_step 10 --frames 3 \
  --o source >/dev/null 2>&1
mkdir -p frames mdoc
watch=(gimbal watch --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Live
  --motion '--even_odd_split' --align '--method fiducials' --every 0.2 --settle 1 --series_ends 3)
done_movies() { ls Live/motion/frames/*_EVN.mrc 2>/dev/null | wc -l; }
until_done() {  # COUNT
  for _ in $(seq 300); do
    if [ "$(done_movies)" -ge "$1" ]; then return; fi
    sleep 0.1
  done
  failed "$(done_movies) movies are done, not $1"
}
mapfile -t movies < <(ls -r source/frames/*.mrc)

# The first three come, one of them slowly; then the watcher is killed.
"${watch[@]}" >first.log 2>&1 &
pid=$!
cp source/mdoc/*.mdoc mdoc/
cp "${movies[0]}" "${movies[1]}" frames/
slow() {
  local bytes i
  bytes=$(stat -c %s "$1")
  for i in $(seq 0 11); do
    dd if="$1" iflag=skip_bytes,count_bytes skip=$((i * bytes / 12)) \
      count=$(((i + 1) * bytes / 12 - i * bytes / 12)) bs=64K status=none >>"$2"
    sleep 0.3
  done
}
slow "${movies[2]}" frames/"$(basename "${movies[2]}")" &
until_done 2
until_done 3
cmp -s "${movies[2]}" frames/"$(basename "${movies[2]}")" || failed "it took a movie that was still being written"
kill -9 $pid
wait $pid 2>/dev/null || true
if grep -q "truncated" first.log; then failed "it took a movie that was still being written"; fi

# The others come while nobody watches, and the rest after a restart.
cp "${movies[@]:3:2}" frames/
"${watch[@]}" --until_idle 8 >second.log 2>&1 &
pid=$!
sleep 1
cp "${movies[@]:5}" frames/
wait $pid || { cat second.log >&2; failed "the second watcher failed"; }
[ "$(done_movies)" = 7 ] || failed "not all movies are done"
expect_file Live/motion/corrected_tilt_series.star Live/motion/report.html Live/align/aligned_tilt_series.star Live/align/report.html
[ -e Live/RELION_JOB_EXIT_SUCCESS ] || failed "no marker of success"

# It is what one gets when all is there at once.
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Live/import >/dev/null
mv Live/motion Live/watched
gimbal motion --i Live/import/tilt_series.star --o Live/motion --even_odd_split >/dev/null 2>&1
diff -rq --exclude='.gimbal.*' Live/motion Live/watched >&2 || failed "a watched collection gives other files"

# RELION's wish to end is passed on; wrong options of the jobs are said at once.
"${watch[@]}" >third.log 2>&1 &
pid=$!
sleep 1
touch Live/RELION_JOB_ABORT_NOW
wait $pid || true
[ -e Live/RELION_JOB_EXIT_ABORTED ] || failed "it did not stop"
expect_code 2 "${watch[@]}" --motion '--no_such_option' --o Other --settle 0
