#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Hundreds of containers, half of them killed at random, and kranix killed -9 all the while: the list
# is true afterwards, restart policies were honoured, and destroy leaves nothing.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

total=${KRX_CHAOS_CONTAINERS:-200}
RANDOM=${KRX_CHAOS_SEED:-$((BASHPID % 32768))}
seed=$RANDOM
RANDOM=$seed
echo "seed $seed" >&2
groups=(always unless-stopped on-failure no)
per_workload=$((total / 20))
names=()

# interrupted VERB...: kranix, ended by force somewhere in its first 800 ms.
interrupted() {
    "$krx_bin" --state-dir "$work/kranix-state" "$@" >/dev/null 2>&1 </dev/null &
    local pid=$!
    sleep "0.$(printf '%02d' $((RANDOM % 80)))"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    return 0
}

# Five workloads for each policy; one of the five is on the bridge with a port that is published.
for policy in "${groups[@]}"; do
    for i in 1 2 3 4 5; do
        names+=("$policy-$i")
        {
            spec "$policy-$i" "$per_workload" <<YAML
command: [sh, -c, "trap 'exit 0' TERM; echo up; sleep 100000 & wait"]
stopGracePeriod: 5s
restartPolicy: "$policy"
YAML
            if [ "$i" = 1 ]; then
                echo 'network: bridge'
                echo 'ports: [{containerPort: 8080, hostPort: 0}]'
            else
                echo 'network: none'
            fi
        } >"$work/$policy-$i.yaml"
    done
done

# ------------------------------------------------------------------------------------------ deploy
for name in "${names[@]}"; do
    interrupted deploy -f "$work/$name.yaml"
done
for name in "${names[@]}"; do
    ok kranix deploy -f "$work/$name.yaml" --wait=4m --timeout 5m
done

instances() {
    kranix list -n "$ns" --instances -o json >"$work/instances" 2>"$err" </dev/null
}

# Ids of containers whose first process is there, told without kranix.
alive() {
    local file
    for file in "$oci_root"/containers/*/container.json; do
        [ -e "$file" ] || continue
        jq -r '"\(.id) \(.init[0] // 0)"' "$file"
    done | while read -r id pid; do
        [ "$pid" -gt 0 ] && grep -qsF "/$id" "/proc/$pid/cgroup" && echo "$id"
    done | sort
}

ok kranix list -n "$ns" --instances -o json
json length "$((per_workload * 20))"
json '[.[].state] | unique | join(",")' Running
same "processes that run" "$(alive | wc -l)" "$((per_workload * 20))"
# every published port is booked once and answers to one container
ok kranix list -n "$ns" --instances -o json
ports=$(jq -r '.[].ports // [] | .[]' <"$out" | sed 's/->.*//' | sort)
same "published ports" "$(wc -l <<<"$ports")" "$((per_workload * 4))"
same "ports that are booked twice" "$(uniq -d <<<"$ports")" ""

# ------------------------------------------------------------------------------------------- chaos
: >"$work/chaos"
(
    trap - EXIT
    while [ -e "$work/chaos" ]; do
        name=${names[RANDOM % ${#names[@]}]}
        case $((RANDOM % 5)) in
        0) interrupted list -n "$ns" --instances ;;
        1) interrupted status "$name" -n "$ns" ;;
        2) interrupted logs -f "$name" -n "$ns" ;;
        3) interrupted exec "$name" -n "$ns" -- sleep 5 ;;
        4) interrupted events -f -n "$ns" ;;
        esac
    done
) &
chaos=$!
cleanup eval "kill $chaos 2>/dev/null"

alive | shuf --random-source=<(yes "$seed") | head -n "$((per_workload * 10))" >"$work/victims"
same "victims" "$(wc -l <"$work/victims")" "$((per_workload * 10))"
while read -r id; do
    kill -KILL "$(oci_container "$id" | jq ".init[0]")"
done <"$work/victims"

# who was killed and whose policy starts it again runs again; the others have ended with 137
settled() {
    instances || return 1
    jq -r --arg victims "$(cat "$work/victims")" '
        ($victims | split("\n")) as $v |
        .[] | (.id as $id | $v | index($id)) as $hit |
        if $hit == null then select(.state != "Running" or .restarts != 0)
        elif (.workload | startswith("no-")) then
            select(.state == "Running" or .exitCode != 137 or .restarts != 0)
        else select(.state != "Running" or .restarts < 1) end |
        "\(.id) \(.state) \(.restarts) \(.exitCode)"' "$work/instances" >"$work/unsettled" &&
        [ ! -s "$work/unsettled" ]
}
wait_for 120 "restart policies to be honoured" settled
rm "$work/chaos"
wait "$chaos" 2>/dev/null

ok kranix list -n "$ns" --instances -o json
json length "$((per_workload * 20))"
jq -r '.[] | select(.state == "Running") | .id' <"$out" | sort >"$work/listed"
alive >"$work/alive"
diff "$work/listed" "$work/alive" >&2 || fail "the list says other than what runs"
same "conmons" "$(oci_left_here | grep -c '^process [0-9]* [^ ]*conmon')" "$(wc -l <"$work/alive")"

# stopped on purpose stays stopped, also when the one that asked is killed in the middle
interrupted stop unless-stopped-2 always-2 -n "$ns"
ok kranix stop unless-stopped-2 always-2 -n "$ns"
ok kranix list -n "$ns" --instances -o json
json '[.[] | select(.workload == "unless-stopped-2" or .workload == "always-2") | .state] | unique | join(",")' Stopped

# ----------------------------------------------------------------------------------------- destroy
for name in "${names[@]}"; do
    interrupted destroy "$name" -n "$ns"
done
for name in "${names[@]}"; do
    ok kranix destroy "$name" -n "$ns" --ignore-not-found --timeout 3m
done
ok kranix list -n "$ns" --instances -o json
json length 0
nothing_left
same "firewall rules left" "$(iptables-save | grep -E -- '-A CNI-(DN|SN)|--dport|10\.89\.' || true)" ""
no_zombies() {
    # of this test: zombies have no command line, but still a parent, a name and an environment gone
    ! grep -lE '^[0-9]+ \((conmon|crun|runc|runsc|kranix-oci-keep)[^)]*\) Z' /proc/[0-9]*/stat 2>/dev/null
}
wait_for 20 "zombies to go" no_zombies
