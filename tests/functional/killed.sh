#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 in the middle of a deploy; the next deploy converges.
. "$(dirname "$0")/functions.sh"
requires docker
setup

write() { spec broken 4 <<<"$sleeper
stopGracePeriod: 1s
env: {ROUND: \"$1\"}" >"$work/spec.yaml"; }

for round in 1 2 3 4 5 6; do
    write "$round"
    "$krx_bin" --state-dir "$work/kranix-state" deploy -f "$work/spec.yaml" >"$work/log" 2>&1 </dev/null &
    pid=$!
    # Each round is cut off a little later.
    env_steps=$((round * 3))
    while [ "$env_steps" -gt 0 ] && kill -0 "$pid" 2>/dev/null; do
        engine version >/dev/null 2>&1
        env_steps=$((env_steps - 1))
    done
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
done
write last
ok kranix deploy -f "$work/spec.yaml" --wait=180s
same "replicas" "$(replica_count broken)" 4
same "all containers" "$(replica_count broken -a)" 4
for id in $(replicas broken); do
    same "the environment" "$(engine inspect -f '{{.Config.Env}}' "$id" | grep -o 'ROUND=[a-z0-9]*')" ROUND=last
done

# Cut off between the removal of the old container and the naming of the new one.
engine rename "$ns.broken-1" "$ns.broken-1.next" || fail "docker rename"
write again
ok kranix deploy -f "$work/spec.yaml" --wait=180s
same "replicas" "$(replica_count broken)" 4
same "all containers" "$(replica_count broken -a)" 4
same "the environment" "$(engine inspect -f '{{.Config.Env}}' "$ns.broken-1" | grep -o 'ROUND=[a-z0-9]*')" ROUND=again
ok kranix destroy broken -n "$ns"
nothing_left
