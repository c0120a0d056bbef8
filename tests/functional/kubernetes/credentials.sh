#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Credentials that do not do: expired, of another authority, without the rights. Each refusal says
# what is missing, and what it says is true: granting just that is enough.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

# as NAME ARGUMENT...: kranix with the kubeconfig of that name.
as() {
    local name=$1
    shift
    KUBECONFIG=$work/$name.kubeconfig kranix "$@"
}

# variant NAME FILTER ARGUMENT...: the administrator's kubeconfig, changed by jq.
variant() {
    local name=$1 filter=$2
    shift 2
    kubectl config view --raw --minify --flatten -o json | jq "$@" "$filter" \
        >"$work/$name.kubeconfig" || fail "no kubeconfig for $name"
    chmod 600 "$work/$name.kubeconfig"
}

# with_token NAME TOKEN
with_token() {
    # shellcheck disable=SC2016
    variant "$1" '.users[0].user = {token: $token}' --arg token "$2"
}

base64url() {
    base64 -w0 | tr '+/' '-_' | tr -d '='
}

# token_until EXPIRY: a token of the namespace's default account, as the cluster itself would sign it.
token_until() {
    local account claims
    account=$(kube get serviceaccount default -o json) || fail "no account"
    claims=$(jq -nc --argjson account "$account" --argjson until "$1" '
        {iss: "https://kubernetes.default.svc", aud: ["https://kubernetes.default.svc"],
         iat: ($until - 3600), nbf: ($until - 3600), exp: $until,
         sub: "system:serviceaccount:\($account.metadata.namespace):default",
         "kubernetes.io": {namespace: $account.metadata.namespace, serviceaccount:
            {name: "default", uid: $account.metadata.uid}}}' | base64url)
    claims=$(printf '{"alg":"RS256"}' | base64url).$claims
    printf '%s.%s' "$claims" \
        "$(printf '%s' "$claims" | openssl dgst -sha256 -sign "$KRX_KUBE_PKI/accounts.key" | base64url)"
}

spec refused 1 >"$work/spec.yaml" <<YAML
$sleeper
stopGracePeriod: 1s
YAML
printf -v now '%(%s)T' -1

# ------------------------------------------------------------------------------------------ expired

if [ -n "${KRX_KUBE_PKI:-}" ]; then
    kube create rolebinding everything --clusterrole=admin --serviceaccount="$ns:default" \
        >"$out" 2>"$err" || fail "rolebinding"
    with_token fresh "$(token_until $((now + 1800)))"
    fails 3 as fresh status nothing -n "$ns" --backend kubernetes
    with_token expired "$(token_until $((now - 1800)))"
    fails 6 as expired deploy -f "$work/spec.yaml"
    has "$err" 'Unauthorized'
    has "$err" 'expired'
    fails 6 as expired status nothing -n "$ns" --backend kubernetes
    fails 6 as expired logs nothing -n "$ns" --backend kubernetes
    kube delete rolebinding everything >/dev/null
fi

# A token that is none at all never shows up in what is printed.
with_token invented not-a-token-at-all-xyzzy
fails 6 as invented -v deploy -f "$work/spec.yaml"
has_not "$err" xyzzy
has_not "$out" xyzzy

# ----------------------------------------------------------------------- another authority or name

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=other" -keyout "$work/other.key" \
    -out "$work/other.crt" 2>/dev/null || fail "openssl"
# shellcheck disable=SC2016
variant stranger '.clusters[0].cluster["certificate-authority-data"] = $ca' \
    --arg ca "$(base64 -w0 <"$work/other.crt")"
run as stranger deploy -f "$work/spec.yaml"
[ "$status" = 4 ] || [ "$status" = 6 ] || fail "a server of another authority: status $status"
has "$err" '[Cc]ertificate'
variant misnamed '.clusters[0].cluster["tls-server-name"] = "somewhere.example"'
run as misnamed deploy -f "$work/spec.yaml"
[ "$status" = 4 ] || [ "$status" = 6 ] || fail "a server of another name: status $status"
has "$err" '[Cc]ertificate|somewhere\.example'

# ------------------------------------------------------------------------------------------- rights

kube create serviceaccount poor >"$out" 2>"$err" || fail "serviceaccount"
token=$(kubectl create --raw "/api/v1/namespaces/$ns/serviceaccounts/poor/token" -f - \
    <<<'{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}' |
    jq -r .status.token) || fail "no token"
with_token poor "$token"
fails 6 as poor status refused -n "$ns" --backend kubernetes
has "$err" 'cannot (get|list) resource "[a-z]+"'

# grant: adds the rule that the last refusal asked for, and nothing else, to what poor may do.
granted=0
grant() {
    local rule kind
    rule=$(grep -oE 'rule \{.*\}' "$err" | head -n 1)
    kind=$(grep -oE 'bind a (Cluster)?Role to' "$err" | head -n 1)
    [ -n "$rule" ] || fail "the refusal does not say which rule is missing"
    case $kind in *Cluster*) kind=ClusterRole ;; *) kind=Role ;; esac
    granted=$((granted + 1))
    kubectl apply -f - >"$work/grant" 2>&1 <<YAML || fail "$rule is no rule: $(cat "$work/grant")"
apiVersion: rbac.authorization.k8s.io/v1
kind: $kind
metadata: {name: $ns-poor-$granted, namespace: $ns}
rules: [${rule#rule }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}Binding
metadata: {name: $ns-poor-$granted, namespace: $ns}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: $kind, name: $ns-poor-$granted}
subjects: [{kind: ServiceAccount, name: poor, namespace: $ns}]
YAML
}
forget_grants() {
    kubectl get clusterroles,clusterrolebindings -o name | grep "/$ns-poor-" |
        xargs -r "$KRX_KUBECTL" --kubeconfig "$KRX_KUBECONFIG" delete >/dev/null 2>&1
}
cleanup forget_grants

# granting COMMAND...: until it succeeds, each refusal earns what it asks for.
granting() {
    local last=""
    while :; do
        run as poor "$@"
        [ "$status" != 0 ] || return 0
        same "status of '$*' without a right" "$status" 6
        [ "$(cat "$err")" != "$last" ] || fail "what '$*' asks for is not what it needs"
        last=$(cat "$err")
        grant
        [ "$granted" -lt 30 ] || fail "there is no end to what '$*' asks for"
        # The authorizer learns of new rules by a watch.
        wait_for 20 "the new rule" may "$@"
    done
}

# The refusal is another one now, or none.
may() {
    cp "$err" "$work/before"
    ! as poor "$@" >"$work/may.out" 2>"$work/may.err" </dev/null || return 0
    ! cmp -s "$work/before" "$work/may.err"
}

granting deploy -f "$work/spec.yaml" --wait=180s
granting status refused -n "$ns" --backend kubernetes
granting list -n "$ns" --backend kubernetes
granting logs refused -n "$ns" --backend kubernetes
has "$out" up
granting destroy refused -n "$ns" --backend kubernetes --ignore-not-found
same "what is left" "$(kube get deployments,replicasets -o name)" ""
[ "$granted" -gt 3 ] || fail "only $granted rights were asked for"
