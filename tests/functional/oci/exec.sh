#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exec and attach without an engine, on every runtime that is here: status, streams, terminal, and
# nothing is left of a command that was given up.
. "$(dirname "$0")/../functions.sh"
requires oci
setup
needs_tool script

head -c 300000 /dev/urandom >"$work/random"
wanted=$(sha256sum <"$work/random")

commands() {
    local found
    spec shell 1 <<<"command: [sh, -c, 'trap \"exit 9\" TERM; while :; do echo tick; sleep 0.2; done']
runtime: $1
network: none" >"$work/spec.yaml"
    ok kranix deploy -f "$work/spec.yaml" --wait=60s
    ok kranix exec shell -n "$ns" -- echo hi there
    same "output" "$(cat "$out")" "hi there"
    fails 42 kranix exec shell -n "$ns" -- sh -c 'exit 42'
    fails 255 kranix exec shell -n "$ns" -- sh -c 'exit 255'
    fails 137 kranix exec shell -n "$ns" -- sh -c 'kill -KILL $$'
    fails 127 kranix exec shell -n "$ns" -- no-such-command
    fails 126 kranix exec shell -n "$ns" -- /etc
    ok kranix exec shell -n "$ns" -- sh -c 'echo a; echo b >&2'
    same "standard output" "$(cat "$out")" a
    same "standard error" "$(cat "$err")" b
    ok kranix exec shell -n "$ns" -e COLOUR=blue -w /tmp -- sh -c 'echo $COLOUR; pwd'
    same "environment and folder" "$(tr '\n' ' ' <"$out")" "blue /tmp "
    found=$(kranix exec -i shell -n "$ns" -- sha256sum <"$work/random") || fail "exec -i failed"
    same "what went through standard input" "$found" "$wanted"
    kranix exec -i shell -n "$ns" -- cat <"$work/random" >"$work/back" || fail "exec -i cat failed"
    cmp "$work/back" "$work/random" || fail "bytes changed on their way through exec -i cat"

    # a terminal, and the status of what ran on it; crun gives it its size while the command starts
    script -qec "stty rows 33 columns 77; '$krx_bin' exec -it shell -n $ns -- sh -c 'until stty size 2>/dev/null; do :; done; exit 7'" \
        "$work/typescript" </dev/null >"$work/terminal" 2>&1
    same "status of a command on a terminal" "$?" 7
    has "$work/terminal" '33 77'

    # given up: nothing of it is left inside
    env --default-signal=INT "$krx_bin" exec shell -n "$ns" -- sh -c 'sleep 9876 & sleep 9877' \
        >"$work/given-up" 2>&1 </dev/null &
    found=$!
    wait_for 20 "the command to run" inside_runs 'sleep 9876'
    kill -INT "$found"
    wait "$found"
    same "status of an interrupted exec" "$?" 130
    wait_for 10 "the command to be gone" inside_lacks 'sleep 987'
    same "files beside commands" "$(find "$oci_run_root/exec" -mindepth 1 | wc -l)" 0

    # attach sees what comes, and how it ends
    "$krx_bin" attach shell -n "$ns" >"$work/attached" 2>"$work/attached.err" </dev/null &
    found=$!
    wait_for 20 "output through attach" grep -q tick "$work/attached"
    ok kranix stop shell -n "$ns"
    wait "$found"
    same "status of attach" "$?" 9
    fails 1 kranix exec shell -n "$ns" -- true
    has "$err" 'is running'
    ok kranix destroy shell -n "$ns"
}

inside_runs() { "$krx_bin" exec shell -n "$ns" -- ps | grep -q "$1"; }
inside_lacks() { ! inside_runs "$1"; }

for runtime in $(oci_runtimes_here); do
    commands "$runtime"
done
fails 3 kranix exec nobody -n "$ns" -- true
nothing_left
