#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The conformance kit on the installed kubernetes module and a real cluster: all ok, nothing skipped.
# It drains a node, so the cluster is one of its own.
. "$(dirname "$0")/../functions.sh"
requires_own kubernetes
setup

kit=${KRX_CONFORMANCE:-$(dirname "$krx_bin")/kranix-conformance}
[ -x "$kit" ] || fail "$kit is not there"
module=${KRX_CONFORMANCE_KUBERNETES:-$krx_modules/kranix-module-kubernetes.so}
cat >"$work/hole.yaml" <<'YAML'
apiVersion: v1
kind: Config
clusters: [{name: hole, cluster: {server: "http://127.0.0.1:47111"}}]
users: [{name: nobody, user: {}}]
contexts: [{name: hole, context: {cluster: hole, user: nobody}}]
current-context: hole
YAML
run "$kit" --setting "kubeconfig=$KUBECONFIG" --image busybox:kranix --namespace "$ns" \
    --blackhole-setting "kubeconfig=$work/hole.yaml@tcp://127.0.0.1:47111" \
    --node "${KRX_KUBE_NODES##* }" --prompt 10s --wait 2m --timeout 13m --jobs 6 "$module"
cat "$out"
[ "$status" = 0 ] || fail "the kit ended with $status"
has "$out" '^1\.\.[0-9]+'
has "$out" '^ok 1'
has "$out" '^ok [0-9]+ - node/drain '
has "$out" '^ok [0-9]+ - extended/rollback '
has "$out" '^ok [0-9]+ - manifest/spec '
has_not "$out" '^not ok'
has_not "$out" '# SKIP'
