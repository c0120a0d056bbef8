#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A workload that gets a schedule becomes a CronJob and back; the old kind goes when the new one was
# accepted, and stays when it was not.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

kinds() {
    kube get deployment,cronjob -l kranix.io/workload=web -o name | tr '\n' ' '
}

spec web 1 <<YAML >"$work/always.yaml"
$sleeper
YAML
cat "$work/always.yaml" - >"$work/hourly.yaml" <<'YAML'
cronSchedule: {schedule: "0 * * * *"}
YAML
ok kranix deploy -f "$work/always.yaml" --wait=180s
same "kinds" "$(kinds)" "deployment.apps/web "

# told before, done after
ok kranix deploy -f "$work/hourly.yaml" --dry-run
has "$out" 'create +CronJob web'
has "$out" 'remove +Deployment web'
same "kinds" "$(kinds)" "deployment.apps/web "
ok kranix deploy -f "$work/hourly.yaml"
same "kinds" "$(kinds)" "cronjob.batch/web "
ok kranix status web -n "$ns" -o json
json .state PendingSchedule
wait_for 60 "the pods to go" sh -c "[ -z \"\$($KRX_KUBECTL --kubeconfig $KRX_KUBECONFIG -n $ns get pods -l app=web -o name)\" ]"

ok kranix deploy -f "$work/always.yaml" --wait=180s
same "kinds" "$(kinds)" "deployment.apps/web "

# a schedule that is suspended runs all the time
sed 's/schedule: "0/suspended: true, schedule: "0/' "$work/hourly.yaml" >"$work/suspended.yaml"
ok kranix deploy -f "$work/suspended.yaml" --wait=180s
same "kinds" "$(kinds)" "deployment.apps/web "

# the server refuses the new kind: the old one is as it was
before=$(kube get deployment web -o json | jq -S '.metadata | [.uid, .generation]')
sed 's/^image:.*/image: busybox:kranix\nresources: {memoryRequest: 64Mi, memoryLimit: 32Mi}/' "$work/hourly.yaml" >"$work/refused.yaml"
run kranix deploy -f "$work/refused.yaml"
[ "$status" != 0 ] || fail "a request above the limit was accepted"
same "kinds" "$(kinds)" "deployment.apps/web "
same "the Deployment" "$(kube get deployment web -o json | jq -S '.metadata | [.uid, .generation]')" "$before"

# the old kind can't be removed: the new one is taken back
kubectl create serviceaccount -n "$ns" half >"$out" 2>"$err" || fail "account"
kube apply -f - >"$out" 2>"$err" <<'YAML' || fail "role"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: half}
rules:
- {apiGroups: [""], resources: [services, pods, events, persistentvolumeclaims], verbs: ["*"]}
- {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: ["*"]}
- {apiGroups: [autoscaling], resources: [horizontalpodautoscalers], verbs: ["*"]}
- {apiGroups: [batch], resources: [cronjobs], verbs: ["*"]}
- {apiGroups: [apps], resources: [deployments, replicasets], verbs: [get, list, watch, patch, create]}
YAML
kube create rolebinding half --role=half --serviceaccount="$ns:half" >"$out" 2>"$err" || fail "binding"
kubectl config view --raw --minify -o json |
    jq --arg user "system:serviceaccount:$ns:half" '.users[0].user.as = $user' >"$work/half.json"
fails 6 env KUBECONFIG="$work/half.json" "$krx_bin" --state-dir "$work/kranix-state" deploy -f "$work/hourly.yaml"
has "$err" 'removing the Deployment'
has "$err" 'delete'
same "kinds" "$(kinds)" "deployment.apps/web "
