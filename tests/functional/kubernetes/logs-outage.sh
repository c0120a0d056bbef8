#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# logs -f of several pods while the API server is stopped for 20 s: no line is lost or comes twice.
. "$(dirname "$0")/../functions.sh"
requires_own kubernetes
setup

spec talk 3 >"$work/talk.yaml" <<'YAML'
command: [sh, -c]
args: ['trap exit TERM; n=0; while :; do echo "tick $n"; n=$((n + 1)); sleep 0.05; done']
YAML
ok kranix deploy -f "$work/talk.yaml" --wait=120s
env --default-signal=INT "$krx_bin" --state-dir "$work/follow-state" logs talk -n "$ns" -f >"$work/follow" 2>"$work/follow.err" </dev/null &
follower=$!
stop_follower() { [ -z "$follower" ] || kill "$follower"; }
cleanup stop_follower
ticks() { sed -n 's/^\[\([^]]*\)\] tick .*/\1/p' "$work/follow" | sort | uniq -c | awk '{ print $1 }' | sort -n | head -n 1; }
more_than() { [ "$(sed -n 's/^\[\([^]]*\)\] tick .*/\1/p' "$work/follow" | sort -u | wc -l)" = 3 ] && [ "$(ticks)" -gt "$1" ]; }
wait_for 30 "ticks of all pods" more_than 20
cluster api-stop
sleep 20 # the outage itself
cluster api-start
before=$(ticks)
err=$work/follow.err
wait_for 90 "ticks after the outage" more_than $((before + 400))
kill -0 "$follower" 2>/dev/null || fail "logs -f ended: $(cat "$work/follow.err")"
kill -INT "$follower"
wait "$follower"
same "status of an interrupted logs -f" "$?" 130
follower=""
sed -n 's/^\[\([^]]*\)\] tick \([0-9]*\)$/\1 \2/p' "$work/follow" | awk '
    $1 in last ? $2 != last[$1] + 1 : $2 != 0 { print "after tick " last[$1] " of " $1 " came " $2; bad = 1 }
    { last[$1] = $2 } END { exit bad }' >"$work/order" || fail "lines were lost or repeated: $(cat "$work/order")"
