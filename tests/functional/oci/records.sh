#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Records that are damaged or lost are made anew from what the runtime and config.json know; what
# runs goes on, is listed, obeys, and leaves nothing.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

state() { kranix status "$1" -n "$ns" -o json 2>/dev/null </dev/null | jq -r .state; }
is() { [ "$(state "$1")" = "$2" ]; }
folder_of() { printf '%s\n' "$oci_root"/containers/*"$1"-1-*; }
init_of() { jq -r '.init[0]' "$(folder_of "$1")/container.json"; }

lost() {
    local pid damage ports port=8093
    for name in one two three; do
        port=$((port + 1))
        spec $name 1 <<<"$sleeper
runtime: $1
restartPolicy: always
ports: [{containerPort: 80, hostPort: $port}]
stopGracePeriod: 2s" >"$work/$name.yaml"
    done
    ok kranix deploy -f "$work/one.yaml" -f "$work/two.yaml" -f "$work/three.yaml" --wait=60s

    ports=$(kranix list --instances -n "$ns" -o json | jq -c '.[] | select(.workload == "one") | .ports')
    # damaged in each way: it is told, and the container is the same one as before
    for damage in 'garbage {' '' '{"id": "other"}' '[]'; do
        pid=$(init_of one)
        printf %s "$damage" >"$(folder_of one)/container.json"
        ok kranix list -n "$ns"
        has "$err" 'record of container .*one-1.* was lost.*what its runtime knows'
        has "$out" 'one .*Running'
        same "process after its record was '$damage'" "$(init_of one)" "$pid"
        same "what is said of it later" "$(kranix list -n "$ns" 2>&1 >/dev/null)" ""
    done
    same "published ports" "$(kranix list --instances -n "$ns" -o json | jq -c '.[] | select(.workload == "one") | .ports')" "$ports"
    rm "$(folder_of one)/container.json" "$(folder_of one)/launch.json"
    ok kranix exec one -n "$ns" -- echo still there
    has "$out" 'still there'
    ok kranix logs one -n "$ns"
    has "$out" up
    # its supervisor is known again: the policy holds
    pid=$(init_of one)
    kill -KILL "$pid"
    wait_for 20 "one to be started again" sh -c "[ -n \"\$(jq -r '.init[0]' '$(folder_of one)/container.json')\" ] &&
        [ \"\$(jq -r '.init[0]' '$(folder_of one)/container.json')\" != $pid ]"
    wait_for 20 "one to run" is one Running

    # without its supervisor nobody else is taken for it, whoever is the parent now
    kill -KILL "$(jq -r '.conmon[0]' "$(folder_of one)/container.json")"
    printf garbage >"$(folder_of one)/container.json"
    ok kranix list -n "$ns"
    has "$out" 'one .*Running'
    same "supervisor of one" "$(jq -c .conmon "$(folder_of one)/container.json")" null

    # its whole folder: what the runtime knows is enough to see it and to end it
    rm -r "$(folder_of two)"
    ok kranix list -n "$ns"
    is two Running || fail "two is $(state two) without its folder"
    ok kranix destroy two -n "$ns" --grace 1s

    # one that was stopped is not started by that
    ok kranix stop three -n "$ns"
    printf garbage >"$(folder_of three)/container.json"
    is three Stopped || fail "three is $(state three) after its record was damaged"
    ok kranix start three -n "$ns"
    is three Running || fail "three is $(state three)"

    # the records of workloads, too: containers tell of themselves
    rm -rf "$oci_root/workloads"
    ok kranix list -n "$ns"
    has "$out" 'one .*Running'
    ok kranix destroy one three -n "$ns" --grace 1s
    nothing_left
}

for runtime in $(oci_runtimes_here); do
    [ "$runtime" = runsc ] || lost "$runtime"
done

# what can't be made anew is told, and costs nobody else
spec good 1 <<<"$sleeper
network: none" >"$work/good.yaml"
spec bad 1 <<<"$sleeper
network: none" >"$work/bad.yaml"
ok kranix deploy -f "$work/good.yaml" -f "$work/bad.yaml" --wait=60s
ok kranix stop bad -n "$ns"
printf garbage >"$(folder_of bad)/container.json"
mv "$(folder_of bad)/bundle/config.json" "$work/config.json"
ok kranix list -n "$ns"
has "$err" damaged
has "$out" 'good .*Running'
mv "$work/config.json" "$(folder_of bad)/bundle/config.json"
ok kranix destroy good bad -n "$ns" --grace 1s
nothing_left
