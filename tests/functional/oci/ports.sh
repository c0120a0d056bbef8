#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Published ports answer, one that is taken is told, any free one is found, and none is given twice.
. "$(dirname "$0")/../functions.sh"
requires oci
needs_tool curl
setup

get() { curl -fsS --max-time 3 "$@"; }

# serve NAME REPLICAS PORTS
serve() {
    spec "$1" "$2" >"$work/$1.yaml" <<YAML
command: [httpd, -f, -p, "80", -h, /etc]
stopSignal: SIGKILL
ports: [$3]
YAML
}

# host_ports NAME: one a line
host_ports() {
    kranix status "$1" -n "$ns" -o json | jq -r '.instances[].ports[]' | sed -E 's/.*:([0-9]+)->.*/\1/'
}

# a fixed port, on one address only
serve site 1 '{containerPort: 80, hostPort: 18080, hostIp: 127.0.0.1}'
ok kranix deploy -f "$work/site.yaml" --wait=60s
wait_for 20 "the port to answer" get http://127.0.0.1:18080/hostname
fails 7 get http://192.0.2.2:18080/hostname
ok kranix list --instances -n "$ns" -o json
json '.[0].ports[0]' "127.0.0.1:18080->80/tcp"

# taken by one of ours, and by somebody else
serve second 1 '{containerPort: 80, hostPort: 18080}'
run kranix deploy -f "$work/second.yaml" --wait=20s
[ "$status" != 0 ] || fail "a port that is taken should fail"
has "$err" 18080
has "$err" 'site-1'
has "$err" 'hint: .*choose another hostPort'
get http://127.0.0.1:18080/hostname >/dev/null || fail "the first lost its port"
ok kranix destroy second -n "$ns" --ignore-not-found
busybox httpd -f -p 192.0.2.2:18081 -h / &
stranger=$!
cleanup kill "$stranger"
serve third 1 '{containerPort: 80, hostPort: 18081}'
wait_for 10 "the stranger to listen" get -o /dev/null http://192.0.2.2:18081/etc/hostname
run kranix deploy -f "$work/third.yaml" --wait=20s
[ "$status" != 0 ] || fail "a port that a stranger has should fail"
has "$err" "18081.*process $stranger "
has "$err" 'hint: .*choose another hostPort'
ok kranix destroy third -n "$ns" --ignore-not-found

# any free one, for each replica another; and from outside as well as from the machine
serve many 3 '{containerPort: 80, hostPort: 0}'
ok kranix deploy -f "$work/many.yaml" --wait=60s
same "ports" "$(host_ports many | sort -u | wc -l)" 3
for port in $(host_ports many); do
    wait_for 20 "port $port to answer" get "http://192.0.2.2:$port/hostname"
    wait_for 20 "port $port to answer" get "http://127.0.0.1:$port/hostname"
done
before=$(host_ports many | sort)
ok kranix stop many -n "$ns"
for port in $before; do
    fails 7 get "http://192.0.2.2:$port/hostname"
done
ok kranix start many -n "$ns"
same "ports after a restart" "$(host_ports many | sort)" "$before"

# two at once want the same
serve left 1 '{containerPort: 80, hostPort: 18090}'
serve right 1 '{containerPort: 80, hostPort: 18090}'
kranix deploy -f "$work/left.yaml" --wait=30s >"$work/left.out" 2>&1 &
left=$!
kranix deploy -f "$work/right.yaml" --wait=30s >"$work/right.out" 2>&1 &
right=$!
got=0
wait "$left" && got=$((got + 1))
wait "$right" && got=$((got + 1))
[ "$got" = 1 ] || fail "$got of two got port 18090: $(cat "$work/left.out" "$work/right.out")"
wait_for 20 "the port to answer" get http://192.0.2.2:18090/hostname

for name in site many left right; do
    ok kranix destroy "$name" -n "$ns" --ignore-not-found
done
fails 7 get http://127.0.0.1:18080/hostname
same "rules left" "$(iptables-save | grep -cE -- '--comment (kranix|.*dnat name)')" 0
same "bookings left" "$(ls "$oci_run_root/networks/ports")" ""
nothing_left
