#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Deploys that run at the same time, of one workload and of several.
. "$(dirname "$0")/functions.sh"
requires docker
setup

for i in 1 2 3; do
    spec "many-$i" 1 <<<"$sleeper" >"$work/many-$i.yaml"
done
spec same 2 <<<"$sleeper" >"$work/same.yaml"
pids=()
for i in 1 2 3; do
    kranix deploy -f "$work/many-$i.yaml" --wait=180s >"$work/$i.out" 2>&1 </dev/null &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || fail "a parallel deploy failed: $(cat "$work"/*.out)"
done

# Two of the same at once, first from nothing and then beside what is there: both end well.
for round in 1 2 3 4; do
    kranix deploy -f "$work/same.yaml" --wait=180s >"$work/a" 2>&1 </dev/null &
    a=$!
    kranix deploy -f "$work/same.yaml" --wait=180s >"$work/b" 2>&1 </dev/null &
    b=$!
    wait "$a" || fail "round $round, the first deploy failed: $(cat "$work/a")"
    wait "$b" || fail "round $round, the second deploy failed: $(cat "$work/b")"
    same "replicas of the same workload in round $round" "$(replica_count same)" 2
    [ $((round % 2)) = 0 ] || ok kranix destroy same -n "$ns"
done
ok kranix deploy -f "$work/same.yaml" --wait=180s
same "replicas of the same workload" "$(replica_count same)" 2
same "all its containers" "$(replica_count same -a)" 2

ok kranix destroy many-1 many-2 many-3 same -n "$ns"
nothing_left
