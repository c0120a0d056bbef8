#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pods as containers: the list with what keeps each, stop and start through the owner with its
# count, one pod restarted, those that nothing keeps, those that can't be stopped, inspect, kill.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

spec web 3 <<<"$sleeper" >"$work/web.yaml"
ok kranix deploy -f "$work/web.yaml" --wait
sleeping="command: [sh, -c, 'trap exit TERM; while :; do sleep 0.1; done']"
container="{name: c, image: 'busybox:kranix', $sleeping}"
kube apply -f - >"$out" 2>"$err" <<EOF || fail "apply"
apiVersion: v1
kind: Pod
metadata: {name: lone}
spec: {containers: [$container]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [$container]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: every}
spec:
  selector: {matchLabels: {app: every}}
  template: {metadata: {labels: {app: every}}, spec: {containers: [$container]}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: 'busybox:kranix', command: ['true']}]
EOF
kube wait --for=condition=complete job/once --timeout=90s >"$out" 2>"$err" || fail "once does not end"
kube rollout status statefulset/db --timeout=90s >"$out" 2>"$err" || fail "db is not up"
kube rollout status daemonset/every --timeout=90s >"$out" 2>"$err" || fail "every is not up"
kube wait --for=condition=Ready pod/lone --timeout=90s >"$out" 2>"$err" || fail "lone is not up"

# ------------------------------------------------------------------------------------------ the list
ok kranix list --instances -n "$ns" -o json
json 'length' 3
json '[.[].workload] | unique | join(",")' web
json '[.[].owner] | unique | join(",")' Deployment/web
json '[.[] | select(.managed)] | length' 3
json '.[0].status' 'Running (1/1 ready)'
ok kranix list --instances --unmanaged -n "$ns" -o json
json '.[] | select(.name == "lone") | "\(.state) \(.owner) \(.managed)"' 'Running null false'
json '[.[] | select(.owner == "StatefulSet/db")] | length' 2
json '[.[] | select(.owner == "DaemonSet/every")] | length > 0' true
ok kranix list --instances --unmanaged -n "$ns" -l app=db -o name
same "pods of db" "$(sort "$out" | tr '\n' ' ')" "db-0 db-1 "

# ---------------------------------------------------------------------------- down and up by the owner
wanted() {
    kube get "$1" -o 'jsonpath={.spec.replicas}'
}
pod_of() {
    kube get pods -l "app=$1" --field-selector=status.phase=Running \
        -o 'jsonpath={.items[0].metadata.name}'
}
gone() {
    ! kube get pod "$1"
}

ok kranix stop web -n "$ns"
same "replicas wanted" "$(wanted deployment/web)" 0
same "pods left" "$(kube get pods -l app=web -o name | wc -l)" 0
ok kranix status web -n "$ns" -o json
json .state Stopped
ok kranix stop web -n "$ns"
ok kranix start web -n "$ns"
same "replicas wanted" "$(wanted deployment/web)" 3
ok kranix start web -n "$ns"
ok kube get deployment web -o json
json '.metadata.annotations | has("kranix.io/stopped")' false

# A pod stands for what keeps it, which is said; its name still does when it is gone.
pod=$(pod_of web)
ok kranix stop "$pod" -n "$ns"
has "$err" "pod $pod belongs to Deployment/web, which is scaled to 0"
same "replicas wanted" "$(wanted deployment/web)" 0
ok kranix start "$pod" -n "$ns"
same "replicas wanted" "$(wanted deployment/web)" 3
ok kranix stop db-1 -n "$ns"
same "replicas wanted" "$(wanted statefulset/db)" 0
fails 6 kranix start db -n "$ns"
has "$err" "StatefulSet/db in namespace '$ns' was not made by kranix"
has "$err" 'hint: .*StatefulSet/db'
same "replicas wanted" "$(wanted statefulset/db)" 0
ok kranix start sts/db -n "$ns"
same "replicas wanted" "$(wanted statefulset/db)" 2

ok kranix logs statefulset/db -n "$ns"
ok kranix exec pod/lone -n "$ns" -- true
fails 3 kranix status deployment/web -n "$ns"
has "$err" 'hint: .*without its kind: web'
fails 3 kranix destroy "$(pod_of web)" -n "$ns"
has "$err" "hint: it is a pod of workload 'web'"

# ------------------------------------------------------------------------------------ what can't be
fails 7 kranix stop "$(pod_of every)" -n "$ns"
has "$err" "DaemonSet/every can't be stopped"
fails 3 kranix stop nothing -n "$ns"
fails 3 kranix start nothing -n "$ns"

# ------------------------------------------------------------------------------- one pod, and signals
pod=$(pod_of web)
others=$(kube get pods -l app=web -o name | grep -v "$pod" | sort)
ok kranix restart "$pod" -n "$ns"
wait_for 60 "pod $pod to go" gone "$pod"
same "the other pods" "$(kube get pods -o name | grep -F "$others" | sort)" "$others"
kube rollout status deployment/web --timeout=180s >"$out" 2>"$err" || fail "a pod is not replaced"
pod=$(pod_of web)
ok kranix kill "$pod" -n "$ns"
gone "$pod" >"$out" 2>"$err" || fail "pod $pod was killed and is still there"
kube rollout status deployment/web --timeout=180s >"$out" 2>"$err" || fail "a pod is not replaced"
fails 2 kranix kill web -n "$ns" --signal NO:SUCH
# signals that no deletion stands for, also where the image's kill has very much to say
spec hears 1 >"$work/hears.yaml" <<'YAML'
command: [sh, -c]
args: ['trap "touch /tmp/hup" HUP; trap "touch /tmp/usr" USR1; trap exit TERM; while :; do sleep 0.1; done']
YAML
ok kranix deploy -f "$work/hears.yaml" --wait
ok kranix kill hears -n "$ns" --signal HUP
wait_for 30 "the first signal" kranix exec hears -n "$ns" -- test -e /tmp/hup
ok kranix exec hears -n "$ns" -- sh -c 'rm /bin/kill; printf "#!/bin/sh\nexec yes\n" >/bin/kill; chmod +x /bin/kill'
ok kranix kill hears -n "$ns" --signal USR1
wait_for 30 "the second signal" kranix exec hears -n "$ns" -- test -e /tmp/usr

# ------------------------------------------------------------------------------------------ inspect
pod=$(pod_of web)
ok kranix inspect "$pod" -n "$ns" --raw
json '(arrays | .[0]) // . | "\(.kind) \(.metadata.name) \(.metadata | has("managedFields"))"' \
    "Pod $pod false"
ok kranix inspect lone -n "$ns" --raw
json '(arrays | .[0]) // . | .spec.containers[0].image' busybox:kranix

# A pod that nothing keeps is gone when it is stopped, with a warning.
ok kranix stop lone -n "$ns"
has "$err" "pod lone stands alone"
gone lone >"$out" 2>"$err" || fail "lone was stopped and is still there"
fails 3 kranix start lone -n "$ns"
ok kranix destroy web -n "$ns"
