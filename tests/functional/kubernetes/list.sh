#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# list: Deployments and CronJobs, ours only unless asked, one namespace or all, by label, with the
# pods of each, and a kind that may not be read costs nothing but itself.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

names() {
    jq -r '[.[] | .name] | sort | join(" ")' <"$out"
}

for name in one two; do
    spec $name 2 <<YAML >"$work/$name.yaml"
$sleeper
labels: {tier: $name}
YAML
    ok kranix deploy -f "$work/$name.yaml" --wait=180s
done
spec tick 1 <<'YAML' >"$work/tick.yaml"
command: [sh, -c, 'echo ticked']
cronSchedule: {schedule: "0 0 1 1 *"}
YAML
ok kranix deploy -f "$work/tick.yaml"
new_namespace "$ns-x"
sed "s/^namespace:.*/namespace: $ns-x/; s/^name: one/name: far/" "$work/one.yaml" >"$work/far.yaml"
ok kranix deploy -f "$work/far.yaml" --wait=180s
kube create deployment foreign --image=busybox:kranix -- sleep 1000 >"$out" 2>"$err" || fail "kubectl create"
kube create cronjob strange --image=busybox:kranix --schedule='0 0 1 1 *' -- true >"$out" 2>"$err" || fail "kubectl create"
wait_for 60 "the foreign pod" sh -c "$KRX_KUBECTL --kubeconfig $KRX_KUBECONFIG -n $ns get deployment foreign -o json | jq -e '.status.readyReplicas == 1'"

ok kranix list -n "$ns" -o json
same "ours" "$(names)" "one tick two"
json '[.[] | select(.name == "one") | [.state, .readyReplicas, (.instances | length)] | map(tostring) | join(" ")] | join("")' "Running 2 2"
json '[.[] | select(.name == "tick") | .state] | join("")' PendingSchedule
json '[.[] | .managed] | unique | map(tostring) | join(" ")' true

ok kranix list -n "$ns" --unmanaged -o json
same "all" "$(names)" "foreign one strange tick two"
json '[.[] | select(.name == "foreign") | [.managed, .state, (.instances | length)] | map(tostring) | join(" ")] | join("")' "false Running 1"

ok kranix list -n "$ns" -l tier=two -o json
same "by label" "$(names)" two
ok kranix list -n "$ns" -l tier=three -o json
same "by another label" "$(names)" ""
ok kranix list -A -o json
same "of all namespaces" "$(jq -r "[.[] | select(.namespace | startswith(\"$ns\")) | .name] | sort | join(\" \")" <"$out")" "far one tick two"
ok kranix list -n "$ns-nowhere" -o json
same "of a namespace that is not there" "$(names)" ""
ok kranix list -n "$ns" --instances -o json
json '[.[] | .workload] | unique | join(" ")' "one two"

# who may see Deployments alone gets those, and is told what is missing
kubectl config view --raw --minify -o json --kubeconfig "$KUBECONFIG" |
    jq '.users[0].user.as = "half-blind"' >"$work/half.json"
kube create role half --verb=get,list --resource=deployments.apps,pods >"$out" 2>"$err" || fail "role"
kube create rolebinding half --role=half --user=half-blind >"$out" 2>"$err" || fail "binding"
run env KUBECONFIG="$work/half.json" "$krx_bin" --state-dir "$work/other-state" list -n "$ns"
[ "$status" = 6 ] || fail "status $status"
has "$out" '^one '
has "$out" '^two '
has "$err" 'cronjobs'
