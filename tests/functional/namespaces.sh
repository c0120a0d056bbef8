#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same name in two namespaces are two workloads; containers of others are left alone.
. "$(dirname "$0")/functions.sh"
requires docker
setup

other=$ns-b
engine run -d --name "$ns-stranger" --label app=same busybox:kranix sleep 1000 >/dev/null || fail "docker run"
cleanup engine rm -f "$ns-stranger"
spec same 1 <<<"$sleeper" >"$work/one.yaml"
sed "s/^namespace: .*/namespace: $other/" "$work/one.yaml" >"$work/two.yaml"
ok kranix deploy -f "$work/one.yaml" -f "$work/two.yaml" --wait=180s

ok kranix list -n "$ns" -o json
json length 1
ok kranix list -n "$other" -o json
json length 1
ok kranix list -A -o json
json "map(select(.name == \"same\" and (.namespace == \"$ns\" or .namespace == \"$other\"))) | length" 2
json "map(select(.name == \"$ns-stranger\")) | length" 0
ok kranix list -A --unmanaged -o json
json "map(select(.name == \"$ns-stranger\")) | length" 1

ok kranix destroy same -n "$ns"
ok kranix status same -n "$other"
fails 3 kranix destroy "$ns-stranger"
fails 3 kranix destroy "$ns-stranger" -n "$ns"
ok kranix destroy same -n "$other"
same "the container that is not ours" "$(engine inspect -f '{{.State.Running}}' "$ns-stranger")" true

# A name that is taken by a container that is not ours is refused, not taken over.
engine run -d --name "$ns.taken-1" busybox:kranix sleep 1000 >/dev/null || fail "docker run"
cleanup engine rm -f "$ns.taken-1"
spec taken 1 <<<"$sleeper" >"$work/taken.yaml"
run kranix deploy -f "$work/taken.yaml" --wait=60s
[ "$status" != 0 ] || fail "a container that is not ours was taken over"
has "$err" "$ns.taken-1"
same "the container that had the name" "$(engine inspect -f '{{.State.Running}} {{.Config.Cmd}}' "$ns.taken-1")" "true [sleep 1000]"
