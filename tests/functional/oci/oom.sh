#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A process that takes more memory than it may is killed, and whoever follows hears of it within a
# second, on every runtime that is here.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

env --default-signal=INT "$krx_bin" events -A -f >"$work/follow" 2>"$work/follow.err" </dev/null &
follower=$!
cleanup kill "$follower"
wait_for 20 "the follower to watch" sh -c "ls -l /proc/$follower/fd 2>/dev/null | grep -q inotify"
seen() { [ "$(grep -c " $2 $ns/$1 " "$work/follow")" -ge "$3" ]; }
ns_of() { date -d "$1" +%s%N; }

# hog RUNTIME LIMIT BLOCK: takes BLOCK when it is told to
hog() {
    local before event
    spec "$1" 1 <<YAML >"$work/$1.yaml"
network: none
runtime: $1
restartPolicy: "no"
resources: {memoryLimit: $2}
command: [sh, -c, 'while [ ! -e /go ]; do sleep 0.05; done; exec dd if=/dev/zero of=/dev/null bs=$3 count=1']
YAML
    ok kranix deploy -f "$work/$1.yaml" --wait=60s
    ok kranix exec "$1" -n "$ns" -- touch /go
    before=$(date +%s%N)
    wait_for 20 "oom of $1" seen "$1" oom 1
    wait_for 20 "the end of $1" seen "$1" die 1
    event=$(ns_of "$(awk -v w="$ns/$1" '$2 == "oom" && $3 == w { print $1; exit }' "$work/follow")")
    printf '%s: oom noted %d ms after it began\n' "$1" $(((event - before) / 1000000))
    same "oom events of $1" "$(grep -c " oom $ns/$1 " "$work/follow")" 1
    has "$work/follow" " die $ns/$1 .*exit status 137"
    # both are lines of the same second: the kill is what ended it
    late=$((($(ns_of "$(awk -v w="$ns/$1" '$2 == "die" && $3 == w { print $1; exit }' "$work/follow")") - event) / 1000000))
    [ "${late#-}" -lt 1000 ] || fail "oom and die of $1 are $late ms apart"
    ok kranix status "$1" -n "$ns" -o json
    json .state Failed
    json '.instances[0].exitCode' 137
    has "$out" 'out of memory'
    ok kranix destroy "$1" -n "$ns"
}

for runtime in $(oci_runtimes_here); do
    case $runtime in
    # gVisor itself needs some, and its whole sandbox is killed
    runsc) hog runsc 256Mi 600M ;;
    *) hog "$runtime" 48Mi 200M ;;
    esac
done

# a child alone is killed: the container goes on, and each kill is told
spec child 1 <<'YAML' >"$work/child.yaml"
network: none
resources: {memoryLimit: 48Mi}
command: [sh, -c, 'trap exit TERM; while :; do if [ -e /go ]; then rm /go; dd if=/dev/zero of=/dev/null bs=200M count=1; fi; sleep 0.1; done']
YAML
ok kranix deploy -f "$work/child.yaml" --wait=60s
for number in 1 2; do
    ok kranix exec child -n "$ns" -- touch /go
    wait_for 20 "oom number $number" seen child oom "$number"
done
same "ends of the container" "$(grep -c " die $ns/child " "$work/follow")" 0
ok kranix status child -n "$ns" -o json
json .state Running
ok kranix destroy child -n "$ns"
same "kills that were told" "$(grep -c " oom $ns/child " "$work/follow")" 2
kill -INT "$follower"
wait "$follower"
nothing_left
