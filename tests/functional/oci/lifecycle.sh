#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# restart, stop, start, pause, unpause and kill without an engine, on every runtime that is here;
# what was killed or lost is told as it is, and nothing is left of it.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

state() { kranix status "$1" -n "$ns" -o json 2>/dev/null </dev/null | jq -r .state; }
is() { [ "$(state "$1")" = "$2" ]; }
field() { oci_container "$(replicas "$1" -a | head -n 1)" | jq -r "$2"; }
restarted() { [ "$(field "$1" .restarts)" -ge "$2" ] && is "$1" Running; }

verbs() {
    local before name
    for name in one two; do
        spec $name 1 <<<"$sleeper
runtime: $1
network: none
stopGracePeriod: 2s" >"$work/$name.yaml"
    done
    ok kranix deploy -f "$work/one.yaml" -f "$work/two.yaml" --wait=60s
    before=$(field one .started)
    ok kranix restart one -n "$ns"
    [ "$(field one .started)" != "$before" ] || fail "restart did not restart"
    ok kranix stop one two -n "$ns"
    is one Stopped || fail "one is $(state one)"
    is two Stopped || fail "two is $(state two)"
    ok kranix stop one -n "$ns"
    ok kranix start one two -n "$ns"
    is one Running || fail "one is $(state one)"
    ok kranix start one -n "$ns"
    ok kranix pause one -n "$ns"
    is one Paused || fail "one is $(state one)"
    fails 1 kranix exec one -n "$ns" -- true
    has "$err" paused
    ok kranix unpause one -n "$ns"
    is one Running || fail "one is $(state one)"
    ok kranix pause one -n "$ns"
    ok kranix stop one -n "$ns"
    is one Stopped || fail "a paused one is $(state one) after stop"
    [ "$(field one .exitCode)" != 137 ] || fail "a paused one did not get the signal to stop"
    ok kranix start one -n "$ns"
    ok kranix pause one -n "$ns"
    ok kranix kill one -n "$ns"
    is one Stopped || fail "a paused one is $(state one) after kill"
    ok kranix start one -n "$ns"
    ok kranix kill one -n "$ns"
    is one Stopped || fail "one is $(state one) after kill"
    fails 1 kranix kill one -n "$ns"
    has "$err" 'not running'
    fails 2 kranix kill two -n "$ns" --signal NONSENSE

    # killed by somebody else: the policy starts it again
    kill -KILL "$(field two '.init[0]')" || fail "could not kill the process"
    wait_for 20 "two to be started again" restarted two 1
    # its supervisor is lost: it runs on, and can be stopped
    kill -KILL "$(field two '.conmon[0]')" || fail "could not kill conmon"
    is two Running || fail "two is $(state two) without its supervisor"
    ok kranix stop two -n "$ns"
    is two Stopped || fail "two is $(state two)"
    ok kranix start two -n "$ns"
    # all of it is lost
    kill -KILL "$(field two '.conmon[0]')" "$(field two '.init[0]')"
    wait_for 10 "two to be seen as ended" sh -c "! kill -0 $(field two '.init[0]') 2>/dev/null"
    ok kranix status two -n "$ns"
    wait_for 20 "two to be started again because somebody looked" restarted two 1
    # one that heeds no signal
    spec deaf 1 <<<"command: [sh, -c, 'trap \"\" TERM; while :; do sleep 1; done']
runtime: $1
network: none
stopGracePeriod: 1s" >"$work/deaf.yaml"
    ok kranix deploy -f "$work/deaf.yaml" --wait=60s
    ok kranix stop deaf -n "$ns"
    same "exit code of what was killed" "$(field deaf .exitCode)" 137
    ok kranix start deaf -n "$ns"
    ok kranix pause deaf -n "$ns"
    ok kranix destroy deaf -n "$ns" --grace 0s
    ok kranix destroy one two -n "$ns"
    nothing_left
}

for runtime in $(oci_runtimes_here); do
    verbs "$runtime"
done
fails 3 kranix restart nobody -n "$ns"
has "$err" nobody
