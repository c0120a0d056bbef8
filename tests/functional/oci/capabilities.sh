#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# backends tells which runtime there is and what it can; --strict refuses what would be lost; what is
# missing is named with what to install.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

ok kranix backends -o json
json 'map(select(.name == "oci")) | length' 1
json 'map(select(.name == "oci"))[0].reachable' true
json 'map(select(.name == "oci"))[0].score >= 50' true
for runtime in $(oci_runtimes_here); do
    KRX_OCI_RUNTIME=$runtime write_oci_config
    ok kranix backends -o json
    json "map(select(.name == \"oci\"))[0].version | startswith(\"$runtime \")" true
    ok kranix backends show oci
    has "$out" 'driver\.deploy +native'
    has "$out" 'container\.pause +native'
    has "$out" 'container\.exec +native'
done

write_oci_config
spec lossy 1 >"$work/spec.yaml" <<YAML
$sleeper
scheduling: {nodeSelectors: {disk: ssd}}
YAML
fails 7 kranix deploy -f "$work/spec.yaml" --strict
has "$err" 'scheduling'
same "containers" "$(replica_count lossy -a)" 0

# a runtime that is not there, one that nobody knows, and a workload that asks for either
sed -i 's/^  runtime: .*/  runtime: crun\n  runtime_path: \/nowhere\/crun/' "$work/config.yaml"
run kranix deploy --name absent --image busybox:kranix -n "$ns" -- sleep 1
[ "$status" != 0 ] || fail "a runtime that is not there was used"
has "$err" '/nowhere/crun'
has "$err" 'hint: '

# without an engine it is what a command takes that names no backend; where it can't be used either,
# the reasons of all are told
allow_module docker
export DOCKER_HOST=unix://$work/nowhere.sock
sed -i 's/^runtime: .*/runtime: {default_backend: auto}/' "$work/config.yaml"
run kranix list
[ "$status" != 0 ] || fail "a backend was found"
has "$err" 'no backend can be used: '
has "$err" ' docker: .*nowhere\.sock'
has "$err" ' oci: .*/nowhere/crun'
write_oci_config
sed -i 's/^runtime: .*/runtime: {default_backend: auto}/' "$work/config.yaml"
ok kranix backends -o json
json 'map(select(.default)) | map(.name) | join(",")' oci
ok kranix list

run kranix deploy --name absent --image busybox:kranix --runtime bogus -n "$ns" -- sleep 1
[ "$status" != 0 ] || fail "a runtime that nobody knows was used"
has "$err" 'bogus'
same "containers" "$(replica_count absent -a)" 0
nothing_left
