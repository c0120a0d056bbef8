#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# checkpoint brings a workload to nothing and restore to exactly what it was, more than once.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

spec web 3 <<<"$sleeper" >"$work/web.yaml"
ok kranix deploy -f "$work/web.yaml" --wait
wanted() {
    kube get deployment web -o 'jsonpath={.spec.replicas}'
}
pods() {
    kube get pods -l app=web -o name | wc -l
}

ok kranix checkpoint web -n "$ns" --comment "before the move" -o json
json .state checkpointed
json .comment "before the move"
first=$(jq -r .checkpointId "$out")
same "replicas wanted" "$(wanted)" 0
same "pods left" "$(pods)" 0
ok kranix status web -n "$ns" -o json
json .state Paused

fails 1 kranix checkpoint web -n "$ns"
has "$err" "checkpointed already, as $first"
fails 3 kranix restore web no-such -n "$ns"
has "$err" "it has $first"
ok kranix restore web "$first" -n "$ns"
same "replicas wanted" "$(wanted)" 3
same "pods" "$(pods)" 3
fails 1 kranix restore web -n "$ns"
has "$err" "'web' runs"

# Another one, of another count; the first is remembered.
kube scale deployment web --replicas=2 >"$out" 2>"$err" || fail "scale"
kube rollout status deployment/web --timeout=180s >"$out" 2>"$err" || fail "not scaled"
ok kranix checkpoint web -n "$ns" -o json
second=$(jq -r .checkpointId "$out")
[ "$second" != "$first" ] || fail "two checkpoints have the same id"
ok kranix checkpoints web -n "$ns" -o json
json 'length' 2
json "map(select(.checkpointId == \"$first\"))[0].state" running
json "map(select(.checkpointId == \"$second\"))[0].state" checkpointed
ok kranix checkpoints -n "$ns" -o name
same "checkpoints of the namespace" "$(wc -l <"$out")" 2
ok kranix restore web -n "$ns"
same "replicas wanted" "$(wanted)" 2

# What can't be had is said, and nothing is done.
fails 7 kranix checkpoint web -n "$ns" --leave-running
fails 7 kranix checkpoint web -n "$ns" --export "$work/archive"
same "replicas wanted" "$(wanted)" 2
fails 3 kranix checkpoint nothing -n "$ns"
ok kranix stop web -n "$ns"
fails 1 kranix checkpoint web -n "$ns"
has "$err" "'web' is stopped"
ok kranix start web -n "$ns"

# Deploying a workload that is checkpointed starts it.
ok kranix checkpoint web -n "$ns"
ok kranix deploy -f "$work/web.yaml" --wait
same "replicas wanted" "$(wanted)" 3
ok kranix checkpoints web -n "$ns" -o json
json 'map(select(.state == "checkpointed")) | length' 0

# A schedule is suspended, and goes on.
spec tick 1 >"$work/tick.yaml" <<'EOF'
command: ['true']
cronSchedule: {schedule: '0 0 1 1 *'}
EOF
ok kranix deploy -f "$work/tick.yaml"
suspended() {
    kube get cronjob tick -o 'jsonpath={.spec.suspend}'
}
ok kranix checkpoint tick -n "$ns"
same "suspended" "$(suspended)" true
ok kranix restore tick -n "$ns"
same "suspended" "$(suspended)" false
ok kranix stop tick -n "$ns"
same "suspended" "$(suspended)" true
ok kranix start tick -n "$ns"
same "suspended" "$(suspended)" false
ok kranix destroy web tick -n "$ns"
