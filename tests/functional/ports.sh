#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A published port answers, one that is taken is told, and replicas that would collide are refused.
. "$(dirname "$0")/functions.sh"
requires docker
setup

serve() { spec "$1" "$2" >"$work/$1.yaml" <<YAML
command: [httpd, -f, -p, "80", -h, /etc]
stopSignal: SIGKILL
ports: [{containerPort: 80, hostPort: $3, hostIp: 127.0.0.1}]
YAML
}
serve site 1 18080
ok kranix deploy -f "$work/site.yaml" --wait=180s
wait_for 20 "the port to answer" inside curl -fsS --max-time 2 http://127.0.0.1:18080/passwd
ok kranix list --instances -n "$ns" -o json
json '.[0].ports[0]' "127.0.0.1:18080->80/tcp"

serve second 1 18080
run kranix deploy -f "$work/second.yaml" --wait=60s
[ "$status" != 0 ] || fail "a port that is taken should fail"
has "$err" 18080
has "$err" 'hint: .*choose another hostPort'
inside curl -fsS --max-time 2 http://127.0.0.1:18080/passwd >/dev/null || fail "the first lost its port"
run kranix destroy second -n "$ns" --ignore-not-found
ok kranix destroy site -n "$ns"
fails 7 inside curl -fsS --max-time 2 http://127.0.0.1:18080/passwd
