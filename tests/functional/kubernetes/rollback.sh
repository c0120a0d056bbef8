#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Earlier states are listed with their specs and can be come back to.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

spec web 1 <<YAML >"$work/one.yaml"
$sleeper
env: {V: one}
YAML
sed 's/V: one/V: two/' "$work/one.yaml" >"$work/two.yaml"
sed 's/V: one/V: three/; s/^replicas: 1/replicas: 2/' "$work/one.yaml" >"$work/three.yaml"

env_value() {
    kube get deployment web -o 'jsonpath={.spec.template.spec.containers[0].env[?(@.name=="V")].value}'
}

ok kranix deploy -f "$work/one.yaml" --wait=180s
fails 1 kranix rollback web -n "$ns"
has "$err" 'no earlier revision'
ok kranix deploy -f "$work/two.yaml" --wait=180s
ok kranix deploy -f "$work/three.yaml" --wait=180s
ok kranix history web -n "$ns" -o json
json '[.[].revision] | join(" ")' '3 2 1'
json '[.[] | select(.current) | .revision] | join(" ")' 3
json '[.[].spec.env.V] | join(" ")' 'three two one'

# the one before, with its count of replicas
ok kranix rollback web -n "$ns"
same "value" "$(env_value)" two
same "replicas" "$(kube get deployment web -o 'jsonpath={.spec.replicas}')" 1
ok kranix history web -n "$ns" -o json
json '[.[] | select(.current) | [.revision, .spec.env.V] | map(tostring) | join(" ")] | join(",")' '4 two'
ok kranix status web -n "$ns" -o json
json .spec.env.V two

# a certain one
ok kranix rollback web --to 1 -n "$ns"
same "value" "$(env_value)" one
fails 3 kranix rollback web --to 77 -n "$ns"
has "$err" 'no revision 77'

# what kubectl changed is undone, too
kube set env deployment/web V=four >"$out" 2>"$err" || fail "kubectl set env"
wait_for 30 "the next revision" sh -c "$KRX_KUBECTL --kubeconfig $KRX_KUBECONFIG -n $ns get deployment web -o json | jq -e '.metadata.annotations[\"deployment.kubernetes.io/revision\"] == \"6\"'"
ok kranix rollback web -n "$ns"
same "value" "$(env_value)" one

# a failed update is rolled back (without a readiness probe its first moment would count as ready)
sed 's/^command:.*/command: [sh, -c, "exit 1"]/' "$work/two.yaml" >"$work/bad.yaml"
echo 'probes: {readiness: {type: tcp, port: 8099, periodSeconds: 1}}' >>"$work/bad.yaml"
fails 5 kranix deploy -f "$work/bad.yaml" --wait=5s
ok kranix rollback web -n "$ns" --wait=180s
has "$out" '^web Running, 1 of 1 ready'
same "value" "$(env_value)" one
ok kranix status web -n "$ns" -o json
json '"\(.state) \(.readyReplicas)"' 'Running 1'

fails 3 kranix history nothing -n "$ns"
fails 3 kranix rollback nothing -n "$ns"
