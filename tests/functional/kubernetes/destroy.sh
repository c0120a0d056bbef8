#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# destroy removes all that was made and waits for the pods; data only as asked; half of a removal is
# finished by another one; what stops slowly is given its time, or the time asked for.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

left() {
    kube get deployment,replicaset,cronjob,job,service,networkpolicy,horizontalpodautoscaler,pod -l "kranix.io/workload=$1" -o name | wc -l
}
claims() {
    kube get persistentvolumeclaim -l "kranix.io/workload=$1" -o name | sort | tr '\n' ' '
}

spec web 2 <<YAML >"$work/web.yaml"
$sleeper
ports: [{containerPort: 8080}]
resources: {cpuRequest: 10m}
autoScaling: {enabled: true, minReplicas: 2, maxReplicas: 3, targetCPUUtilization: 50}
crossNamespaceTraffic: {enabled: true}
volumes:
  - {name: kept, size: 1Mi, mountPath: /kept, accessMode: ReadWriteMany}
  - {name: lost, size: 1Mi, mountPath: /lost, accessMode: ReadWriteMany, autoCleanup: true}
YAML
ok kranix deploy -f "$work/web.yaml" --wait=180s
same "claims" "$(claims web)" "persistentvolumeclaim/web-kept-pvc persistentvolumeclaim/web-lost-pvc "
ok kranix destroy web -n "$ns"
same "objects left" "$(left web)" 0
same "claims left" "$(claims web)" "persistentvolumeclaim/web-kept-pvc "
fails 3 kranix status web -n "$ns"

# the claim that stayed is used again; then everything goes
ok kranix deploy -f "$work/web.yaml" --wait=180s
ok kranix destroy web -n "$ns" --volumes
same "objects left" "$(left web)" 0
same "claims left" "$(claims web)" ""
fails 3 kranix destroy web -n "$ns"
has "$err" "no workload 'web' in namespace '$ns'"
ok kranix destroy web -n "$ns" --ignore-not-found

# the setting removes every volume
sed 's/, autoCleanup: true//' "$work/web.yaml" >"$work/plain.yaml"
ok kranix deploy -f "$work/plain.yaml"
printf 'runtime: {default_backend: kubernetes}\nvolumes: {auto_cleanup_on_destroy: true}\n' >"$work/cleanup.yaml"
ok kranix --config "$work/cleanup.yaml" destroy web -n "$ns"
same "claims left" "$(claims web)" ""

# half-removed leftovers are the workload
ok kranix deploy -f "$work/web.yaml" --wait=180s
kube delete deployment web --wait=false >"$out" 2>"$err" || fail "kubectl delete"
ok kranix destroy web -n "$ns" --volumes
same "objects left" "$(left web)" 0
same "claims left" "$(claims web)" ""

# so is what somebody orphaned
ok kranix deploy -f "$work/web.yaml" --wait=180s
kube delete deployment web --cascade=orphan >"$out" 2>"$err" || fail "kubectl delete"
ok kranix destroy web -n "$ns" --volumes
same "objects left" "$(left web)" 0

# stubborn pods: the time asked for, not their own
spec slow 1 <<'YAML' >"$work/slow.yaml"
command: [sh, -c, 'trap "" TERM; while :; do sleep 0.1; done']
stopGracePeriod: 300s
YAML
ok kranix deploy -f "$work/slow.yaml" --wait=180s
fails 5 kranix --timeout 3s destroy slow -n "$ns"
has "$err" 'still stopping'
ok kranix destroy slow -n "$ns" --grace 0s
same "objects left" "$(left slow)" 0

