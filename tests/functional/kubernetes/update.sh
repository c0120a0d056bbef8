#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Changes of what runs: rolling within its bounds, recreate with none of the old beside the new;
# scale in place, a stopped workload that is deployed again, an autoscaler's count, what goes away.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

version() {
    kube get pods -l app="$1" -o json | jq -r '[.items[] | select(.metadata.deletionTimestamp == null) | .spec.containers[0].env[] | select(.name == "V") | .value] | unique | join(" ")'
}
uids() {
    kube get pods -l app="$1" -o 'jsonpath={range .items[*]}{.metadata.uid}{"\n"}{end}' | sort
}

spec web 3 <<YAML >"$work/web.yaml"
$sleeper
env: {V: one}
ports: [{name: http, containerPort: 8080}]
rolloutStrategy: {type: rolling, maxSurge: 1, maxUnavailable: 0}
crossNamespaceTraffic: {enabled: true}
YAML
ok kranix deploy -f "$work/web.yaml" --wait=180s
same "version" "$(version web)" one
ok kube get deployment web -o json
json '.spec.strategy.rollingUpdate | [.maxSurge, .maxUnavailable] | join(" ")' "1 0"
ok kube get networkpolicy kranix-ns-traffic-web

# rolling: never fewer than three are ready
sed 's/V: one/V: two/' "$work/web.yaml" >"$work/two.yaml"
kube get deployment web -w -o 'jsonpath={.status.availableReplicas}{"\n"}' >"$work/watched" 2>/dev/null &
watcher=$!
wait_for 10 "the watch" test -s "$work/watched"
ok kranix deploy -f "$work/two.yaml" -o json
json .action updated
json '[.changes[] | select(.field == "env.V")][0] | [.oldValue // .old, .newValue // .new] | join(" ")' "one two"
ok kranix deploy -f "$work/two.yaml" --wait=180s
same "version" "$(version web)" two
ok kranix status web -n "$ns" -o json
json .state Running
json .readyReplicas 3
kill "$watcher"
wait "$watcher" 2>/dev/null
[ "$(wc -l <"$work/watched")" -gt 2 ] || fail "the watch saw nothing of the update"
same "moments with fewer than three" "$(awk '$1 < 3' "$work/watched" | wc -l)" 0

# scaling keeps the pods
before=$(uids web)
sed 's/^replicas: 3/replicas: 4/' "$work/two.yaml" >"$work/four.yaml"
wait_for 60 "the old pods to be gone" sh -c "[ \$($KRX_KUBECTL --kubeconfig $KRX_KUBECONFIG -n $ns get pods -l app=web -o name | wc -l) = 3 ]"
before=$(uids web)
ok kranix deploy -f "$work/four.yaml" --wait=180s
same "pods that stayed" "$(comm -12 <(echo "$before") <(uids web) | wc -l)" 3

# what the spec has no more is removed
sed '/^ports:/d; /^crossNamespaceTraffic:/d' "$work/four.yaml" >"$work/less.yaml"
ok kranix deploy -f "$work/less.yaml" -o json
json '[.changes[] | select(.action == "remove") | .kind] | sort | join(" ")' "NetworkPolicy Service"
same "services and policies" "$(kube get service,networkpolicy -l kranix.io/workload=web -o name | wc -l)" 0

# drift by others is shown and taken back
kube scale deployment web --replicas=1 >"$out" 2>"$err" || fail "kubectl scale"
fails 10 kranix deploy -f "$work/less.yaml" --diff
has "$out" 'spec.replicas: 1'
ok kranix deploy -f "$work/less.yaml" --wait=180s
same "replicas" "$(kube get deployment web -o 'jsonpath={.spec.replicas}')" 4

# stopped and deployed again it starts
ok kranix stop web -n "$ns"
ok kranix status web -n "$ns" -o json
json '.state | test("Stopped|Updating")' true
ok kranix deploy -f "$work/less.yaml" --wait=180s
ok kranix status web -n "$ns" -o json
json .state Running
json .readyReplicas 4
same "what stop left" "$(kube get deployment web -o json | jq -r '.metadata.annotations | has("kranix.io/stopped") or has("kranix.io/replicas")')" false

# restart: twice means two times
first=$(kube get deployment web -o 'jsonpath={.metadata.generation}')
ok kranix restart web -n "$ns"
wait_for 10 "another second" sh -c "[ \$(date +%s) -gt $(date +%s) ]"
ok kranix restart web -n "$ns"
same "generations" "$(($(kube get deployment web -o 'jsonpath={.metadata.generation}') - first))" 2

# recreate: none of the new beside the old
spec one 2 <<YAML >"$work/one.yaml"
$sleeper
env: {V: one}
rolloutStrategy: {type: recreate}
YAML
ok kranix deploy -f "$work/one.yaml" --wait=180s
same "strategy" "$(kube get deployment one -o 'jsonpath={.spec.strategy.type}')" Recreate
sed 's/V: one/V: two/' "$work/one.yaml" >"$work/one-two.yaml"
ok kranix deploy -f "$work/one-two.yaml" --wait=180s
same "version" "$(version one)" two

# the autoscaler's count is its own
spec scaled 2 <<YAML >"$work/scaled.yaml"
$sleeper
resources: {cpuRequest: 10m}
autoScaling: {enabled: true, minReplicas: 1, maxReplicas: 5, targetCPUUtilization: 50}
YAML
ok kranix deploy -f "$work/scaled.yaml"
kube get horizontalpodautoscaler scaled >"$out" 2>"$err" || fail "there is no autoscaler"
kube scale deployment scaled --replicas=3 >"$out" 2>"$err" || fail "kubectl scale"
ok kranix deploy -f "$work/scaled.yaml" -o json
json .action unchanged
same "replicas" "$(kube get deployment scaled -o 'jsonpath={.spec.replicas}')" 3
sed '/^autoScaling/d' "$work/scaled.yaml" >"$work/unscaled.yaml"
ok kranix deploy -f "$work/unscaled.yaml"
same "replicas" "$(kube get deployment scaled -o 'jsonpath={.spec.replicas}')" 2
same "autoscalers" "$(kube get horizontalpodautoscaler -o name | wc -l)" 0

# objects within the pod go away whole, and become others, in one rollout each
spec parts 1 <<YAML >"$work/parts.yaml"
$sleeper
probes: {readiness: {type: tcp, port: 8099, periodSeconds: 1}, liveness: {type: exec, command: ["true"]}}
mounts: [{type: tmpfs, target: /data, size: 10Mi}]
user: "1000"
YAML
sed 's/^probes:.*/probes: {liveness: {type: http, port: 8099, path: \/}}/; s/tmpfs, \(.*\), size.*/bind, \1, source: \/var\/tmp}]/
    s/^replicas: 1/replicas: 0/; s/^user:.*/rolloutStrategy: {type: recreate}/' "$work/parts.yaml" >"$work/others.yaml"
spec parts 0 <<<"$sleeper" >"$work/none.yaml"
revision=0
for step in parts others none parts others; do
    revision=$((revision + 1))
    ok kranix deploy -f "$work/$step.yaml" --dry-run
    ok kranix deploy -f "$work/$step.yaml"
    wait_for 30 "revision $revision" sh -c "[ \"\$($KRX_KUBECTL --kubeconfig $KRX_KUBECONFIG -n $ns get deployment parts -o 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')\" = $revision ]"
    ok kube get deployment parts -o json
    json '.spec.template.spec.containers[0] | [(.readinessProbe, .livenessProbe) // {} | keys[] | select(test("exec|http|tcp"))] | join(" ")' \
        "$(case $step in parts) echo tcpSocket exec ;; others) echo httpGet ;; esac)"
    json '.spec.template.spec.volumes // [] | map(keys - ["name"]) | flatten | join(" ")' \
        "$(case $step in parts) echo emptyDir ;; others) echo hostPath ;; esac)"
    json '.spec.strategy.type' "$([ $step = others ] && echo Recreate || echo RollingUpdate)"
    json '[.metadata.managedFields[] | select(.manager == "kranix") | .operation] | join(" ")' Apply
done

# what can't be changed in place is told, and nothing is changed
kube delete deployment one --wait=true >"$out" 2>"$err" || fail "kubectl delete"
kube apply -f - >"$out" 2>"$err" <<'YAML' || fail "kubectl apply"
apiVersion: apps/v1
kind: Deployment
metadata: {name: one, labels: {managed-by: kranix, app: one}}
spec:
  replicas: 0
  selector: {matchLabels: {other: one}}
  template:
    metadata: {labels: {other: one}}
    spec: {containers: [{name: one, image: "busybox:kranix"}]}
YAML
fails 1 kranix deploy -f "$work/one.yaml"
has "$err" 'field is immutable'
has "$err" 'destroy the workload and deploy it again'
