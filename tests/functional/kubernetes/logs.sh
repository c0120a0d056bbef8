#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Logs of all pods or one, of the run before, of jobs; and -f across restarts and replaced pods.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

spec talk 2 >"$work/talk.yaml" <<'YAML'
command: [sh, -c]
args:
  - |
    for i in 1 2 3 4 5 6 7 8; do echo "line $i"; done
    head -c 20000 /dev/zero | tr '\0' x; echo
    echo "to stderr" >&2
    trap exit TERM
    n=0
    while :; do echo "tick $n"; n=$((n + 1)); sleep 0.1; done
YAML
ok kranix deploy -f "$work/talk.yaml" --wait=120s
all_lines() { [ "$("$krx_bin" logs talk -n "$ns" 2>/dev/null | grep -c 'to stderr')" = 2 ]; }
wait_for 20 "the lines of both pods" all_lines

ok kranix logs talk -n "$ns"
same "lines of two pods" "$(grep -c '\] line' "$out")" 16
same "pods" "$(sed -n 's/^\[\(.*\)\] line 1$/\1/p' "$out" | sort -u | wc -l)" 2
ok kranix logs talk -n "$ns" --replica 1
same "lines of one replica" "$(grep -c '^line' "$out")" 8
pod=$(kube get pods -o 'jsonpath={.items[0].metadata.name}')
ok kranix logs "$pod" -n "$ns"
same "lines of one pod" "$(grep -c '^line' "$out")" 8
ok kranix logs "$pod" -n "$ns" --tail 2
same "the tail" "$(wc -l <"$out")" 2
ok kranix logs "$pod" -n "$ns" --timestamps --tail 1
has "$out" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z tick [0-9]+$'
# the kubelet puts a time stamp inside lines that are longer than 16 KiB: it does not belong there
ok kranix logs "$pod" -n "$ns" --timestamps
has "$out" 'Z x{20000}$'
ok kranix logs "$pod" -n "$ns" --since 2091-01-01T00:00:00Z
same "since the future" "$(wc -c <"$out")" 0
fails 7 kranix logs talk -n "$ns" --stream stderr
has "$err" 'one log'
fails 3 kranix logs nobody -n "$ns"
fails 1 kranix logs talk -n "$ns" --previous
has "$err" 'no container was restarted'

# -f: one container is restarted, one pod is replaced; every line once and in order.
env --default-signal=INT "$krx_bin" --state-dir "$work/follow-state" logs talk -n "$ns" -f --tail 1 >"$work/follow" 2>"$work/follow.err" </dev/null &
follower=$!
cleanup kill "$follower"
ticks_of() { grep -cE "^\[$1\] tick" "$work/follow"; }
more_than() { [ "$(ticks_of "$1")" -gt "$2" ]; }
read -ra pods <<<"$(kube get pods -o 'jsonpath={.items[*].metadata.name}')"
wait_for 20 "ticks of the first pod" more_than "${pods[0]}" 5
wait_for 20 "ticks of the second pod" more_than "${pods[1]}" 5
ok kube exec "${pods[0]}" -- kill -TERM 1
restarted() { grep -qE "^\[${pods[0]}\] tick 0$" "$work/follow"; }
wait_for 60 "ticks of the second run" restarted
ok kube delete pod "${pods[1]}" --wait=false
third_pod() { [ "$(sed -n 's/^\[\([^]]*\)\] tick .*/\1/p' "$work/follow" | sort -u | wc -l)" = 3 ]; }
wait_for 60 "a third pod in the log" third_pod
third=$(sed -n 's/^\[\([^]]*\)\] tick .*/\1/p' "$work/follow" | sort -u | grep -vxF -e "${pods[0]}" -e "${pods[1]}")
wait_for 20 "ticks of the third pod" more_than "$third" 5
kill -0 "$follower" 2>/dev/null || fail "logs -f ended by itself: $(cat "$work/follow.err")"
kill -INT "$follower"
wait "$follower"
same "status of an interrupted logs -f" "$?" 130
has "$work/follow" "^\[$third\] line 1$"

# in_order FILE: each pod's ticks rise by one, or begin again at 0.
in_order() {
    sed -n 's/^\[\([^]]*\)\] tick \([0-9]*\)$/\1 \2/p' "$1" | awk '
        $1 in last && $2 != last[$1] + 1 && $2 != 0 { print "after tick " last[$1] " of " $1 " came " $2; bad = 1 }
        { last[$1] = $2 } END { exit bad }'
}
in_order "$work/follow" >"$work/order" || fail "lines were lost or repeated: $(cat "$work/order")"

ok kranix logs "${pods[0]}" -n "$ns" --previous
has "$out" '^line 8$'

# -f of a workload that goes away ends
env --default-signal=INT "$krx_bin" --state-dir "$work/follow-state" logs talk -n "$ns" -f --tail 0 >"$work/follow2" 2>"$work/follow.err" </dev/null &
follower=$!
wait_for 20 "the second follower's ticks" grep -q tick "$work/follow2"
ok kranix destroy talk -n "$ns"
ended() { ! kill -0 "$follower" 2>/dev/null; }
wait_for 60 "the end of logs -f" ended
wait "$follower"
same "status of logs -f of what was destroyed" "$?" 0
