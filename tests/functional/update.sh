#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Deploying an existing name: unchanged, in place, scaled, replaced.
. "$(dirname "$0")/functions.sh"
requires docker
setup

write() { spec change "$1" <<<"$sleeper
stopGracePeriod: 2s
resources: {cpuLimit: $2, memoryLimit: 64Mi}
env: {MODE: $3}" >"$work/spec.yaml"; }

write 2 500m one
ok kranix deploy -f "$work/spec.yaml" --wait=180s
first=$(replicas change)

ok kranix deploy -f "$work/spec.yaml" --wait=180s
grep -qi unchanged "$out" "$err" || fail "the same spec again should say unchanged"
same "containers after an unchanged deploy" "$(replicas change)" "$first"
ok kranix deploy -f "$work/spec.yaml" --diff

write 2 250m one
fails 10 kranix deploy -f "$work/spec.yaml" --diff
same "containers after --diff" "$(replicas change)" "$first"
ok kranix deploy -f "$work/spec.yaml" --wait=180s
same "containers after a new CPU limit (changed in place)" "$(replicas change)" "$first"
for id in $first; do
    same "the CPU limit" "$(engine inspect -f '{{.HostConfig.NanoCpus}} {{.HostConfig.CpuQuota}}' "$id" |
        sed 's/^250000000 .*/250m/; s/^0 25000$/250m/')" 250m
done

write 3 250m one
ok kranix deploy -f "$work/spec.yaml" --wait=180s
same "containers after scaling up" "$(replica_count change)" 3
same "kept when scaling up" "$(replicas change | grep -cxF "$first")" 2
write 1 250m one
ok kranix deploy -f "$work/spec.yaml" --wait=180s
same "containers after scaling down" "$(replica_count change -a)" 1

before=$(replicas change)
write 1 250m two
ok kranix deploy -f "$work/spec.yaml" --wait=180s
after=$(replicas change)
[ "$before" != "$after" ] || fail "a new environment should have replaced the container"
same "the new environment" "$(engine inspect -f '{{.Config.Env}}' "$after" | grep -o 'MODE=[a-z]*')" MODE=two
same "containers after the replacement" "$(replica_count change -a)" 1

ok kranix deploy -f "$work/spec.yaml" --dry-run
ok kranix destroy change -n "$ns"
nothing_left
