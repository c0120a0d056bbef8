#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The first steps of the README, on a real engine.
. "$(dirname "$0")/functions.sh"
requires docker
setup

hello() {
    sed "s/^name: hello/&\nnamespace: $ns\nbackend: docker/" "$KRX_SRCDIR/examples/hello.yaml"
}
hello >"$work/hello.yaml"

ok kranix deploy -f "$work/hello.yaml" --wait=180s
ok kranix status hello -n "$ns" -o json
json .state Running
json .name hello
json .namespace "$ns"
json .backend docker
json .image kranix/hello:demo
json .replicas 2
json .readyReplicas 2
json '.instances | length' 2
json '[.instances[].state] | unique | join(",")' Running

same "containers in docker ps" "$(replica_count hello)" 2
engine ps --filter "label=$label_workload=hello" --filter "label=$label_namespace=$ns" >"$out"
has "$out" "$ns\.hello-1"
has "$out" "$ns\.hello-2"

ok kranix list -n "$ns"
has "$out" 'hello .*Running'
ok kranix logs hello -n "$ns" --tail 50
has "$out" 'hello [0-9]+$'

ok kranix destroy hello -n "$ns"
nothing_left
fails 3 kranix status hello -n "$ns"
fails 3 kranix destroy hello -n "$ns"
ok kranix destroy hello -n "$ns" --ignore-not-found
