#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# restart, stop, start, pause, unpause, kill; several at once with one that is missing.
. "$(dirname "$0")/functions.sh"
requires docker
setup

state() { kranix status "$1" -n "$ns" -o json 2>/dev/null </dev/null | jq -r .state; }
is() { [ "$(state "$1")" = "$2" ]; }

for name in one two; do
    spec $name 1 <<<"$sleeper
stopGracePeriod: 2s" >"$work/$name.yaml"
done
ok kranix deploy -f "$work/one.yaml" -f "$work/two.yaml" --wait=180s
started() { engine inspect -f '{{.State.StartedAt}}' "$ns.one-1"; }
before=$(started)
ok kranix restart one -n "$ns"
[ "$(started)" != "$before" ] || fail "restart did not restart"
ok kranix stop one two -n "$ns"
is one Stopped || fail "one is $(state one)"
is two Stopped || fail "two is $(state two)"
ok kranix start one two -n "$ns"
wait_for 20 "one to run" is one Running
ok kranix pause one -n "$ns"
is one Paused || fail "one is $(state one)"
ok kranix unpause one -n "$ns"
wait_for 20 "one to run" is one Running
ok kranix kill one -n "$ns" --signal TERM

# Each is tried, each failure is told, the status is that of the first failure.
fails 3 kranix restart nobody two -n "$ns"
has "$err" nobody
ok kranix destroy one two -n "$ns"
