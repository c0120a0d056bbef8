#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each network mode is what it says, and nothing of any stays when its containers are gone.
. "$(dirname "$0")/../functions.sh"
requires oci
needs_tool curl
setup

# on NETWORK NAME <more YAML
on() {
    local network=$1 name=$2
    {
        printf 'network: %s\n%s\n' "$network" "$sleeper"
        cat
    } | spec "$name" 1 >"$work/$name.yaml"
    ok kranix deploy -f "$work/$name.yaml" --wait=60s
}

in_it() { ok kranix exec "$1" -n "$ns" -- "${@:2}"; }

ip_of() { kranix status "$1" -n "$ns" -o json | jq -r '.instances[0].ip'; }

# bridge: addresses that reach each other, this machine, and what is beyond it
on bridge one <<'YAML'
extraHosts: ["db:192.0.2.7", "machine:host-gateway"]
YAML
on bridge two </dev/null
one=$(ip_of one)
two=$(ip_of two)
[ "$one" != "$two" ] || fail "both have the address $one"
has <(printf '%s\n' "$one" "$two") '^10\.89\.0\.'
in_it one ip -o addr
has "$out" " lo .*127\.0\.0\.1/8"
has "$out" " eth0 .*$one/16"
in_it one ping -c 1 -W 5 "$two"
in_it one ping -c 1 -W 5 192.0.2.2
in_it one cat /etc/hosts
has "$out" '^127\.0\.0\.1[[:space:]]+localhost'
has "$out" "^${one}[[:space:]]+([a-z0-9-]+\.)?one-1"
has "$out" '^192\.0\.2\.7[[:space:]]+db'
has "$out" '^10\.89\.0\.1[[:space:]]+machine'
in_it one cat /etc/hostname
has "$out" '^([a-z0-9-]+\.)?one-1$'
in_it one hostname
has "$out" '^([a-z0-9-]+\.)?one-1$'
in_it one cat /etc/resolv.conf
same "name servers" "$(grep '^nameserver' "$out")" \
    "$(grep '^nameserver' /etc/resolv.conf | grep -vE 'nameserver (127\.|::1)')"
iptables-save >"$work/rules"
has "$work/rules" '-A POSTROUTING -s 10\.89\.0\.0/16 .*-j MASQUERADE'

# one that is started again by its policy is reached as before, whichever runtime it has
begun_again() { [ "$(oci_container "$again" | jq -r '.phase == "running" and .init[0] != '"$init")" = true ]; }
for runtime in $(oci_runtimes_here); do
    spec served 1 >"$work/served.yaml" <<YAML
runtime: $runtime
command: [sh, -c, 'mkdir -p /tmp/www; hostname >/tmp/www/name; exec httpd -f -p 80 -h /tmp/www']
restartPolicy: always
stopSignal: SIGKILL
YAML
    ok kranix deploy -f "$work/served.yaml" --wait=60s
    again=$(replicas served)
    init=$(oci_container "$again" | jq -r '.init[0]')
    kill -KILL "$init"
    wait_for 20 "$runtime to start it again" begun_again
    ip=$(ip_of served)
    wait_for 20 "an answer of $runtime's" curl -fsS --max-time 3 -o /dev/null "http://$ip/name"
    ok kranix destroy served -n "$ns"
done

# the bridge goes with its last container
ok kranix destroy one -n "$ns"
in_it two ip -o addr
has "$out" "$two/16"
ok kranix destroy two -n "$ns"
same "interfaces left" "$(ip -o link | grep -cE '(veth|krx|kri)[0-9a-f]')" 0
iptables-save >"$work/rules"
has_not "$work/rules" 10.89

# host: the machine's own
on host open </dev/null
in_it open ip -o addr
has "$out" ' 192\.0\.2\.2/24'
ok kranix destroy open -n "$ns"

# none: loopback only
on none alone </dev/null
in_it alone ip -o link
same "interfaces" "$(grep -c . "$out")" 1
has "$out" ' lo: '
ok kranix destroy alone -n "$ns"

# ns: one that is there already, which stays as it is
touch "$work/netns"
unshare --net="$work/netns" ip link set lo up || fail "could not make a network namespace"
cleanup umount "$work/netns"
nsenter --net="$work/netns" ip addr add 198.51.100.9/32 dev lo
on "ns:$work/netns" guest </dev/null
in_it guest ip -o addr
has "$out" ' 198\.51\.100\.9/32'
ok kranix destroy guest -n "$ns"
nsenter --net="$work/netns" ip -o addr >"$work/addresses"
has "$work/addresses" ' 198\.51\.100\.9/32'

# what makes no sense is told
refused() {
    printf 'network: %s\n%s\n' "$1" "$sleeper" | spec wrong 1 >"$work/wrong.yaml"
    run kranix deploy -f "$work/wrong.yaml" --wait=20s
    [ "$status" != 0 ] || fail "network $1 should be refused"
    has "$err" "$2"
    [ -z "${3:-}" ] || has "$err" "$3"
    ok kranix destroy wrong -n "$ns" --ignore-not-found
}
refused "ns:$work/config.yaml" 'is no network namespace'
refused "ns:$work/nowhere" 'nowhere.*No such file'
refused "bridges" 'network'

# a subnet that the machine has already
sed -i 's/^oci:/&\n  subnet: 192.0.2.0\/24/' "$work/config.yaml"
refused bridge 'subnet 192\.0\.2\.0/24 .*outside' 'hint: .*setting subnet'
nothing_left
