#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# networkBandwidth is what a transfer gets, in both directions, and nothing of it is left.
. "$(dirname "$0")/../functions.sh"
requires oci
needs_tool tc
needs_tool curl
setup

bytes=5000000

# limited MBIT: a container that serves a file of that size, with that limit (0: none)
limited() {
    local limits=""
    [ "$1" = 0 ] || limits="networkBandwidth: {egressLimit: ${1}Mbit, ingressLimit: ${1}Mbit}"
    spec web 1 >"$work/web.yaml" <<YAML
command:
  - sh
  - -c
  - mkdir -p /srv/www && dd if=/dev/zero of=/srv/www/file bs=$bytes count=1 && exec httpd -f -p 80 -h /srv/www
stopSignal: SIGKILL
$limits
YAML
    ok kranix deploy -f "$work/web.yaml" --wait=60s
    ok kranix status web -n "$ns" -o json
    ip=$(jq -r '.instances[0].ip' "$out")
    wait_for 20 "the container to serve" curl -fsS -o /dev/null --max-time 20 "http://$ip/file"
}

# rate COMMAND...: what it moved, in kbit/s
rate() {
    local from=$EPOCHREALTIME to
    ok "$@"
    to=$EPOCHREALTIME
    measured=$((bytes * 8 * 1000 / (${to/./} - ${from/./})))
    printf '%s kbit/s: %s\n' "$measured" "$*" >&2
}

out_of() { rate curl -fsS -o /dev/null --max-time 60 "http://$ip/file"; }
into() { rate kranix exec web -n "$ns" -- wget -q -O /dev/null "http://192.0.2.2:8088/file"; }

# Between half of the limit and a third more.
within() {
    [ "$measured" -ge $(($1 * 500)) ] || fail "$2: $measured kbit/s is under half of $1 Mbit/s"
    [ "$measured" -le $(($1 * 1300)) ] || fail "$2: $measured kbit/s is over $1 Mbit/s"
}

mkdir "$work/www"
head -c "$bytes" /dev/zero >"$work/www/file"
busybox httpd -f -p 192.0.2.2:8088 -h "$work/www" &
cleanup kill $!

limited 10
out_of
within 10 "out of the container"
into
within 10 "into the container"
same "buckets" "$(tc qdisc | grep -c 'qdisc tbf')" 2

first=$(replicas web)
limited 20
out_of
within 20 "out of the container, changed"
into
within 20 "into the container, changed"

limited 0
same "the container" "$(replicas web)" "$first"
same "buckets without a limit" "$(tc qdisc | grep -c 'qdisc tbf')" 0
out_of
[ "$measured" -gt 40000 ] || fail "without a limit only $measured kbit/s go out"
into
[ "$measured" -gt 40000 ] || fail "without a limit only $measured kbit/s come in"

limited 10
ok kranix destroy web -n "$ns"
same "interfaces left" "$(ip -o link | grep -cE '(ifb|kri|krx|veth)[0-9a-f]')" 0
nothing_left
