#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Nodes: their health, cordon, drain with a disruption budget in the way, kill -9 in the middle,
# uncordon. On a cluster of its own, as it takes a node away from everybody.
# shellcheck disable=SC2317
. "$(dirname "$0")/../functions.sh"
requires_own kubernetes
setup
k() { kranix "$@" --backend kubernetes; }

marks() {
    kubectl get node "$1" -o json | jq -r '[([.spec.taints[]?.key] | sort | join(" ")),
        (.spec.unschedulable // false), .metadata.labels["kranix.io/drain"] // "-"] | join(" ")'
}
on_node() { kube get pods --field-selector "spec.nodeName=$1,status.phase=Running" -o name "${@:2}"; }

# ------------------------------------------------------------------------------- list and cordon
ok k nodes list -o json
json length 2
json '.[0] | [.name, .ready, .draining, .unschedulable, .score] | @csv' '"node1",true,false,false,100'
json '.[0].version' v1.20.2
json '.[0].conditions | length' 0
ok k nodes list node2 -o json
json .name node2
[ -n "$(jq -r .ip <"$out")" ] || fail "no address"
fails 3 k nodes list node9
has "$err" node9
ok k health -o json

ok k nodes cordon node1
ok k nodes cordon node1
ok k nodes list node1 -o json
json '[.unschedulable, .draining, .score] | @csv' 'true,false,90'

# While node1 takes nothing, everything starts on node2.
kube apply -f - >"$out" 2>"$err" <<'YAML' || fail "apply"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: it, image: "busybox:kranix", command: [sh, -c, 'trap exit TERM; while :; do sleep 0.1; done']}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: it, image: "busybox:kranix", command: [sh, -c, 'trap exit TERM; while :; do sleep 0.1; done']}
---
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec:
  terminationGracePeriodSeconds: 1
  volumes: [{name: tmp, emptyDir: {}}]
  containers:
  - {name: it, image: "busybox:kranix", command: [sh, -c, 'trap exit TERM; while :; do sleep 0.1; done']}
YAML
kube rollout status deployment web --timeout=180s >"$out" 2>"$err" || fail "web is not up"
kube rollout status daemonset everywhere --timeout=180s >"$out" 2>"$err" || fail "no daemons"
kube wait --for=condition=Ready pod/alone --timeout=180s >"$out" 2>"$err" || fail "alone is not up"
same "pods of web on node2" "$(on_node node2 -l app=web | wc -l)" 2
ok k nodes uncordon node1
same "marks of node1" "$(marks node1)" ' false -'

# ------------------------------------------------------------- refusal: nothing is marked or evicted
fails 1 k nodes drain node2
has "$err" "$ns/alone"
has "$err" 'nothing would start again'
has "$err" '--force'
same "marks of node2" "$(marks node2)" ' false -'
fails 1 k nodes drain node2 --force
has "$err" 'emptyDir data would be lost'
has "$err" '--delete-emptydir-data'
fails 1 k nodes drain node2 --force --delete-emptydir-data --ignore-daemonsets=false
has "$err" 'DaemonSets'
same "pods on node2" "$(on_node node2 | wc -l)" 4
fails 3 k nodes drain node9
drain=(k nodes drain node2 --force --delete-emptydir-data --reason 'Disk is FULL')

# ------------------------------------------------------------------- the budget blocks, then not
drain_aside() { # NODE
    : >"$work/drain.err"
    "$krx_bin" --state-dir "$work/kranix-state" nodes drain "$1" "${drain[@]:4}" \
        --backend kubernetes >"$work/drain.out" 2>"$work/drain.err" </dev/null &
    pid=$!
    cleanup forget_drain
    wait_for 60 "the budget in the way" in_the_way
}
forget_drain() { [ -z "$pid" ] || kill -9 "$pid"; }
in_the_way() { grep -q "disruption budget" "$work/drain.err"; }
drain_aside node2
alone_is_gone() { ! kube get pod alone; }
wait_for 30 "the pod without budget gone" alone_is_gone
same "pods of web on node2" "$(on_node node2 -l app=web | wc -l)" 2
same "marks of node2" "$(marks node2)" 'kranix.io/drain node.kubernetes.io/unschedulable true true'
same "the reason" "$(kubectl get node node2 -o json |
    jq -r '.spec.taints[] | select(.key == "kranix.io/drain") | .value + ":" + .effect')" \
    disk-is-full:NoSchedule
ok k nodes list node2 -o json
json '[.unschedulable, .draining, .score] | @csv' 'true,true,65'

# ------------------------------------------------------------------ kill -9, and a deadline
kill -9 "$pid"
wait "$pid" 2>/dev/null
pid=""
fails 5 "${drain[@]}" --wait=5s
has "$err" "$ns/web-[a-z0-9]+-[a-z0-9]+ \(.*disruption budget"
has "$err" '2 of 2 pods are still there'
same "pods of web" "$(on_node node2 -l app=web | wc -l)" 2

# Two budgets for one pod are a mistake that no waiting cures.
kube create poddisruptionbudget second --selector=app=web --min-available=0 >"$out" 2>"$err" ||
    fail "second budget"
fails 1 "${drain[@]}"
has "$err" 'more than one PodDisruptionBudget'
kube delete poddisruptionbudget second >"$out" 2>"$err" || fail "delete the second budget"

# One may go at a time: the second waits until the first runs elsewhere.
kube patch poddisruptionbudget web --type=merge -p '{"spec":{"maxUnavailable":1}}' \
    >"$out" 2>"$err" || fail "patch"
run "${drain[@]}" -o json
[ "$status" = 0 ] || fail "the drain that goes on"
json '[.nodeName, .phase, .podsEvicted, .podsRemaining] | @csv' '"node2","drained",2,0'
same "pods on node2" "$(on_node node2 -l app=web | wc -l)" 0
same "daemons on node2" "$(on_node node2 -l app=everywhere | wc -l)" 1
kube rollout status deployment web --timeout=180s >"$out" 2>"$err" || fail "web is not up again"
same "pods of web on node1" "$(on_node node1 -l app=web | wc -l)" 2

# Once more: there is nothing to do.
ok "${drain[@]}" -o json
json '[.phase, .podsEvicted] | @csv' '"drained",0'
ok k nodes uncordon node2
same "marks of node2" "$(marks node2)" ' false -'
ok k nodes uncordon node2

# ------------------------------------------------------------------- the API server is away a while
kube patch poddisruptionbudget web --type=merge -p '{"spec":{"maxUnavailable":0}}' \
    >"$out" 2>"$err" || fail "patch"
budget_is_known() { [ "$(kube get poddisruptionbudget web -o 'jsonpath={.status.disruptionsAllowed}')" = 0 ]; }
wait_for 30 "the budget taken in" budget_is_known
drain_aside node1
cluster api-stop
noticed() { grep -q 'the drain goes on when it is back' "$work/drain.err"; }
wait_for 60 "the outage in the messages" noticed
cluster api-start
kill -0 "$pid" || fail "the drain has ended with the API server"
kube patch poddisruptionbudget web --type=merge -p '{"spec":{"maxUnavailable":1}}' \
    >"$out" 2>"$err" || fail "patch"
wait "$pid" || fail "the drain across an outage: $(cat "$work/drain.err")"
pid=""
same "pods of web on node1" "$(on_node node1 -l app=web | wc -l)" 0
ok k nodes uncordon node1
exit 0
