#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Figures of pods from the kubelets' summaries, with the source named; who may not read them is told
# what is missing.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

spec busy 1 >"$work/busy.yaml" <<'EOF'
command: [sh, -c, 'trap exit TERM; while :; do :; done']
resources: {cpuLimit: 200m, memoryLimit: 32Mi}
EOF
spec idle 2 <<<"$sleeper" >"$work/idle.yaml"
ok kranix deploy -f "$work/busy.yaml" --wait
ok kranix deploy -f "$work/idle.yaml" --wait

measured() {
    kranix stats busy -n "$ns" --no-stream -o json |
        jq -e '.[0] | .cpuCores > 0 and .cpuTotalNanoseconds > 0 and .memoryBytes > 0'
}
wait_for 90 "figures of a busy pod" measured
ok kranix stats busy -n "$ns" --no-stream -o json
json 'length' 1
json '.[0].source' kubelet
json '.[0].workload' busy
json '.[0].memoryLimitBytes' 33554432
ok kranix stats idle -n "$ns" --no-stream -o json
json 'length' 2
fails 3 kranix stats nothing -n "$ns" --no-stream

# Somebody who may see pods and no more.
kube create serviceaccount viewer >"$out" 2>"$err" || fail "account"
kube create rolebinding viewer --clusterrole=view --serviceaccount="$ns:viewer" >"$out" 2>"$err" ||
    fail "binding"
secret_of() {
    kube get serviceaccount viewer -o 'jsonpath={.secrets[0].name}' | grep .
}
wait_for 30 "the token of an account" secret_of
token=$(kube get secret "$(secret_of)" -o 'jsonpath={.data.token}' | base64 -d)
cp "$KUBECONFIG" "$work/viewer"
viewer_config() {
    "$KRX_KUBECTL" --kubeconfig "$work/viewer" config "$@" >"$out" 2>"$err" || fail "config $*"
}
viewer_config set-credentials viewer --token="$token"
viewer_config set-context --current --user=viewer
export KUBECONFIG=$work/viewer
run kranix stats busy -n "$ns" --no-stream
export KUBECONFIG=$work/kubeconfig
[ "$status" != 0 ] || fail "figures without the right to read them"
has "$err" "nodes/proxy"
ok kranix destroy busy idle -n "$ns"
