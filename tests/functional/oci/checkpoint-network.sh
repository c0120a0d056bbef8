#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On the bridge: what is frozen is served again, also under another name and with a connection
# inside of it; who gives up while it is frozen leaves it running.
. "$(dirname "$0")/../functions.sh"
requires oci
# shellcheck source=../../env/criu.sh
. "$tests_dir/env/criu.sh"
criu=$(criu_find) || skip oci "no CRIU that works here: $criu"
setup
KRX_OCI_RUNTIME=runc write_oci_config
printf '  criu_path: %s\n' "$criu" >>"$KRANIX_CONFIG"

count() {
    kranix exec "$1" -n "$ns" -- cat /count 2>/dev/null
}

at_least() {
    local now
    now=$(count "$1")
    [ "${now:-0}" -ge "$2" ]
}

served() {
    busybox wget -q -O "$work/page" http://127.0.0.1:18094/count && [ "$(cat "$work/page")" -ge "$1" ]
}

# A server, and a counter that tells its count over a connection.
spec web 1 >"$work/web.yaml" <<'YAML'
network: bridge
ports: [{containerPort: 8080, hostPort: 18094}]
command:
  - sh
  - -c
  - |
    httpd -p 8080 -h /
    sleep 100000 | nc -l -p 7000 >/got &
    sleep 1
    i=0
    while :; do i=$((i+1)); echo $i; tail -n 1 /got >/count.new; mv /count.new /count; sleep 0.05; done | nc 127.0.0.1 7000
YAML
ok kranix deploy -f "$work/web.yaml" --wait
wait_for 20 "the counter to be served" served 10

# given up: it runs on, wherever that was
for after in 0.05 0.15 0.3 0.6; do
    run timeout --signal INT "$after" kranix checkpoint web -n "$ns" --leave-running
    before=$(count web)
    wait_for 20 "it to go on after $after s" at_least web "$((before + 5))"
    ok kranix status web -n "$ns" -o json
    json .state Running
done

# its connections are kept when that is asked for; the port is there again
ok kranix checkpoint web -n "$ns" --tcp-established --export "$work/web.tar"
before=$(cat "$work/page")
ok kranix destroy web -n "$ns"
nothing_left
ok kranix restore web -n "$ns" --tcp-established
wait_for 20 "the port to be served again" served "$before"
ok kranix destroy web -n "$ns"
nothing_left
ok kranix restore --import "$work/web.tar" --name other -n "$ns" --tcp-established
wait_for 20 "the other to be served" served "$before"
ok kranix status other -n "$ns" -o json
json .state Running
ok kranix destroy other -n "$ns"
nothing_left
