# SPDX-License-Identifier: GPL-3.0-or-later
# --submit slurm on a real Slurm of one node, which this test starts and stops.
for program in munged slurmctld slurmd sbatch squeue mpirun; do
  if ! PATH="$PATH:/usr/sbin:/sbin" command -v $program >/dev/null; then
    echo "skipped: $program is not installed (packages slurmctld slurmd slurm-client munge openmpi-bin)"
    exit 77
  fi
done
PATH="$PATH:/usr/sbin:/sbin"
slurm=$PWD/slurm node=$(hostname -s)
stop_slurm() {
  for daemon in slurmd slurmctld munged; do
    if [ -s "$slurm/$daemon.pid" ]; then kill "$(cat "$slurm/$daemon.pid")" 2>/dev/null || true; fi
  done
  sleep 0.5
  rm -rf "$folder"
}
trap stop_slurm EXIT

mkdir -p "$slurm"/{state,spool}
head -c 1024 /dev/urandom >"$slurm/munge.key"
chmod 400 "$slurm/munge.key"
# Ports of its own, so that a Slurm of this machine is left alone.
port=$((20000 + $$ % 20000))
cat >"$slurm/slurm.conf" <<EOC
ClusterName=gimbaltest
SlurmctldHost=$node(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket
CredType=cred/munge
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOC
export SLURM_CONF=$slurm/slurm.conf
munged --force --key-file="$slurm/munge.key" --socket="$slurm/munge.socket" --pid-file="$slurm/munged.pid" \
  --log-file="$slurm/munged.log" --seed-file="$slurm/munge.seed" 2>/dev/null
slurmctld -c
slurmd -c
for _ in $(seq 100); do
  if sinfo -h -o %T 2>/dev/null | finds idle; then break; fi
  sleep 0.2
done
if ! sinfo -h -o %T | finds idle; then
  tail -n 5 "$slurm"/*.log
  echo "skipped: Slurm does not start on this machine"
  exit 77
fi

gimbal simulate --preset tiny --nx 512 --ny 512 --tilt_min -30 --tilt_max 30 --tilt_step 10 --frames 4 \
  --o . >/dev/null 2>&1
gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 10.8 --dose 3 --tilt_axis 85 --o Import/job001/ >/dev/null
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
state_of() { gimbal status "$1" --json | python3 -c "import json, sys; print(json.load(sys.stdin)[0]['state'])"; }
until_state() {  # STATE FOLDER
  for _ in $(seq 400); do
    if [ "$(state_of "$2")" = "$1" ]; then return; fi
    sleep 0.1
  done
  cat "$2"/run.* >&2 || true
  squeue >&2
  failed "$2 is $(state_of "$2"), not $1"
}

# The first takes the node; the second waits in the queue, and is seen there.
job=(gimbal motion --i Import/job001/tilt_series.star --submit slurm --ranks 2)
expect_code 0 "${job[@]}" --o MotionCorr/job002/ --queue test
expect_out "queue"
expect_code 0 "${job[@]}" --o MotionCorr/job003/
[ "$(state_of MotionCorr/job003/)" = queued ] || failed "the second job is $(state_of MotionCorr/job003/), not queued"
until_state done MotionCorr/job002/
until_state done MotionCorr/job003/
grep -q "All 7 movies" MotionCorr/job002/run.out || failed "run.out does not hold the job's words"

# The same as at once and alone, up to the folder's name.
gimbal motion --i Import/job001/tilt_series.star --o alone >/dev/null 2>&1
for image in alone/frames/*.mrc; do
  cmp "$image" MotionCorr/job002/frames/"$(basename "$image")" || failed "$image is another one in the queue"
done

# A queue that does not exist: refused in sbatch's words.
expect_code 1 "${job[@]}" --o MotionCorr/job004/ --queue nowhere
expect_err "sbatch did not take"
# A job that is taken out of the queue is not shown as waiting for ever.
scontrol update NodeName="$node" State=DRAIN Reason=test
expect_code 0 "${job[@]}" --o MotionCorr/job005/
[ "$(state_of MotionCorr/job005/)" = queued ]
scancel --full -u "$(id -un)"
until_state gone MotionCorr/job005/
