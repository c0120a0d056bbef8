#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# attach with input, without an engine, on every runtime that is here: a standard input that stays
# open whoever comes and goes, and a terminal with its size and the keys that leave it.
. "$(dirname "$0")/../functions.sh"
requires oci
setup
needs_tool script

reader='command: [sh, -c, "echo ready; while read -r x; do [ \"$x\" = quit ] && exit 4; echo \"got $x\"; done; echo end; exit 5"]
network: none'

# join N NAME: attached in the background, with what goes into descriptor 1N.
join() {
    mkfifo "$work/in.$1"
    env --default-signal=INT "$krx_bin" attach -i "$2" -n "$ns" <"$work/in.$1" >"$work/attached.$1" \
        2>"$work/attached.err.$1" &
    joined[$1]=$!
    eval "exec 1$1>\"$work/in.$1\""
    rm "$work/in.$1"
}
declare -A joined

# say N WORD: by the one that was joined as N.
say() { printf '%s\n' "$2" >&"1$1"; }
answered() { wait_for 20 "'got $2' at the one attached as $1" grep -q "got $2" "$work/attached.$1"; }
logged() { "$krx_bin" logs "$1" -n "$ns" 2>/dev/null | grep -q "$2"; }
runs_since() { [ "$("$krx_bin" inspect "$1" -n "$ns" -o json | jq -r '.instances[0].startedAt')" != "$2" ]; }

input_only() {
    local status started
    spec talk 1 <<<"$reader
runtime: $1
stdin: true
restartPolicy: no" >"$work/spec.yaml"
    ok kranix deploy -f "$work/spec.yaml" --wait=60s
    wait_for 20 "the program to read" logged talk ready
    join 1 talk
    say 1 alone
    answered 1 alone
    join 2 talk
    say 2 both
    answered 2 both
    answered 1 both

    # the end of one's input, and one that goes, are nothing to the others and to the program
    exec 12>&-
    say 1 still-there
    answered 1 still-there
    answered 2 still-there
    kill -INT "${joined[2]}"
    wait "${joined[2]}"
    same "status of who leaves" "$?" 130
    join 3 talk
    say 3 newcomer
    answered 3 newcomer
    answered 1 newcomer
    say 3 quit
    for i in 1 3; do
        wait "${joined[$i]}"
        status=$?
        same "status of attach $i" "$status" 4
        has_not "$work/attached.$i" '^end'
    done
    exec 11>&- 13>&-
    ok kranix logs talk -n "$ns"
    has "$out" 'got both'
    has_not "$out" '^end'

    # begun anew, by hand and by its policy, it can be spoken to as before
    ok kranix start talk -n "$ns"
    join 4 talk
    say 4 again
    answered 4 again
    say 4 quit
    wait "${joined[4]}"
    same "status of attach after a start" "$?" 4
    exec 14>&-
    sed -i 's/^restartPolicy: no/restartPolicy: always/' "$work/spec.yaml"
    ok kranix deploy -f "$work/spec.yaml" --wait=60s
    ok kranix start talk -n "$ns"
    ok kranix inspect talk -n "$ns" -o json
    started=$(jq -r '.instances[0].startedAt' <"$out")
    join 5 talk
    say 5 quit
    wait "${joined[5]}"
    same "status of attach before a restart" "$?" 4
    exec 15>&-
    wait_for 20 "the next run" runs_since talk "$started"
    wait_for 20 "the next run" talks_again
    ok kranix destroy talk -n "$ns"
}

# Far more than any buffer holds, both ways.
bytes() {
    spec echo 1 <<<"command: cat
runtime: $1
network: none
stdin: true" >"$work/spec.yaml"
    ok kranix deploy -f "$work/spec.yaml" --wait=60s
    env --default-signal=INT "$krx_bin" attach -i echo -n "$ns" <"$work/bytes" >"$work/back" 2>"$work/back.err" &
    wait_for 20 "the bytes to come back" cmp "$work/bytes" "$work/back"
    kill -INT "$!"
    wait "$!"
    ok kranix destroy echo -n "$ns"
}

talks_again() {
    join 6 talk
    say 6 anew
    for _ in $(seq 20); do
        grep -q 'got anew' "$work/attached.6" && break
        sleep 0.1
    done
    kill -INT "${joined[6]}" 2>/dev/null
    wait "${joined[6]}" 2>/dev/null
    exec 16>&-
    grep -q 'got anew' "$work/attached.6"
}

# on_terminal NAME: attached to it on a terminal of its own; keys go into descriptor 17.
on_terminal() {
    local name=$1
    mkfifo "$work/keys"
    TERM=xterm script -qec "stty rows 33 columns 77; tty >'$work/tty'; '$krx_bin' attach -it $name -n $ns 2>'$work/tty.err'
        status=\$?; stty -a | grep -qw icanon && echo put-back; exit \$status" \
        "$work/typescript" <"$work/keys" >"$work/screen" 2>&1 &
    terminal=$!
    exec 17>"$work/keys"
    rm "$work/keys"
}
screen_has() { wait_for 20 "'$1' on the screen" grep -q -- "$1" "$work/screen"; }

asks_again() { sed -n '/^piped 10/,$p' "$out" | grep -q 'ready>'; }

terminal() {
    spec term 1 <<<"command: [sh, -c, 'test -t 0 && test -t 1 && test -t 2 && echo three ends; echo to standard error >&2; exec sh -i']
runtime: $1
network: none
stdin: true
tty: true
env: {PS1: 'ready> '}
restartPolicy: no" >"$work/spec.yaml"
    ok kranix deploy -f "$work/spec.yaml" --wait=60s
    wait_for 20 "the shell" logged term 'three ends'
    # one stream, in the log, too
    wait_for 20 "the shell" logged term 'standard error'
    ok kranix logs term -n "$ns" --stream stderr
    same "standard error in the log" "$(cat "$out")" ""

    on_terminal term
    wait_for 20 "the terminal" test -s "$work/tty"
    printf 'echo hello $((40 + 2)) $TERM\r' >&17
    screen_has 'hello 42 xterm'
    printf 'stty size\r' >&17
    screen_has '33 77'
    stty -F "$(cat "$work/tty")" rows 41 columns 99
    wait_for 20 "the new size" resized
    # a key of its own is the program's, those two leave
    printf 'sleep 1000\r' >&17
    wait_for 20 "sleep" inside_runs 'sleep 1000'
    printf '\003' >&17
    wait_for 20 "no sleep" inside_lacks 'sleep 1000'
    printf 'echo here $((1 + 1))\r' >&17
    screen_has 'here 2'
    printf '\020' >&17
    printf '\021' >&17
    wait "$terminal"
    same "status of who leaves a terminal" "$?" 0
    screen_has put-back
    exec 17>&-
    ok kranix status term -n "$ns"
    has "$out" Running

    # who comes back finds the shell as it was; its end is the status
    on_terminal term
    printf 'echo back $((3 + 4)); exit 6\r' >&17
    wait "$terminal"
    same "status of a shell on a terminal" "$?" 6
    exec 17>&-
    has "$work/screen" 'back 7'
    has "$work/screen" put-back

    # started again it has a terminal again, also when the caller's folder for such has gone
    TMPDIR=$work/gone ok kranix start term -n "$ns"
    on_terminal term
    printf 'test -t 0 && echo still one $((8 + 9)); exit 7\r' >&17
    wait "$terminal"
    same "status of a shell that was begun anew" "$?" 7
    exec 17>&-
    has "$work/screen" 'still one 17'

    # input that is no terminal has an end, which is typed; while a command runs the shell is not
    # there to take it
    ok kranix start term -n "$ns"
    {
        printf 'echo piped $((5 + 5))\n'
        wait_for 20 "the shell to ask again" asks_again
    } | timeout 120 "$krx_bin" attach -i term -n "$ns" >"$out" 2>"$err"
    same "status at the end of the input" "${PIPESTATUS[1]}" 0
    has "$out" 'piped 10'
    same "sockets that are left" "$(find "$oci_run_root" -maxdepth 1 -name 'conmon-*')" ""
    ok kranix destroy term -n "$ns"
}

resized() {
    printf 'stty size\r' >&17
    sleep 0.2
    grep -q '41 99' "$work/screen"
}
inside_runs() { "$krx_bin" exec term -n "$ns" -- ps | grep -q "$1"; }
inside_lacks() { ! inside_runs "$1"; }

head -c 1000000 /dev/urandom >"$work/bytes"
for runtime in $(oci_runtimes_here); do
    input_only "$runtime"
    bytes "$runtime"
    terminal "$runtime"
done

# without an input there is only output, which is said
spec deaf 1 <<<"$reader
restartPolicy: no" >"$work/spec.yaml"
sed -i 's/exit 5/sleep 3; exit 5/' "$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=60s
echo quit | timeout 60 "$krx_bin" attach -i deaf -n "$ns" >"$out" 2>"$err"
same "status of one without an input" "${PIPESTATUS[1]}" 5
has "$err" 'without an input'
ok kranix destroy deaf -n "$ns"
nothing_left
