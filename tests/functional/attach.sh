#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# attach with input: a standard input that stays open whoever comes and goes, and a terminal.
. "$(dirname "$0")/functions.sh"
requires docker
setup
needs_tool script

spec talk 1 >"$work/spec.yaml" <<'YAML'
command: [sh, -c, 'echo ready; while read -r x; do [ "$x" = quit ] && exit 4; echo "got $x"; done; exit 5']
stdin: true
restartPolicy: no
YAML
spec term 1 >"$work/term.yaml" <<'YAML'
command: [sh, -c, 'test -t 0 && test -t 2 && echo a terminal; echo to standard error >&2; exec sh -i']
stdin: true
tty: true
restartPolicy: no
YAML
runs() { [ "$(engine inspect -f '{{.State.Running}} {{.State.Restarting}}' "$ns.$1-1")" = 'true false' ]; }
logged() { "$krx_bin" logs "$1" -n "$ns" 2>/dev/null | grep -q "$2"; }

ok kranix deploy -f "$work/spec.yaml" --wait=180s
wait_for 20 "the program to read" logged talk ready
# the input of one ends: that one goes on seeing what comes, and others are heard
echo one | env --default-signal=INT "$krx_bin" attach -i talk -n "$ns" >"$work/first" 2>"$work/first.err" &
first=$!
wait_for 20 "an answer" grep -q 'got one' "$work/first"
printf 'two\nquit\n' | timeout 60 "$krx_bin" attach -i talk -n "$ns" >"$work/attached" 2>"$err"
same "status of attach" "${PIPESTATUS[1]}" 4
has "$work/attached" 'got two'
wait "$first"
same "status of the other one" "$?" 4
has "$work/first" 'got two'
# a spec that says the same again changes nothing
ok kranix start talk -n "$ns"
ok kranix deploy -f "$work/spec.yaml"
same "what deploy changed" "$(grep -cE 'replace|create' "$out")" 0
# the run that one was attached to is what counts, also when it is started again at once
sed -i 's/^restartPolicy: no/restartPolicy: always/' "$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=180s
for i in 1 2; do
    echo quit | timeout 60 "$krx_bin" attach -i talk -n "$ns" >"$out" 2>"$err"
    same "status of attach to what is started again" "${PIPESTATUS[1]}" 4
    wait_for 20 "talk to run again" runs talk
done
ok kranix destroy talk -n "$ns"

ok kranix deploy -f "$work/term.yaml" --wait=180s
wait_for 20 "the shell" logged term 'a terminal'
wait_for 20 "the shell" logged term 'to standard error'
mkfifo "$work/keys"
script -qec "stty rows 33 columns 77; '$krx_bin' attach -it term -n $ns" "$work/typescript" \
    <"$work/keys" >"$work/screen" 2>&1 &
terminal=$!
exec 7>"$work/keys"
printf 'stty size\r' >&7
wait_for 20 "the size on the screen" grep -q '33 77' "$work/screen"
# the engine's keys leave it running
printf '\020\021' >&7
wait "$terminal"
same "status of who left" "$?" 0
exec 7>&-
runs term || fail "the shell ended with who left it"
script -qec "'$krx_bin' attach -it term -n $ns" "$work/typescript" <"$work/keys" >"$work/screen" 2>&1 &
terminal=$!
exec 7>"$work/keys"
printf 'echo a$((1 + 1))b\r' >&7
wait_for 20 "the answer on the screen" grep -q 'a2b' "$work/screen"
printf 'exit 6\r' >&7
wait "$terminal"
same "status of a shell on a terminal" "$?" 6
exec 7>&-
ok kranix destroy term -n "$ns"
nothing_left
