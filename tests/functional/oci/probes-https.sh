#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A probe by HTTPS asks a real TLS server inside of the container, whoever signed its certificate and
# whatever name it is for; a server without TLS does not pass.
. "$(dirname "$0")/../functions.sh"
requires oci
needs_tool curl
needs_tool openssl
setup

mkdir "$work/cert"
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=somebody.else.invalid \
    -keyout "$work/cert/key.pem" -out "$work/cert/cert.pem" 2>/dev/null || fail "making a certificate"

# served NAME RUNTIME PATH COMMAND...: the machine's own programs, in a container
served() {
    local name=$1 runtime=$2 path=$3 folder
    shift 3
    {
        printf 'runtime: %s\ncommand: %s\nworkingDir: /cert\nstopSignal: SIGKILL\nmounts:\n' "$runtime" \
            "$(printf '%s\n' "$@" | jq -Rnc '[inputs]')"
        for folder in /usr /lib /lib64; do
            [ ! -e "$folder" ] || printf '  - {type: bind, source: %s, target: %s, readOnly: true}\n' "$folder" "$folder"
        done
        printf '  - {type: bind, source: %s, target: /cert, readOnly: true}\n' "$work/cert"
        printf 'probes: {readiness: {type: http, scheme: HTTPS, path: %s, port: 8443, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 3}}\n' "$path"
    } | spec "$name" 1 >"$work/$name.yaml"
}
health() { oci_container "$(replicas "$1")" | jq -r .health; }
unhealthy() { [ "$(health "$1")" = unhealthy ]; }

tls=("$(command -v openssl)" s_server -quiet -accept 8443 -cert /cert/cert.pem -key /cert/key.pem)
for runtime in $(oci_runtimes_here); do
    served secure "$runtime" / "${tls[@]}" -www
    ok kranix deploy -f "$work/secure.yaml" --wait=60s
    same "$runtime: health behind TLS" "$(health secure)" healthy
    ok kranix destroy secure -n "$ns"

    served plain "$runtime" / httpd -f -p 8443 -h /cert
    ok kranix deploy -f "$work/plain.yaml"
    wait_for 30 "$runtime: a server without TLS to fail" unhealthy plain
    ok kranix destroy plain -n "$ns"
done
nothing_left
