#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# port-forward without an engine: to a port that is not published, also of a container whose
# network nothing leads to.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

served() { busybox wget -q -O - http://127.0.0.1:18080/ 2>/dev/null | grep -q "^served by $1"; }

for network in bridge none; do
    spec $network 1 <<YAML >"$work/$network.yaml"
network: $network
command: [sh, -c, 'mkdir /www; echo served by $network >/www/index.html; exec httpd -f -p 8080 -h /www']
YAML
    ok kranix deploy -f "$work/$network.yaml" --wait=60s
    env --default-signal=INT "$krx_bin" port-forward $network 18080:8080 -n "$ns" >"$work/forward" 2>&1 </dev/null &
    forwarder=$!
    cleanup kill "$forwarder"
    wait_for 20 "an answer through the forwarded port" served $network
    served $network || fail "only one connection was forwarded"
    kill -INT "$forwarder"
    wait "$forwarder"
    ok kranix destroy $network -n "$ns"
done
fails 3 kranix port-forward nobody 18080:8080 -n "$ns"
nothing_left
