#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deploy --wait that can't succeed ends with a status and the reason in the cluster's own words:
# image, crash, scheduler, quota, probe, a name that no image can have.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

# told STATUS REASON [WAIT]: of the workload in bad.yaml, which never comes up.
told() {
    fails "$1" kranix deploy -f "$work/bad.yaml" --wait="${3:-8s}"
    has "$err" "$2"
}

spec image 1 <<'YAML' | sed 's/^image: .*/image: localhost:1\/no\/such:image/' >"$work/bad.yaml"
pullPolicy: Always
YAML
told 5 'ImagePull(BackOff)?: .*localhost:1/no/such:image.*refused' 10s
ok kranix status image -n "$ns" -o json
json .state Pending
json '.message | test("ImagePull.*refused")' true

# without a readiness probe the first moment of what crashes would count as ready
never_ready='probes: {readiness: {type: tcp, port: 8099, periodSeconds: 1}}'
spec crash 1 <<YAML >"$work/bad.yaml"
command: [sh, -c, 'exit 7']
$never_ready
YAML
told 5 'ended with exit code 7' 10s
same "lines with the reason" "$(grep -c 'ended with exit code 7' "$err")" 1
ok kranix status crash -n "$ns" -o json
json .state Degraded
ok kranix list -n "$ns" -o json
json '.[] | select(.name == "crash") | .state' Degraded

spec big 1 <<YAML >"$work/bad.yaml"
$sleeper
resources: {memoryRequest: 900Gi}
YAML
told 5 'Unschedulable: .*Insufficient memory'

# interrupted, it stays deployed
env --default-signal=INT "$krx_bin" --state-dir "$work/kranix-state" deploy -f "$work/bad.yaml" --wait \
    >"$work/waiting.out" 2>"$work/waiting.err" </dev/null &
waiting=$!
wait_for 30 "the deploy to wait" grep -q 'Pending, 0 of 1 ready' "$work/waiting.err"
kill -INT "$waiting"
wait "$waiting"
same "status of an interrupted deploy --wait" "$?" 130
has "$work/waiting.err" 'big: interrupted while waiting for it to run'
ok kranix status big -n "$ns"

spec nowhere 1 <<YAML >"$work/bad.yaml"
$sleeper
scheduling: {nodePlacement: {requiredLabels: {no.such/label: here}}}
YAML
told 5 "Unschedulable: .*didn't match"

spec unready 1 <<YAML >"$work/bad.yaml"
$sleeper
probes: {readiness: {type: tcp, port: 8099, periodSeconds: 1, failureThreshold: 1}}
YAML
told 5 'Unhealthy: Readiness probe failed: .*8099' 12s

# the quota lets the first pod in and not the second
kube apply -f - >"$out" 2>"$err" <<'YAML' || fail "quota"
apiVersion: v1
kind: ResourceQuota
metadata: {name: small}
spec: {hard: {limits.memory: 48Mi}}
YAML
wait_for 30 "the quota to be counted" kube get resourcequota small -o 'jsonpath={.status.hard.limits\.memory}'
spec much 2 <<YAML >"$work/bad.yaml"
$sleeper
resources: {memoryLimit: 32Mi}
YAML
told 5 'quota: .*exceeded quota: small' 10s
ok kranix status much -n "$ns" -o json
json .readyReplicas 1
json '.message | test("exceeded quota")' true
kube delete resourcequota small >"$out" 2>"$err" || fail "quota"

# what is refused is refused whole: nothing of it stays
printf 'name: refused\nnamespace: %s\nbackend: kubernetes\nimage: busybox:kranix\nports: [{containerPort: 80}]\nresources: {memoryRequest: 64Mi, memoryLimit: 32Mi}\n' "$ns" >"$work/refused.yaml"
run kranix deploy -f "$work/refused.yaml"
[ "$status" != 0 ] || fail "a request above the limit was accepted"
same "objects of what was refused" "$(kube get deploy,service,cronjob -l kranix.io/workload=refused -o name | wc -l)" 0

# a failed update leaves the old pods at work
spec web 2 <<YAML >"$work/web.yaml"
$sleeper
YAML
ok kranix deploy -f "$work/web.yaml" --wait=180s
sed 's/^command:.*/command: [sh, -c, "exit 3"]/' "$work/web.yaml" >"$work/worse.yaml"
printf '%s\n' "$never_ready" >>"$work/worse.yaml"
fails 5 kranix deploy -f "$work/worse.yaml" --wait=10s
has "$err" 'exit code 3'
has "$err" 'it is Updating with'
ok kranix status web -n "$ns" -o json
json '.readyReplicas >= 1' true
