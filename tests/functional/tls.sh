#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The engine over TCP with TLS: DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, and a context.
. "$(dirname "$0")/functions.sh"
requires docker
setup

secure() { DOCKER_HOST=$KRX_DOCKER_TLS_HOST DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$1 inside "$krx_bin" "${@:2}"; }

ok secure "$KRX_DOCKER_CERTS" backends --backend docker -o json
spec secret 1 <<<"$sleeper" >"$work/spec.yaml"
ok secure "$KRX_DOCKER_CERTS" deploy -f "$work/spec.yaml" --wait=180s
ok secure "$KRX_DOCKER_CERTS" exec secret -n "$ns" -- echo over tls
same "output" "$(cat "$out")" "over tls"
ok kranix status secret -n "$ns"

# Without a client certificate, and with a CA that did not sign the server.
mkdir "$work/none" "$work/wrong"
cp "$KRX_DOCKER_CERTS/ca.pem" "$work/none/"
run secure "$work/none" --backend docker status secret -n "$ns"
[ "$status" = 6 ] || fail "no client certificate: status $status"
cp "$KRX_DOCKER_CERTS"/*.pem "$work/wrong/"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=other" -keyout "$work/k"     -out "$work/wrong/ca.pem" 2>/dev/null
run secure "$work/wrong" --backend docker status secret -n "$ns"
[ "$status" = 4 ] || [ "$status" = 6 ] || fail "a server that the CA did not sign: status $status"
has "$err" '[Cc]ertificate|SSL|TLS'

# The same as a docker context.
engine context create far --docker "host=$KRX_DOCKER_TLS_HOST,ca=$KRX_DOCKER_CERTS/ca.pem,cert=$KRX_DOCKER_CERTS/cert.pem,key=$KRX_DOCKER_CERTS/key.pem"     >/dev/null 2>&1 || fail "docker context create"
in_context() { env -u DOCKER_HOST DOCKER_CONTEXT=far nsenter --net="$KRX_NETNS" "$krx_bin" "$@"; }
ok in_context status secret -n "$ns"
ok kranix destroy secret -n "$ns"
