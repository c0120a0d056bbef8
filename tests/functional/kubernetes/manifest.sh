#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Manifests of what is there: of workloads, running and stopped, and of what somebody else made. Each
# makes the same again in another namespace, and would change nothing in its own.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup
other=$ns-2
new_namespace "$other"

# again FILE: elsewhere the server takes it, here it is what is there already
again() {
    sed "s/namespace: $ns\$/namespace: $other/" "$1" >"$work/moved.yaml"
    ok kubectl apply -n "$other" --dry-run=server -f "$work/moved.yaml"
    run kube diff -f "$1"
    [ "$status" = 0 ] || fail "the manifest of what is there would change it: $(cat "$out")"
    local noise
    for noise in uid: resourceVersion managedFields creationTimestamp status: nodeName last-applied nodePort \
        default-token kube-api-access; do
        has_not "$1" "$noise"
    done
}

# ------------------------------------------------------------------------------------- a workload
spec web 2 >"$work/web.yaml" <<YAML
$sleeper
ports: [{name: http, containerPort: 80, hostPort: 0}]
volumes: [{name: data, size: 1Mi, accessMode: ReadWriteMany}]
crossNamespaceTraffic: {enabled: true, allowSameNamespace: false}
YAML
ok kranix deploy -f "$work/web.yaml" --wait
ok kranix manifest web -n "$ns" --backend kubernetes
cp "$out" "$work/live.yaml"
again "$work/live.yaml"
same "kinds" "$(sed -n 's/^kind: //p' "$work/live.yaml" | tr '\n' ' ')" \
    "PersistentVolumeClaim NetworkPolicy Service Service Deployment "

# Stopped, it is exported as what it will be again.
ok kranix stop web -n "$ns" --backend kubernetes
ok kranix manifest web -n "$ns" --backend kubernetes
has "$out" 'replicas: 2'
has_not "$out" 'kranix.io/stopped'

# ---------------------------------------------------------------------------- what others made
kube apply -f - >"$out" 2>"$err" <<'YAML' || fail "apply"
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: nothing}
spec: {ports: [{port: 1}]}
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere}
spec: {selector: {app: db, tier: other}, ports: [{port: 1}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: 'busybox:kranix', command: [sleep, '1000']}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: lone}
spec: {restartPolicy: Never, containers: [{name: lone, image: 'busybox:kranix', command: [sleep, '1000']}]}
YAML
there() {
    kube get pod db-0 >"$out" 2>"$err"
}
wait_for 60 "a pod of the StatefulSet" there

for name in db db-0; do
    ok kranix manifest "$name" -n "$ns" --backend kubernetes
    cp "$out" "$work/db.yaml"
    again "$work/db.yaml"
    has "$work/db.yaml" '^kind: StatefulSet'
    has "$work/db.yaml" 'clusterIP: "?None'
    same "objects of $name" "$(grep -c '^kind: ' "$work/db.yaml")" 2
done

ok kranix manifest lone -n "$ns" --backend kubernetes
has "$err" "warn.*pod 'lone' is exported by itself: nothing keeps it"
has "$out" '^kind: Pod'
has_not "$out" 'tolerations'
cp "$out" "$work/lone.yaml"
sed "s/namespace: $ns\$/namespace: $other/" "$work/lone.yaml" >"$work/moved.yaml"
ok kubectl apply -n "$other" --dry-run=server -f "$work/moved.yaml"

fails 3 kranix manifest nobody -n "$ns" --backend kubernetes
has "$err" "nobody"

# ------------------------------------------------------------------- without a cluster, of a spec
ok env KUBECONFIG=/nonexistent "$krx_bin" manifest -f "$work/web.yaml"
has "$out" '^kind: Deployment'

# Of a spec it is for the cluster at hand, in versions that this one has; else in the newest.
spec scaled 1 <<YAML >"$work/scaled.yaml"
$sleeper
autoScaling: {enabled: true, minReplicas: 1, maxReplicas: 2}
YAML
spec tick 1 <<'YAML' >"$work/tick.yaml"
command: ['true']
cronSchedule: {schedule: '*/5 * * * *'}
YAML
ok kranix manifest -f "$work/scaled.yaml" -f "$work/tick.yaml"
cp "$out" "$work/fits.yaml"
ok kube apply --dry-run=server -f "$work/fits.yaml"
versions=$(sed -n 's/^apiVersion: //p' "$work/fits.yaml" | tr '\n' ' ')
served=$(kubectl api-versions | grep -E '^(batch/v1beta1|autoscaling/v2)$' | tr '\n' ' ')
case $served in
*autoscaling/v2*) same "versions" "$versions" "apps/v1 autoscaling/v2 batch/v1 " ;;
*) same "versions" "$versions" "apps/v1 autoscaling/v2beta2 batch/v1beta1 " ;;
esac
ok env KUBECONFIG=/nonexistent "$krx_bin" manifest -f "$work/scaled.yaml" -f "$work/tick.yaml"
same "versions" "$(sed -n 's/^apiVersion: //p' "$out" | tr '\n' ' ')" "apps/v1 autoscaling/v2 batch/v1 "
has_not "$err" .
sed 's#server: .*#server: https://127.0.0.1:1#' "$KUBECONFIG" >"$work/away"
chmod 600 "$work/away"
ok env KUBECONFIG="$work/away" "$krx_bin" manifest -f "$work/tick.yaml"
has "$out" '^apiVersion: batch/v1$'
has "$err" 'warn: .*written for the newest Kubernetes, not for this cluster: .*cannot be reached'

# Not even a label that nobody may set gets as far as the server.
spec bad 1 >"$work/bad.yaml" <<'YAML'
labels: {managed-by: me}
YAML
fails 2 kranix manifest -f "$work/bad.yaml"
has "$err" "labels.managed-by: the label 'managed-by' is kranix's own"
