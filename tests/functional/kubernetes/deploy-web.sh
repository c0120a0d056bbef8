#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example runs: real pods with a service in front of them; deployed again it is unchanged, and
# all of it goes with destroy.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

example=$(cd "$tests_dir/.." && pwd)/examples/web.yaml
ok kranix deploy -f "$example" -n "$ns" --backend kubernetes --wait=120s
has "$out" '^web created'
has "$out" '^web Running, 2 of 2 ready'
same "pods that run" "$(kube get pods -l app=web -o 'jsonpath={.items[*].status.phase}')" "Running Running"
ok kranix status web -n "$ns" -o json
json .state Running
json .backend kubernetes
json .namespace "$ns"
json '.instances | length' 2
json '.instances[0].owner' Deployment/web
json .spec.name web
# kubelets tell events in their own time
all_told() {
    kranix status web -n "$ns" -o json |
        jq -e '(.events | length >= 8) and ([.events[].type] | index("start") != null)'
}
wait_for 30 "the events of the pods" all_told
ok kube get service,deployment -o name
has "$out" '^service/web$'
has "$out" '^deployment.apps/web$'

# the pods answer, and the service leads to them
ok kube exec deployment/web -- wget -q -O - http://127.0.0.1:8080/
has "$out" '^hello from web-'
same "endpoints" "$(kube get endpoints web -o json | jq -r '[.subsets[].addresses[].ip] | sort | join(" ")')" \
    "$(kube get pods -l app=web -o json | jq -r '[.items[].status.podIP] | sort | join(" ")')"

# the same again changes nothing at all
kube get service,deployment,pods -o json | jq -S '[.items[].metadata | {name, uid, generation, resourceVersion}]' >"$work/before"
deploys() {
    kube get events --field-selector reason=KranixDeploy -o name | wc -l
}
same "events of deploys" "$(deploys)" 1
ok kranix deploy -f "$example" -n "$ns" -o json
json .action unchanged
json '[.changes[].action] | unique | join(" ")' unchanged
kube get service,deployment,pods -o json | jq -S '[.items[].metadata | {name, uid, generation, resourceVersion}]' >"$work/after"
cmp "$work/before" "$work/after" || fail "an unchanged deploy wrote something"
same "events of deploys" "$(deploys)" 1

# a name that is somebody else's
kube create deployment foreign --image=busybox:kranix >"$out" 2>"$err" || fail "kubectl create"
spec foreign 1 <<YAML >"$work/foreign.yaml"
$sleeper
YAML
fails 1 kranix deploy -f "$work/foreign.yaml"
has "$err" "Deployment 'foreign' in namespace '$ns', which kranix did not make"
fails 3 kranix status foreign -n "$ns"
fails 3 kranix destroy foreign -n "$ns"
kube get deployment foreign >"$out" 2>"$err" || fail "what is not ours was removed"

ok kranix destroy web -n "$ns" --volumes --grace 1s
same "what is left of web" "$(kube get all,persistentvolumeclaim,networkpolicy -l kranix.io/workload=web -o name | wc -l)" 0
