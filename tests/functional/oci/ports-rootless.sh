#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Without root a process of the user's speaks for each container, and ends with it.
. "$(dirname "$0")/../functions.sh"
requires oci
needs_tool curl
as_made_up_user
setup

get() { curl -fsS --max-time 3 "$@"; }

spec site 2 >"$work/site.yaml" <<'YAML'
command: [httpd, -f, -p, "80", -h, /etc]
stopSignal: SIGKILL
ports: [{containerPort: 80, hostPort: 0}]
YAML
ok as_user "$krx_bin" --state-dir "$work/kranix-state" deploy -f "$work/site.yaml" --wait=60s
ok as_user "$krx_bin" --state-dir "$work/kranix-state" status site -n "$ns" -o json
ports=$(jq -r '.instances[].ports[]' "$out" | sed -E 's/.*:([0-9]+)->.*/\1/' | sort -u)
same "ports" "$(wc -l <<<"$ports")" 2
for port in $ports; do
    wait_for 20 "port $port to answer" get -o /dev/null "http://192.0.2.2:$port/hostname"
done

# a port that only root may have
sed -e 's/^name: site/name: low/' -e 's/hostPort: 0/hostPort: 80/' -e 's/^replicas: 2/replicas: 1/' \
    "$work/site.yaml" >"$work/low.yaml"
run as_user "$krx_bin" --state-dir "$work/kranix-state" deploy -f "$work/low.yaml" --wait=20s
[ "$status" != 0 ] || fail "port 80 should be refused"
has "$err" 'port 80/tcp.*Permission denied'
has "$err" 'hint: .*ip_unprivileged_port_start'
ok as_user "$krx_bin" --state-dir "$work/kranix-state" destroy low -n "$ns" --ignore-not-found

ok as_user "$krx_bin" --state-dir "$work/kranix-state" destroy site -n "$ns"
for port in $ports; do
    fails 7 get "http://192.0.2.2:$port/hostname"
done
nothing_left
