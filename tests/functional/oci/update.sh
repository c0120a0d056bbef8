#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Deploying an existing name: unchanged, in place, scaled, replaced, failed; going back.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

write() { spec change "$1" <<<"$sleeper
stopGracePeriod: 2s
resources: {cpuLimit: $2, memoryLimit: 64Mi}
env: {MODE: $3}" >"$work/spec.yaml"; }

# quota ID: microseconds in each 100 ms, of the container's group, whichever kind it is
quota() {
    find /sys/fs/cgroup -type f \( -name cpu.cfs_quota_us -o -name cpu.max \) -path "*/$1/*" \
        -exec cat {} + | cut -d ' ' -f 1 | head -n 1
}

write 2 500m one
ok kranix deploy -f "$work/spec.yaml" --wait=60s
first=$(replicas change)

ok kranix deploy -f "$work/spec.yaml" --wait=60s
grep -qi unchanged "$out" "$err" || fail "the same spec again should say unchanged"
same "containers after an unchanged deploy" "$(replicas change)" "$first"
ok kranix deploy -f "$work/spec.yaml" --diff

# limits of what runs, and of what is started again
write 2 250m one
fails 10 kranix deploy -f "$work/spec.yaml" --diff
same "containers after --diff" "$(replicas change)" "$first"
ok kranix deploy -f "$work/spec.yaml" --wait=60s
if [ "$(oci_container "$(replicas change | head -n 1)" | jq -r .runtime)" != runsc ]; then
    same "containers after a new CPU limit (changed in place)" "$(replicas change)" "$first"
    for id in $first; do
        same "the CPU limit of $id" "$(quota "$id")" 25000
    done
    ok kranix restart change -n "$ns"
    for id in $first; do
        same "the CPU limit of $id after a restart" "$(quota "$id")" 25000
    done
fi
first=$(replicas change)

write 3 250m one
ok kranix deploy -f "$work/spec.yaml" --wait=60s
same "containers after scaling up" "$(replica_count change)" 3
same "kept when scaling up" "$(replicas change | grep -cxF "$first")" 2
write 1 250m one
ok kranix deploy -f "$work/spec.yaml" --wait=60s
same "containers after scaling down" "$(replica_count change -a)" 1

before=$(replicas change)
write 1 250m two
ok kranix deploy -f "$work/spec.yaml" --wait=60s
after=$(replicas change)
[ "$before" != "$after" ] || fail "a new environment should have replaced the container"
ok kranix exec change -n "$ns" -- sh -c 'echo $MODE'
same "the new environment" "$(cat "$out")" two
same "containers after the replacement" "$(replica_count change -a)" 1

# what ends at once takes nothing down
sed "s/^command:.*/command: [sh, -c, 'exit 3']/" "$work/spec.yaml" >"$work/bad.yaml"
fails 1 kranix deploy -f "$work/bad.yaml"
has "$err" 'ended with status 3'
same "containers after a deploy that failed" "$(replicas change -a)" "$after"
ok kranix exec change -n "$ns" -- sh -c 'echo $MODE'
same "the environment after a deploy that failed" "$(cat "$out")" two

# the old one is back when it had to be stopped first
write 1 250m two
printf 'ports: [{containerPort: 80, hostPort: 18081}]\n' >>"$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=60s
fixed=$(replicas change)
sed "s/^command:.*/command: [sh, -c, 'exit 3']/" "$work/spec.yaml" >"$work/bad.yaml"
fails 1 kranix deploy -f "$work/bad.yaml"
same "containers after a deploy that failed and stopped the old one" "$(replicas change)" "$fixed"

# all at once
write 2 250m three
printf 'rolloutStrategy: {type: recreate}\n' >>"$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=60s
same "containers after recreate" "$(replica_count change -a)" 2
has_not <(replicas change) "$fixed"

# back to what it was
ok kranix history change -n "$ns" -o json
json '.[0].current' true
json '[.[].revision] | . == (sort | reverse)' true
ok kranix rollback change -n "$ns" --wait=60s
ok kranix exec change -n "$ns" -- sh -c 'echo $MODE'
same "the environment after a rollback" "$(cat "$out")" two
ok kranix history change -n "$ns" -o json
json '[.[] | select(.current)] | length' 1
fails 3 kranix rollback change -n "$ns" --to 999

# two deploys at once end as one of them
write 2 250m five && cp "$work/spec.yaml" "$work/five.yaml"
write 2 250m six && cp "$work/spec.yaml" "$work/six.yaml"
kranix deploy -f "$work/five.yaml" >"$work/five.out" 2>&1 &
pid=$!
ok kranix deploy -f "$work/six.yaml"
wait "$pid" || fail "one of two deploys failed: $(cat "$work/five.out")"
same "containers after two deploys" "$(replica_count change -a)" 2
same "environments after two deploys" "$(for r in 1 2; do
    kranix exec change -n "$ns" --replica $r -- sh -c 'echo $MODE'
done | sort -u | wc -l)" 1

ok kranix destroy change -n "$ns"
nothing_left
