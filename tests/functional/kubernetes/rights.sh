#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Role in examples/ is enough for a workload's whole life within a namespace, and what it does
# not allow is an error that names the right.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup
needs_tool base64
examples=$tests_dir/../examples

ok kubectl apply --dry-run=server -f "$examples/rbac/cluster-role.yaml"
ok kube apply -f "$examples/rbac/role.yaml"
ok kube create serviceaccount worker
ok kube create rolebinding worker --role kranix --serviceaccount "$ns:worker"

# Servers before 1.24 keep a token of each account; later ones hand one out when asked.
account_token() {
    local secret
    secret=$(kube get serviceaccount worker -o 'jsonpath={.secrets[0].name}')
    if [ -n "$secret" ]; then
        token=$(kube get secret "$secret" -o 'jsonpath={.data.token}' | base64 -d)
    else
        token=$(kube create token worker 2>/dev/null)
    fi
    [ -n "$token" ]
}
wait_for 60 "the token of the account" account_token
server=$(kubectl config view --minify -o 'jsonpath={.clusters[0].cluster.server}')
authority=$(kubectl config view --minify --raw -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}')
file=$(kubectl config view --minify --raw -o 'jsonpath={.clusters[0].cluster.certificate-authority}')
cat >"$KUBECONFIG" <<YAML
apiVersion: v1
kind: Config
current-context: worker
clusters:
- name: c
  cluster: {server: "$server", ${authority:+certificate-authority-data: "$authority"}${file:+certificate-authority: "$file"}}
users: [{name: worker, user: {token: "$token"}}]
contexts: [{name: worker, context: {cluster: c, user: worker, namespace: $ns}}]
YAML

spec web 1 >"$work/web.yaml" <<YAML
$sleeper
ports: [{containerPort: 80}]
volumes: [{name: data, size: 1Mi, accessMode: ReadWriteMany, autoCleanup: true}]
crossNamespaceTraffic: {enabled: true}
autoScaling: {enabled: true, maxReplicas: 2}
YAML
on=(--backend kubernetes -n "$ns")
ok kranix deploy -f "$work/web.yaml" --dry-run
ok kranix deploy -f "$work/web.yaml" --wait
ok kranix status web "${on[@]}"
ok kranix list "${on[@]}"
ok kranix logs web "${on[@]}"
has "$out" up
ok kranix manifest web "${on[@]}"
ok kranix restart web "${on[@]}"
ok kranix stop web "${on[@]}"
ok kranix start web "${on[@]}"
ok kranix volumes list "${on[@]}"
ok kranix destroy web "${on[@]}"
ok kube get all,pvc,networkpolicy,hpa -l managed-by=kranix -o name
same "what is left" "$(grep -v '^pod/' "$out")" ""

# Beyond the namespace it says which right is missing.
run kranix nodes list --backend kubernetes
[ "$status" != 0 ] || fail "nodes were listed without the right"
has "$err" 'list.*nodes|nodes.*list'
run kranix backends setup kubernetes
[ "$status" != 0 ] || fail "setup went through without the right"
has "$err" 'priorityclasses'
