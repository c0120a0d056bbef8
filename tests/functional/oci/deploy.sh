#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a deploy makes on disk and in the kernel, what it refuses, and that a failure leaves nothing.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

# a folder that can't be known from outside: its name is the container's id
spec box 2 >"$work/spec.yaml" <<YAML
$sleeper
env: {GREETING: hello}
labels: {tier: test}
volumes:
  - {name: keep, mountPath: /keep}
  - {name: scratch, mountPath: /scratch, autoCleanup: true}
YAML

ok kranix deploy -f "$work/spec.yaml" --dry-run
has "$out" 'box-1'
same "containers after a dry run" "$(replica_count box -a)" 0
same "volumes after a dry run" "$(find "$oci_root/volumes" -mindepth 1 | wc -l)" 0

ok kranix deploy -f "$work/spec.yaml" --wait=60s
same "containers" "$(replica_count box)" 2
for id in $(replicas box); do
    same "phase of $id" "$(oci_container "$id" | jq -r .phase)" running
    same "label of $id" "$(oci_container "$id" | jq -r .labels.tier)" test
done
ok kranix status box -n "$ns" -o json
json .state Running
json '[.instances[].name] | sort | join(" ")' "$ns.box-1 $ns.box-2"
json '.labels.tier' test
ok kranix exec box -n "$ns" -- sh -c 'echo $GREETING >/keep/file && cat /keep/file'
same "what the container says" "$(cat "$out")" hello
same "the volume" "$(cat "$oci_root/volumes/$ns.box-keep/data/file")" hello

# again: nothing is touched
before=$(replicas box)
ok kranix deploy -f "$work/spec.yaml" --wait=60s
same "containers after the same deploy" "$(replicas box)" "$before"

# what was ended by hand is started again
first=$(head -n 1 <<<"$before")
ok kranix kill box -n "$ns" --replica 1
wait_for 20 "the end of $first" sh -c "jq -e '.phase == \"exited\"' '$oci_root/containers/$first/container.json'"
ok kranix deploy -f "$work/spec.yaml" --wait=60s
same "containers after a deploy that started one" "$(replicas box)" "$before"

# half of a container, as a deploy leaves it that was killed
mkdir -p "$oci_root/containers/$ns.box-3-abc/upper"
ok kranix destroy box -n "$ns"
same "volumes that stay" "$(ls "$oci_root/volumes")" "$ns.box-keep"
ok kranix volumes remove box -n "$ns"
nothing_left
fails 3 kranix destroy box -n "$ns"

# 0 replicas: a record and no container
spec idle 0 <<<"$sleeper" >"$work/idle.yaml"
ok kranix deploy -f "$work/idle.yaml" --wait=60s
ok kranix status idle -n "$ns" -o json
json .state Stopped
json .replicas 0
ok kranix list -n "$ns"
has "$out" 'idle'
ok kranix destroy idle -n "$ns"

# a program that is not there: told, and taken back
spec wrong 2 <<<"command: [/no/such/program]" >"$work/wrong.yaml"
fails 1 kranix deploy -f "$work/wrong.yaml"
has "$err" '/no/such/program'
fails 3 kranix status wrong -n "$ns"
nothing_left

# ports: of several replicas, of another workload
spec two 2 <<<"$sleeper
ports: [{containerPort: 80, hostPort: 18080}]" >"$work/two.yaml"
fails 2 kranix deploy -f "$work/two.yaml"
has "$err" '18080'
sed 's/^replicas: 2/replicas: 1/' "$work/two.yaml" >"$work/one.yaml"
ok kranix deploy -f "$work/one.yaml" --wait=60s
sed 's/^name: two/name: other/' "$work/one.yaml" >"$work/other.yaml"
fails 1 kranix deploy -f "$work/other.yaml"
has "$err" "host port 18080 is taken by container $ns.two-1"
ok kranix destroy two -n "$ns"

# a schedule needs a scheduler
spec cron 1 <<<"$sleeper
cronSchedule: {schedule: '* * * * *'}" >"$work/cron.yaml"
run kranix deploy -f "$work/cron.yaml"
[ "$status" != 0 ] || fail "an active schedule should be refused"
has "$err" 'cronSchedule'
nothing_left
