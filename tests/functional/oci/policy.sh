#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whatever is killed -9 in whatever moment of a start, an end or a back-off: the next look honours the
# restart policy, once, however many look at the same time.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

hold=$work/hold
mkdir "$hold"

# A runtime that waits before or after one of its commands for as long as the test says so.
runtime_that_holds() {
    local real
    real=$(PATH=$PATH:/usr/sbin:/sbin command -v "$1")
    mkdir -p "$work/$1"
    cat >"$work/$1/$1" <<SH
#!/bin/sh
command=
for word in "\$@"; do
    case \$word in
    create | run | start | delete) command=\$word; break ;;
    esac
done
case " \$* " in *" --help "*) command= ;; esac
hold() {
    [ -e "$hold/\$1" ] || return 0
    echo \$\$ >"$hold/reached"
    while [ -e "$hold/\$1" ]; do sleep 0.05; done
}
[ -z "\$command" ] || hold "before-\$command"
[ ! -e "$hold/broken-\${command:-none}" ] || { echo "broken on purpose" >&2; exit 1; }
[ -e "$hold/after-\${command:-none}" ] || exec "$real" "\$@"
"$real" "\$@"
status=\$?
hold "after-\$command"
exit \$status
SH
    chmod 755 "$work/$1/$1"
}

id_of() { replicas "$1" -a | head -n 1; }
field() { oci_container "$(id_of "$1")" | jq -r "$2"; }
state() { kranix status "$1" -n "$ns" -o json 2>/dev/null </dev/null | jq -r .state; }
is() { [ "$(state "$1")" = "$2" ]; }
reached() { [ -s "$hold/reached" ]; }
phase_is() { [ "$(field "$1" .phase)" = "$2" ]; }

# Keepers of that verb that have to do with that container.
keepers() {
    local id
    id=$(id_of "$2")
    grep -lsF "containers/$id" /proc/[0-9]*/cmdline | cut -d / -f 3 | while read -r pid; do
        { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qE "keeper $1 " && echo "$pid"
    done
}

conmons() {
    grep -lsF "containers/$(id_of "$1")/pid" /proc/[0-9]*/cmdline | cut -d / -f 3 | while read -r pid; do
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = conmon ] && echo "$pid"
    done
}

# kill9 PID...: and waits until they are gone.
kill9() {
    local pid
    for pid in "$@"; do
        kill -KILL "$pid" 2>/dev/null
        wait_for 10 "process $pid to end" ended "$pid"
    done
}
ended() { ! kill -0 "$1" 2>/dev/null || grep -qs '^State:.Z' "/proc/$1/status"; }

# interrupted POINT KRANIX-ARGS...: kranix and the keeper that it called are killed at that point.
interrupted() {
    local point=$1 name=$2 pid
    shift 2
    rm -f "$hold/reached"
    : >"$hold/$point"
    "$krx_bin" --state-dir "$work/kranix-state" "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
    wait_for 20 "$* to come to $point" reached
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    # shellcheck disable=SC2046
    kill9 $(keepers start "$name")
    # the runtime's command that the keeper waited for goes with it
    case $point in *start) kill9 "$(cat "$hold/reached")" ;; esac
    phase_is "$name" running && fail "the start at $point was noted although it was cut off"
    # conmon, which nobody listens to any more, may also end by itself, and its keeper goes on
    rm -f "$hold/$point"
}

make_spec() {
    spec "$1" 1 <<YAML >"$work/$1.yaml"
command: [sh, -c, "$3"]
restartPolicy: $2
runtime: $runtime
network: $4
stopGracePeriod: 2s
YAML
}

# Many look at the same time; exactly one start comes of it.
look() {
    local i pids=()
    for i in 1 2 3 4; do
        kranix list -n "$ns" --instances >/dev/null 2>&1 </dev/null &
        pids+=($!)
    done
    ok kranix status "$1" -n "$ns"
    wait "${pids[@]}"
}

# A conmon that was cut off while it made the container ends it, and it is begun anew.
stands() {
    is "$1" Running && [ "$(conmons "$1" | wc -l)" = 1 ] &&
        [ "$(keepers '(start|revive|exited)' "$1" | wc -l)" = 0 ] && is "$1" Running
}

runs_once() {
    wait_for 20 "$1 to run again, with one conmon and without a keeper" stands "$1"
    same "first process of $1" "$(grep -cF "/$(id_of "$1")" "/proc/$(field "$1" '.init[0]')/cgroup" | sed 's/^[1-9][0-9]*$/one/')" one
    has "/proc/$(field "$1" '.init[0]')/cmdline" 'echo'
}

up="trap 'exit 0' TERM; echo up; sleep 100000 & wait"

# ------------------------------------------------------------------- starts that are cut off

# start_cut POINT POLICY BEGUN: a first start and one by hand.
start_cut() {
    local point=$1 policy=$2 name=cut-$2
    make_spec "$name" "$policy" "$up" bridge
    echo 'ports: [{containerPort: 8080, hostPort: 0}]' >>"$work/$name.yaml"
    # with limits it is made and started by two commands
    case $point in *run) ;; *) echo 'networkBandwidth: {egressLimit: 100Mbit}' >>"$work/$name.yaml" ;; esac
    for how in first second; do
        if [ $how = first ]; then
            interrupted "$point" "$name" deploy -f "$work/$name.yaml"
        else
            ok kranix stop "$name" -n "$ns"
            interrupted "$point" "$name" start "$name" -n "$ns"
        fi
        look "$name"
        if [ "$policy" = no ] && [ "${point#after}" = "$point" ]; then
            is "$name" Running && fail "$name runs although nobody wants it to"
            same "conmons of $name" "$(conmons "$name" | wc -l)" 0
            same "keepers of $name" "$(keepers '(start|revive|exited)' "$name" | wc -l)" 0
            ok kranix start "$name" -n "$ns"
        fi
        runs_once "$name"
        # it goes on, or is begun anew: no restart, unless conmon, cut off while it made the
        # container, ended it
        [ "$policy" = no ] || [ "${point%run}" != "$point" ] || [ "${point%create}" != "$point" ] ||
            same "restarts of $name" "$(field "$name" ".restarts // 0")" 0
        ok kranix list -n "$ns" --instances -o json
        same "published ports" "$(jq '.[].ports | length' <"$out")" 1
    done
    ok kranix destroy "$name" -n "$ns"
    nothing_left
}

# The user stops what was cut off: nobody starts it.
stop_after_cut() {
    make_spec stopped always "$up" none
    ok kranix deploy -f "$work/stopped.yaml" --wait=60s
    ok kranix stop stopped -n "$ns"
    interrupted after-run stopped start stopped -n "$ns"
    ok kranix stop stopped -n "$ns"
    look stopped
    is stopped Stopped || fail "stopped is $(state stopped)"
    same "conmons of stopped" "$(conmons stopped | wc -l)" 0
    interrupted before-run stopped start stopped -n "$ns"
    ok kranix destroy stopped -n "$ns"
    nothing_left
}

# ------------------------------------------------------------------------ ends and back-offs

waits_long() { phase_is "$1" waiting && [ "$(field "$1" '.pause // 0')" -ge "$2" ]; }

more_restarts() { [ "$(field "$1" ".restarts // 0")" -gt "$2" ]; }
comes_to() { wait_for 20 "the keeper to come to $1" reached; }

# The keeper that waits for the next start is killed.
waiting_killed() {
    local before name
    for name in crash quitter; do
        make_spec $name always 'echo up; exit 3' none
        ok kranix deploy -f "$work/$name.yaml"
        wait_for 30 "a back-off of $name" waits_long "$name" 400000000
        kill9 "$(field "$name" '.conmon[0]')"
    done
    before=$(field crash .restarts)
    ok kranix stop quitter -n "$ns"
    look crash
    wait_for 30 "crash to be started again" more_restarts crash "$before"
    is quitter Running && fail "quitter runs although it was stopped"
    same "phase of quitter" "$(field quitter .phase)" exited
    ok kranix destroy crash quitter -n "$ns"
    nothing_left
}

# cut_end POINT NAME: whoever looks after the end that has come to that point is killed. Left alone, the
# keeper's command would delete what is begun anew; conmon's goes with conmon.
cut_end() {
    # shellcheck disable=SC2046
    kill9 $(keepers exited "$2") $(conmons "$2")
    case $1 in *delete) kill9 "$(cat "$hold/reached")" ;; esac
    rm -f "$hold/$1"
}

# end_cut POINT: the container is killed, and the keeper that looks after its end is killed there.
end_cut() {
    local point=$1 policy want
    for policy in always on-failure no; do
        make_spec "end-$policy" "$policy" "$up" none
        [ "$policy" != on-failure ] || echo 'restartRetries: 1' >>"$work/end-$policy.yaml"
        ok kranix deploy -f "$work/end-$policy.yaml" --wait=60s
        [ "$policy" = no ] && [ "${point%run}" != "$point" ] && continue
        rm -f "$hold/reached"
        : >"$hold/$point"
        kill -KILL "$(field "end-$policy" '.init[0]')"
        comes_to "$point"
        cut_end "$point" "end-$policy"
        look "end-$policy"
        want=1
        if [ "$policy" = no ]; then
            is end-no Running && fail "end-no runs although nobody wants it to"
            same "phase of end-no" "$(field end-no .phase)" exited
            want=0
        else # also the only retry of the second one: what was cut off is done over
            runs_once "end-$policy"
        fi
        same "restarts of end-$policy" "$(field "end-$policy" ".restarts // 0")" "$want"
    done
    ok kranix destroy end-always end-on-failure end-no -n "$ns"
    nothing_left
}

# The whole supervision of one that ran is gone.
all_killed() {
    make_spec gone always "$up" none
    ok kranix deploy -f "$work/gone.yaml" --wait=60s
    kill9 "$(field gone '.conmon[0]')" "$(field gone '.init[0]')"
    look gone
    runs_once gone
    same "restarts of gone" "$(field gone .restarts)" 1
    # who follows the events looks as well
    kill9 "$(field gone '.conmon[0]')" "$(field gone '.init[0]')"
    kranix events -n "$ns" >/dev/null 2>&1 </dev/null
    wait_for 20 "gone to be started again" phase_is gone running
    ok kranix destroy gone -n "$ns"
    nothing_left
}

# ----------------------------------------------------------------------------------- restarts by hand

# A program that takes as long to end as the test says so. /dev/shm is new in each run.
slow="trap 'while [ ! -e /dev/shm/go ]; do sleep 0.1; done; exit 0' TERM; touch /dev/shm/up; sleep 100000 & wait"
is_up() { "$krx_bin" exec slow -n "$ns" -- test -e /dev/shm/up; }
go() { ok kranix exec slow -n "$ns" -- touch /dev/shm/go; }
asked() { [ "$(field slow '.restartAsked // false')" = true ]; }
started_after() { [ "$(field slow '.started // 0')" -gt "$1" ] && stands slow && is_up; }
again() { wait_for 20 "slow to run again $2" started_after "$1"; }

# restart_cut [POINT]: kranix is killed while the program takes its time to end, and its keeper at POINT.
restart_cut() {
    local before pid point=${1:-}
    before=$(field slow .started)
    "$krx_bin" --state-dir "$work/kranix-state" restart slow -n "$ns" >"$out" 2>"$err" </dev/null &
    pid=$!
    wait_for 20 "the restart to be asked for" asked
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    rm -f "$hold/reached"
    [ -z "$point" ] || : >"$hold/$point"
    # the signal may not have been sent
    ok kranix kill slow -n "$ns" --signal TERM
    go
    if [ -n "$point" ]; then
        comes_to "$point"
        cut_end "$point" slow
        look slow
    fi
    again "$before" "${point:+after $point}"
    asked && fail "the restart is still asked for"
    same "restarts of slow" "$(field slow '.restarts // 0')" 0
}

# What was asked for is done by whoever is left.
restarts_go_on() {
    local before
    make_spec slow no "$slow" none
    sed -i 's/^stopGracePeriod: .*/stopGracePeriod: 1h/' "$work/slow.yaml"
    ok kranix deploy -f "$work/slow.yaml" --wait=60s
    again 0 "at first"
    restart_cut
    restart_cut before-delete
    restart_cut before-run
    # the caller's time is over
    before=$(field slow .started)
    fails 5 kranix restart slow -n "$ns" --timeout 3s
    go
    again "$before" "after the timeout"
    # who stops it then has the last word
    fails 5 kranix restart slow -n "$ns" --timeout 3s
    ok kranix stop slow -n "$ns" --grace 0s
    look slow
    same "phase of slow, which was stopped" "$(field slow .phase)" exited
    ok kranix restart slow -n "$ns"
    again 0 "by hand"
    ok kranix pause slow -n "$ns"
    ok kranix restart slow -n "$ns" --grace 1s
    again 0 "out of its pause"
    # in its back-off
    make_spec crash always 'echo up; exit 3' none
    ok kranix deploy -f "$work/crash.yaml"
    wait_for 30 "a back-off of crash" waits_long crash 1600000000
    ok kranix restart crash -n "$ns"
    wait_for 5 "a short back-off of crash" pauses_anew
    # the reason when it can't be started again
    : >"$hold/broken-run"
    fails 1 kranix restart slow -n "$ns" --grace 0s
    has "$err" 'broken on purpose'
    rm -f "$hold/broken-run"
    same "phase of slow, which could not be started" "$(field slow .phase)" exited
    ok kranix restart slow -n "$ns"
    again 0 "after a failure"
    ok kranix destroy slow crash -n "$ns" --grace 0s
    nothing_left
}
pauses_anew() { [ "$(field crash '.pause // 0')" -lt 1600000000 ]; }

for runtime in crun runc; do
    needs_runtime $runtime
    runtime_that_holds $runtime
done
for runtime in crun runc; do
    write_oci_config
    sed -i "s|^  runtime: .*|  runtime: $runtime\n  runtime_path: $work/$runtime/$runtime|" "$work/config.yaml"
    for point in before-run after-run before-create before-start after-start; do
        start_cut $point always
    done
    start_cut before-run on-failure
    start_cut before-start no
    stop_after_cut
    waiting_killed
    end_cut before-delete
    end_cut before-run
    all_killed
    restarts_go_on
done
