#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Logs: tail, since, streams, timestamps, replicas, and -f across a restart.
. "$(dirname "$0")/functions.sh"
requires docker
setup

spec talk 1 >"$work/spec.yaml" <<'YAML'
command: [sh, -c]
args:
  - |
    trap exit TERM
    for i in 1 2 3 4 5 6 7 8; do echo "line $$i"; done
    echo "to stderr" >&2
    while :; do sleep 0.1; done
YAML
sed -i 's/$$i/$i/' "$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=180s
wait_for 20 "the lines" sh -c "'$krx_bin' logs talk -n $ns 2>/dev/null | grep -q 'to stderr'"

ok kranix logs talk -n "$ns"
same "all lines" "$(grep -c '^line' "$out")" 8
# The engine keeps no order between the two streams: standard error may come earlier.
ok kranix logs talk -n "$ns" --tail 3
same "the tail" "$(wc -l <"$out")" 3
has "$out" '^line 8$'
has_not "$out" '^line [1-5]$'
ok kranix logs talk -n "$ns" --stream stdout
same "standard output alone" "$(grep -c . "$out")" 8
ok kranix logs talk -n "$ns" --stream stderr
same "standard error alone" "$(grep -c . "$out")" 1
has "$out" 'to stderr'
ok kranix logs talk -n "$ns" --tail 0
same "--tail 0" "$(wc -c <"$out")" 0
ok kranix logs talk -n "$ns" --timestamps --tail 1
has "$out" '[0-9]{4}-[0-9]{2}-[0-9]{2}T'
ok kranix logs talk -n "$ns" --since 2001-01-01T00:00:00Z
same "since long ago" "$(grep -c '^line' "$out")" 8
ok kranix logs talk -n "$ns" --since 2091-01-01T00:00:00Z
same "since the future" "$(wc -c <"$out")" 0
fails 3 kranix logs nobody -n "$ns"

# -f goes on through a restart of the container.
# Background commands ignore SIGINT, and a program that inherits that leaves it so.
env --default-signal=INT "$krx_bin" logs talk -n "$ns" -f >"$work/follow" 2>"$work/follow.err" </dev/null &
follower=$!
cleanup kill "$follower"
seen() { [ "$(grep -c '^line 8' "$work/follow")" -ge "$1" ]; }
wait_for 20 "the lines of the first run" seen 1
engine restart -t 1 "$ns.talk-1" >/dev/null || fail "docker restart"
wait_for 40 "the lines after the restart" seen 2
kill -0 "$follower" 2>/dev/null || fail "logs -f ended by itself: $(cat "$work/follow.err")"
same "lines of both runs, none twice" "$(grep -c '^line 3' "$work/follow")" 2
kill -INT "$follower"
wait "$follower"
same "status of an interrupted logs -f" "$?" 130
ok kranix destroy talk -n "$ns"
