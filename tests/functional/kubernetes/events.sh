#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Events of what is ours: followed, and of the past, also when the workload is gone.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

env --default-signal=INT "$krx_bin" --state-dir "$work/kranix-state" --backend kubernetes \
    events -f -n "$ns" -o json >"$work/live" 2>"$work/live.err" &
follower=$!
stop_following() {
    kill "$follower" 2>"$work/kill"
    wait "$follower" 2>"$work/kill"
}
cleanup stop_following

kube run foreign --image=busybox:kranix -- sh -c 'sleep 1000' >"$out" 2>"$err" || fail "run"
told() {
    kranix events -n "$ns" --since 10m -o json |
        jq -e "map(select($1)) | length > 0"
}
# Begins after the follower has.
spec early 1 <<<"$sleeper" >"$work/early.yaml"
ok kranix deploy -f "$work/early.yaml" --wait
seen() {
    jq -es "map(select($1)) | length > 0" "$work/live"
}
spec crash 1 >"$work/crash.yaml" <<'EOF'
command: [sh, -c, 'sleep 1; exit 3']
EOF
ok kranix deploy -f "$work/crash.yaml"
wait_for 60 "the end of a container" told '.type == "die" and .exitCode == 3'
wait_for 60 "its start" told '.type == "start" and .workload == "crash"'
ok kranix destroy crash -n "$ns" --grace 0s

# The follower has seen all of it; an interrupt ends it.
wait_for 60 "the start, followed" seen '.type == "start" and .workload == "crash"'
wait_for 60 "the end, followed" seen '.type == "die" and .exitCode == 3'
wait_for 60 "the removal, followed" seen '.type == "destroy" and .workload == "crash"'
kill -INT "$follower"
wait "$follower"
same "status of the interrupted follower" "$?" 130
! seen '.instance == "foreign"' >"$out" || fail "events of what is not ours"

# Of the past: in order, and only ours.
ok kranix events -n "$ns" --since 10m -o json
json 'map(select(.workload == "crash" and .type == "deploy")) | length' 1
json 'map(select(.workload == "crash" and .type == "destroy")) | length' 1
json 'map(select(.instance == "foreign")) | length' 0
ok kranix events -n "$ns" --since 2030-01-01T00:00:00Z -o json
json 'length' 0
ok kranix destroy early -n "$ns"
