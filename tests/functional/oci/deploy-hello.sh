#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The first steps of the README, without an engine.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

"$KRX_SRCDIR/examples/busybox-image" --archive kranix/hello:demo >"$work/hello.tar"
ok kranix images import "$work/hello.tar"
sed "s/^name: hello/&\nnamespace: $ns/" "$KRX_SRCDIR/examples/hello.yaml" >"$work/hello.yaml"

ok kranix deploy -f "$work/hello.yaml" --wait=60s
ok kranix status hello -n "$ns" -o json
json .state Running
json .name hello
json .namespace "$ns"
json .backend oci
json .image kranix/hello:demo
json .replicas 2
json .readyReplicas 2
json '.instances | length' 2
json '[.instances[].state] | unique | join(",")' Running
same "containers" "$(replica_count hello)" 2

# each has an address of its own, and the hosts file says it
mapfile -t ips < <(jq -r '.instances[].ip' "$out")
[ "${ips[0]}" != "${ips[1]}" ] || fail "both have the address ${ips[0]}"
for ip in "${ips[@]}"; do
    ok busybox wget -q -O - "http://$ip:8080/"
    has "$out" '^hello from '
done

ok kranix list -n "$ns"
has "$out" 'hello .*Running'
ok kranix logs hello -n "$ns" --tail 50
has "$out" 'hello [0-9]+$'
ok kranix exec hello -n "$ns" -- cat /etc/hosts
has "$out" '^127\.0\.0\.1'
has "$out" "^$(oci_container "$(replicas hello | head -n 1)" | jq -r .ip)"

ok kranix destroy hello -n "$ns"
nothing_left
fails 3 kranix status hello -n "$ns"
fails 3 kranix destroy hello -n "$ns"
ok kranix destroy hello -n "$ns" --ignore-not-found
