#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Namespaces: taken from the spec and remembered, made when missing and allowed, the context's own
# when nobody names one; same names in two of them do not meet.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

printf 'name: web\nnamespace: %s-a\nimage: busybox:kranix\nbackend: kubernetes\n%s\n' "$ns" "$sleeper" >"$work/a.yaml"
sed "s/^namespace:.*/namespace: $ns-b/" "$work/a.yaml" >"$work/b.yaml"
sed '/^namespace:/d' "$work/a.yaml" >"$work/none.yaml"

# made when missing, and marked as made by us
ok kranix deploy -f "$work/a.yaml" --wait=180s
same "label" "$(kubectl get namespace "$ns-a" -o json | jq -r '.metadata.labels["managed-by"]')" kranix

# remembered: nobody has to name it again
ok kranix status web -o json
json .namespace "$ns-a"
ok kranix restart web
ok kranix history web -o json
ok kranix deploy -f "$work/b.yaml" --wait=180s
ok kranix status web -o json
json .namespace "$ns-b"
ok kranix status web -n "$ns-a" -o json
json .namespace "$ns-a"
ok kranix list -A -o json
json "[.[] | select(.name == \"web\" and (.namespace | startswith(\"$ns\"))) | .namespace] | sort | join(\" \")" "$ns-a $ns-b"
ok kranix destroy web --grace 1s
fails 3 kranix status web -n "$ns-b"
ok kranix status web -n "$ns-a"

# who looks in the wrong place is told the right one
fails 3 kranix status web -n "$ns"
has "$err" "no workload 'web' in namespace '$ns'"
ok kranix destroy web -n "$ns-a" --grace 1s

# the context's namespace where nobody names one
kubectl config set-context --current --namespace="$ns" --kubeconfig "$KUBECONFIG" >"$out" 2>"$err" || fail "context"
ok kranix deploy -f "$work/none.yaml" --wait=180s
kube get deployment web >"$out" 2>"$err" || fail "it is not in the context's namespace"
ok kranix list -o json
json '[.[] | .namespace] | unique | join(" ")' "$ns"
printf 'runtime: {default_backend: kubernetes}\nkubernetes: {default_namespace: %s-c}\n' "$ns" >"$work/c.yaml"
ok kranix --config "$work/c.yaml" deploy -f "$work/none.yaml"
kubectl get deployment web -n "$ns-c" >"$out" 2>"$err" || fail "it is not in the configured namespace"

# who may not make namespaces is told so, and nothing is made
kubectl config view --raw --minify -o json --kubeconfig "$KUBECONFIG" |
    jq '.users[0].user.as = "nobody-in-particular"' >"$work/nobody.json"
kube create role maker --verb='*' --resource=deployments.apps,services,pods,events,cronjobs.batch >"$out" 2>"$err" || fail "role"
kube create rolebinding maker --role=maker --user=nobody-in-particular >"$out" 2>"$err" || fail "binding"
sed "s/^namespace:.*/namespace: $ns-never/" "$work/a.yaml" >"$work/never.yaml"
fails 6 env KUBECONFIG="$work/nobody.json" "$krx_bin" --state-dir "$work/other-state" deploy -f "$work/never.yaml"
kubectl get namespace "$ns-never" >"$out" 2>"$err" && fail "the namespace was created"
sed "s/^namespace:.*/namespace: $ns/; s/^name: web/name: mine/" "$work/a.yaml" >"$work/mine.yaml"
ok env KUBECONFIG="$work/nobody.json" "$krx_bin" --state-dir "$work/other-state" deploy -f "$work/mine.yaml" --wait=180s
has "$out" 'mine Running'
