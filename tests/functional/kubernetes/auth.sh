#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ways to log in to the real API server, and what is said when one does not work.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup
[ -n "${KRX_KUBE_TOKEN:-}" ] || skip kubernetes "a cluster with a token of its own"

server=$(kubectl config view --raw -o 'jsonpath={.clusters[0].cluster.server}')
ca=$(kubectl config view --raw -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}')
nodes=$(wc -w <<<"$KRX_KUBE_NODES")

# config CLUSTER USER: a kubeconfig whose cluster and user have these fields (YAML in flow style)
config() {
    (umask 077 && cat >"$KUBECONFIG") <<YAML
current-context: it
contexts: [{name: it, context: {cluster: c, user: u, namespace: $ns}}]
clusters: [{name: c, cluster: {server: "$server", $1}}]
users: [{name: u, user: {$2}}]
YAML
}
good_ca="certificate-authority-data: $ca"

works() {
    ok kranix nodes list -o json --backend kubernetes
    json length "$nodes"
}

# refused STATUS MESSAGE...: it ends with that status and says each of these (and no secret)
refused() {
    local status=$1
    shift
    fails "$status" kranix nodes list --backend kubernetes
    for text in "$@"; do has "$err" "$text"; done
    has_not "$err" "$KRX_KUBE_TOKEN"
}

# -- tokens
config "$good_ca" "token: $KRX_KUBE_TOKEN"
works
has_not "$err" 'certificate|read by'
config "$good_ca" "token: ${KRX_KUBE_TOKEN}x"
refused 6 Unauthorized
config "$good_ca" ""
refused 6 'anonymous|Unauthorized|nauthenticated'

# -- a token file, beside the kubeconfig, that changes
printf '%s\n' "${KRX_KUBE_TOKEN}x" >"$work/token"
config "$good_ca" "tokenFile: token"
refused 6 Unauthorized
printf '%s\n' "$KRX_KUBE_TOKEN" >"$work/token"
works
rm "$work/token"
refused 3 'the token file' 'No such file'

# -- plugins
cat >"$work/login" <<'SH'
#!/bin/sh
echo run >>"$RUNS"
jq -e '.spec.cluster.server == env.SERVER and .spec.interactive == false' >/dev/null <<X || exit 9
$KUBERNETES_EXEC_INFO
X
echo "asking nobody" >&2
printf '{"kind":"ExecCredential","apiVersion":"%s","status":{%s}}' "$1" "$STATUS"
SH
chmod 755 "$work/login"
export RUNS=$work/runs SERVER=$server STATUS="\"token\":\"$KRX_KUBE_TOKEN\""
for version in v1 v1beta1; do
    api=client.authentication.k8s.io/$version
    plugin="exec: {apiVersion: $api, command: ./login, args: [$api], provideClusterInfo: true,
        interactiveMode: IfAvailable, installHint: ask the moon}"
    config "$good_ca" "$plugin"
    works
    has "$err" 'asking nobody'
done
same "runs of the plugin" "$(wc -l <"$RUNS")" 2
admin=$KRX_KUBECONFIG
for part in certificate key; do
    data=$("$KRX_KUBECTL" --kubeconfig "$admin" config view --raw \
        -o "jsonpath={.users[0].user.client-$part-data}" | base64 -d | jq -Rs .)
    printf -v "client_$part" '%s' "$data"
done
export STATUS="\"clientCertificateData\":${client_certificate:-\"\"},\"clientKeyData\":${client_key:-\"\"}"
[ "$client_key" = '""' ] || works
export STATUS="\"token\":\"${KRX_KUBE_TOKEN}x\""
refused 6 Unauthorized
chmod 644 "$work/login"
refused 6 "the credential plugin .*/login"
config "$good_ca" "${plugin/.\/login/no-such-login}"
refused 6 "the credential plugin no-such-login, which user 'u' .* needs, is not installed" \
    'ask the moon'
config "$good_ca" "${plugin/IfAvailable/Always}"
refused 6 'asks questions' 'no terminal'

# -- who the server is
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/other.key" -out "$work/other.crt" \
    -subj /CN=other -days 1 >"$out" 2>"$err" || fail "openssl"
config "certificate-authority: other.crt" "token: $KRX_KUBE_TOKEN"
refused 4 'no TLS connection' 'check the CA certificate'
config "certificate-authority: none.crt" "token: $KRX_KUBE_TOKEN"
refused 2 "$KUBECONFIG:3:[0-9]+: clusters\[0\].cluster.certificate-authority" 'cannot be read'
config "insecure-skip-tls-verify: true" "token: $KRX_KUBE_TOKEN"
works
has "$err" "cluster 'c' is not checked"
chmod 644 "$KUBECONFIG"
works
has "$err" 'can be read by everybody'
rm "$KUBECONFIG"
config "$good_ca, tls-server-name: kubernetes.default" "token: $KRX_KUBE_TOKEN"
works
config "$good_ca, tls-server-name: other.example" "token: $KRX_KUBE_TOKEN"
refused 4 'no TLS connection'

# -- as somebody else, who may do less
config "$good_ca" "token: $KRX_KUBE_TOKEN, as: jane, as-groups: ['system:authenticated']"
refused 6 'jane' 'nodes' 'verbs: \["list"\]'

# -- a token that has expired
base64url() {
    base64 -w0 | tr '+/' '-_' | tr -d =
}
key=${KRX_RUN_DIR:-/nonexistent}/kubernetes/pki/accounts.key
if [ -r "$key" ]; then
    then=$(($(date +%s) - 60))
    body=$(printf '{"alg":"RS256"}' | base64url).$(printf '{"iss":"https://kubernetes.default.svc","aud":["https://kubernetes.default.svc"],"iat":%s,"nbf":%s,"exp":%s,"sub":"system:serviceaccount:%s:default","kubernetes.io":{"namespace":"%s","serviceaccount":{"name":"default","uid":"%s"}}}' \
        $((then - 600)) $((then - 600)) "$then" "$ns" "$ns" \
        "$(kube get serviceaccount default -o 'jsonpath={.metadata.uid}')" | base64url)
    token=$body.$(printf %s "$body" | openssl dgst -sha256 -sign "$key" -binary | base64url)
    config "$good_ca" "token: $token"
    refused 6 Unauthorized
    has_not "$err" "${token:0:40}"
fi

# -- contexts
config "$good_ca" "token: $KRX_KUBE_TOKEN"
sed -i 's/current-context: it/current-context: gone/' "$KUBECONFIG"
refused 2 "context 'gone' does not exist in .*; there are: it"
export KUBECONFIG=$work/none
refused 4 'there is no Kubernetes configuration'
exit 0
