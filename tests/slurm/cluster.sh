#!/usr/bin/env bash
# A Slurm for tests, on this machine's loopback alone: its own key, ports and state, all below one folder.
#   cluster.sh up DIR [NODES]   start munged, slurmctld and NODES (2) nodes n1, n2, … of one core; then export SLURM_CONF=DIR/slurm.conf
#   cluster.sh kill DIR NODE    the node's daemon dies at once; what runs there goes on, and Slurm hears no more of it
#   cluster.sh crash DIR NODE   the node dies with everything that runs there
#   cluster.sh revive DIR NODE  start the node again
#   cluster.sh down DIR         stop everything
# Needs Debian's slurmctld, slurmd, slurm-client and munge. VARFLAT_SLURM_PORT is the first of its ports (16817).
set -euo pipefail

command=${1:?up, kill, crash, revive or down}
folder=$(realpath -m "${2:?a folder}")
port=${VARFLAT_SLURM_PORT:-16817}
export SLURM_CONF="$folder/slurm.conf"

start_node() {
    mkdir -p "$folder/spool.$1"
    slurmd -N "$1"
}

# Stop the process in a pid file and wait until it is gone.
stop() {
    [ -f "$1" ] || return 0
    local process
    process=$(cat "$1")
    kill "$process" 2>/dev/null || return 0
    for _ in $(seq 100); do
        kill -0 "$process" 2>/dev/null || return 0
        sleep 0.05
    done
    kill -9 "$process" 2>/dev/null || true
}

# The step daemons of a node: they keep its log open.
steps_of() {
    local process
    for process in $(pgrep -x slurmstepd || true); do
        if ls -l "/proc/$process/fd" 2>/dev/null | grep -q "$folder/log/slurmd.$1.log"; then echo "$process"; fi
    done
}

descendants() {
    local child
    for child in $(pgrep -P "$1" || true); do
        descendants "$child"
        echo "$child"
    done
}

case $command in
up)
    nodes=${3:-2}
    host=$(hostname -s)
    mkdir -p "$folder"/{state,log,munge/run}
    chmod 700 "$folder/munge"
    if [ ! -f "$folder/munge/key" ]; then
        head -c 128 /dev/urandom >"$folder/munge/key"
        chmod 400 "$folder/munge/key"
    fi
    # munged wants nobody else to be able to write to the folder of its socket, and everybody to reach it.
    chmod 755 "$folder/munge" "$folder/munge/run"
    cat >"$SLURM_CONF" <<END
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
CryptoType=crypto/munge
# A requeued job may start when the credentials of its first attempt have expired.
AuthInfo=socket=$folder/munge/run/munge.socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/jobs.txt
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=6
KillWait=5
MinJobAge=600
MaxArraySize=${VARFLAT_SLURM_ARRAY:-1001}
MailProg=/bin/true
$(for node in $(seq "$nodes"); do
        echo "NodeName=n$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + node)) CPUs=1 RealMemory=1000 State=UNKNOWN"
    done)
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    munged --force --key-file="$folder/munge/key" --socket="$folder/munge/run/munge.socket" \
        --pid-file="$folder/munge/run/munged.pid" --log-file="$folder/munge/munged.log" --seed-file="$folder/munge/munged.seed"
    slurmctld
    for node in $(seq "$nodes"); do start_node "n$node"; done
    for _ in $(seq 200); do
        [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" -eq "$nodes" ] && break
        sleep 0.05
    done
    sinfo
    ;;
kill)
    kill -9 "$(cat "$folder/slurmd.${3:?a node}.pid")"
    ;;
crash)
    node=${3:?a node}
    steps=$(steps_of "$node")
    kill -9 "$(cat "$folder/slurmd.$node.pid")" $steps $(for step in $steps; do descendants "$step"; done) 2>/dev/null || true
    ;;
revive)
    start_node "${3:?a node}"
    ;;
down)
    scancel --quiet --user "$(id -un)" 2>/dev/null || true
    for file in "$folder"/slurmd.*.pid "$folder/slurmctld.pid" "$folder/munge/run/munged.pid"; do stop "$file"; done
    ;;
*)
    echo "unknown command: $command" >&2
    exit 2
    ;;
esac
