#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --dry-run and --diff ask the server about everything and write nothing: proven by every object of
# the namespace before and after, and by what is refused although it was never stored.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

everything() {
    kube get deployment,replicaset,cronjob,job,service,networkpolicy,horizontalpodautoscaler,persistentvolumeclaim,pod,secret,configmap -o json |
        jq -S '[.items[] | {kind, name: .metadata.name, uid: .metadata.uid, version: .metadata.resourceVersion}]'
}

# settled: nothing of the cluster's own is going on any more
settled() {
    local one
    one=$(everything)
    sleep 1
    [ "$one" = "$(everything)" ]
}

spec web 1 <<YAML >"$work/web.yaml"
$sleeper
env: {V: one}
ports: [{containerPort: 8080}]
crossNamespaceTraffic: {enabled: true}
volumes: [{name: data, size: 1Mi, mountPath: /data}]
YAML

# nothing is there: nothing comes
everything >"$work/before"
ok kranix deploy -f "$work/web.yaml" --dry-run -o json
json .action created
json '[.changes[] | .action] | unique | join(" ")' create
json '[.changes[] | .kind] | sort | join(" ")' 'Deployment NetworkPolicy PersistentVolumeClaim Service'
fails 10 kranix deploy -f "$work/web.yaml" --diff
cmp "$work/before" <(everything) || fail "a dry run wrote something"
fails 3 kranix status web -n "$ns"

# what runs stays as it is, whatever would be done with it
ok kranix deploy -f "$work/web.yaml" --wait=180s
wait_for 60 "the cluster to settle" settled
everything >"$work/before"
ok kranix deploy -f "$work/web.yaml" --dry-run -o json
json .action unchanged
ok kranix deploy -f "$work/web.yaml" --diff
sed 's/V: one/V: two/; /^ports:/d; s/^replicas: 1/replicas: 5/' "$work/web.yaml" >"$work/other.yaml"
ok kranix deploy -f "$work/other.yaml" --dry-run
has "$out" 'update +Deployment web \(spec.replicas: 1 -> 5\)'
has "$out" 'containers\[web\].env\[V\].value: one -> two'
has "$out" 'remove +Service web'
fails 10 kranix deploy -f "$work/other.yaml" --diff
cat "$work/web.yaml" - >"$work/cron.yaml" <<'YAML'
cronSchedule: {schedule: "0 0 * * *"}
YAML
ok kranix deploy -f "$work/cron.yaml" --dry-run
has "$out" 'create +CronJob web'
has "$out" 'remove +Deployment web'
cmp "$work/before" <(everything) || fail "a dry run wrote something"

# the server's own checks are made
sed 's/^image:.*/image: busybox:kranix\nresources: {memoryRequest: 64Mi, memoryLimit: 32Mi}/' "$work/web.yaml" >"$work/refused.yaml"
run kranix deploy -f "$work/refused.yaml" --dry-run
[ "$status" != 0 ] || fail "a request above the limit passes a dry run"
has "$err" 'memory'

# a namespace that is missing would be created; what goes into it is checked all the same
sed "s/^namespace:.*/namespace: $ns-new/" "$work/web.yaml" >"$work/new.yaml"
ok kranix deploy -f "$work/new.yaml" --dry-run
has "$out" "create +Namespace $ns-new"
sed "s/^namespace:.*/namespace: $ns-new/" "$work/refused.yaml" >"$work/new-refused.yaml"
run kranix deploy -f "$work/new-refused.yaml" --dry-run
[ "$status" != 0 ] || fail "a request above the limit passes a dry run in a new namespace"
kubectl get namespace "$ns-new" >"$out" 2>"$err" && fail "a dry run created the namespace"
cmp "$work/before" <(everything) || fail "a dry run wrote something"
