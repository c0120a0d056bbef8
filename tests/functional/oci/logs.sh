#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Logs without an engine: tail, since, streams, time stamps, replicas, long lines, the run before,
# and -f across a restart, a full file and a replacement.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

spec talk 1 >"$work/spec.yaml" <<'YAML'
network: none
command: [sh, -c]
args:
  - |
    trap exit TERM
    for i in 1 2 3 4 5 6 7 8; do echo "line $i"; done
    echo "to stderr" >&2
    while :; do sleep 0.1; done
YAML
ok kranix deploy -f "$work/spec.yaml" --wait=60s
wait_for 20 "the lines" sh -c "'$krx_bin' logs talk -n $ns 2>/dev/null | grep -q 'to stderr'"

ok kranix logs talk -n "$ns"
same "all lines" "$(grep -c '^line' "$out")" 8
ok kranix logs talk -n "$ns" --stream stdout --tail 3
same "the tail" "$(tr '\n' , <"$out")" "line 6,line 7,line 8,"
ok kranix logs talk -n "$ns" --stream stderr
same "standard error alone" "$(cat "$out")" "to stderr"
ok kranix logs talk -n "$ns" --tail 0
same "--tail 0" "$(wc -c <"$out")" 0
ok kranix logs talk -n "$ns" --timestamps --tail 1
has "$out" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T'
ok kranix logs talk -n "$ns" --since 2001-01-01T00:00:00Z
same "since long ago" "$(grep -c '^line' "$out")" 8
ok kranix logs talk -n "$ns" --since 2091-01-01T00:00:00Z
same "since the future" "$(wc -c <"$out")" 0
fails 3 kranix logs talk -n "$ns" --previous
has "$err" 'only once'
fails 3 kranix logs nobody -n "$ns"

# -f goes on through a restart and a replacement; each line comes once.
env --default-signal=INT "$krx_bin" logs talk -n "$ns" -f >"$work/follow" 2>"$work/follow.err" </dev/null &
follower=$!
cleanup kill "$follower"
seen() { [ "$(grep -c "$1" "$work/follow")" -ge "$2" ]; }
wait_for 20 "the lines of the first run" seen '^line 8' 1
ok kranix restart talk -n "$ns"
wait_for 40 "the lines after the restart" seen '^line 8' 2
sed -i 's/line \$i/other $i/' "$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=60s
wait_for 40 "the lines of the replacement" seen '^other 8' 1
kill -0 "$follower" 2>/dev/null || fail "logs -f ended by itself: $(cat "$work/follow.err")"
same "lines of both runs, none twice" "$(grep -c '^line 3' "$work/follow")" 2
same "lines of the replacement" "$(grep -c '^other' "$work/follow")" 8
kill -INT "$follower"
wait "$follower"
same "status of an interrupted logs -f" "$?" 130

# the run before, alone
sed -i 's/other \$i/run $(wc -l <\/runs) $i/; s/trap exit TERM/&; echo >>\/runs/' "$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=60s
lines_are() { [ "$("$krx_bin" logs "$1" -n "$ns" | grep -c "$2")" = "$3" ]; }
for number in 1 2 3; do
    wait_for 20 "run $number" lines_are talk "^run $number 8$" 1
    [ "$number" = 3 ] || ok kranix restart talk -n "$ns"
done
ok kranix logs talk -n "$ns" --previous --stream stdout
same "lines of the run before" "$(grep -c '^run 2 ' "$out")" 8
same "other lines" "$(grep -vc '^run 2 ' "$out")" 0
ok kranix logs talk -n "$ns" --previous --stream stdout --tail 2
same "the last of the run before" "$(sed 's/.* //' "$out" | tr '\n' ,)" 7,8,
ok kranix destroy talk -n "$ns"

# a line longer than anybody reads at once is one line; several replicas are told apart
spec wide 2 >"$work/wide.yaml" <<'YAML'
network: none
command: [sh, -c]
args: ['head -c 40000 /dev/zero | tr "\0" x; echo end; trap exit TERM; while :; do sleep 0.1; done']
YAML
ok kranix deploy -f "$work/wide.yaml" --wait=60s
wait_for 20 "both lines" lines_are wide 'end$' 2
ok kranix logs wide -n "$ns" --tail 1
same "lines" "$(wc -l <"$out")" 2
for number in 1 2; do
    ok kranix logs wide -n "$ns" --replica "$number"
    same "length of the line of replica $number" "$(tr -d '\n' <"$out" | grep -o x | wc -l)" 40000
done
ok kranix destroy wide -n "$ns"

# a file that is full gives way to an empty one: who follows misses nothing
printf '  log_size_max: 16Ki\n' >>"$work/config.yaml"
spec chatty 1 >"$work/chatty.yaml" <<'YAML'
network: none
command: [sh, -c]
args:
  - |
    trap exit TERM
    i=0
    while [ $i -lt 600 ]; do i=$((i+1)); echo "number $i of many, which together fill the file"; sleep 0.01; done
    echo done
    while :; do sleep 0.1; done
YAML
ok kranix deploy -f "$work/chatty.yaml" --wait=60s
env --default-signal=INT "$krx_bin" logs chatty -n "$ns" -f >"$work/follow" 2>"$work/follow.err" </dev/null &
follower=$!
cleanup kill "$follower"
wait_for 60 "the last line" seen '^done' 1
kill -INT "$follower"
wait "$follower"
same "lines that were followed" "$(grep -c '^number' "$work/follow")" 600
same "different ones" "$(grep '^number' "$work/follow" | sort -u | wc -l)" 600
[ "$(wc -c <"$oci_root/containers/$(replicas chatty)/log")" -le 16384 ] || fail "the file has no bound"
ok kranix destroy chatty -n "$ns"
nothing_left
