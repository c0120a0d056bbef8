#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A program that counts goes on where it was: after checkpoint, destroy and restore, under another
# name, from an archive, with its files and its connections; with each runtime that can.
. "$(dirname "$0")/../functions.sh"
requires oci
# shellcheck source=../../env/criu.sh
. "$tests_dir/env/criu.sh"
criu=$(criu_find) || criu_why=$criu
crun=$(criu_crun_find) || crun_why=$crun
setup

# use RUNTIME [MORE LINES]: of the module's settings
use() {
    KRX_OCI_RUNTIME=$1 write_oci_config
    printf '%s\n' "${@:2}" >>"$KRANIX_CONFIG"
}

# Counts in memory and in a file, as fast as others can look.
counter='command: [sh, -c, "i=0; while :; do i=$((i+1)); echo $i >/count; echo $i; sleep 0.05; done"]'

count() {
    kranix exec "$1" -n "$ns" -- cat /count 2>/dev/null
}

at_least() {
    local now
    now=$(count "$1")
    [ "${now:-0}" -ge "$2" ]
}

checkpoint_id() {
    jq -r .checkpointId "$out"
}

comes_back() {
    local id before after
    spec web 1 <<<"$counter$more" >"$work/web.yaml"
    ok kranix deploy -f "$work/web.yaml" --wait
    wait_for 20 "the counter to reach 20" at_least web 20
    fails 3 kranix restore web -n "$ns"
    ok kranix checkpoint web -n "$ns" --comment "before the move" --export "$work/$1.tar.gz" -o json
    json .state checkpointed
    json .comment "before the move"
    id=$(checkpoint_id)
    before=$(kranix logs web -n "$ns" --tail 1 2>/dev/null)
    [ "${before:-0}" -ge 20 ] || fail "the log ends with '$before'"
    ok kranix checkpoints web -n "$ns" -o json
    json length 1
    json '.[0].checkpointId' "$id"
    ok kranix destroy web -n "$ns"
    nothing_left
    ok kranix restore web -n "$ns" -o json
    json .state running
    json .checkpointId "$id"
    wait_for 20 "the counter to go on" at_least web "$((before + 5))"
    after=$(kranix logs web -n "$ns" 2>/dev/null | head -n 1)
    [ "$after" -gt 1 ] || fail "it began anew with '$after'"
    ok kranix status web -n "$ns" -o json
    json .state Running
    fails 1 kranix restore web -n "$ns"
    has "$err" "'web' runs"

    # the same one beside it, from the archive and under another name
    ok kranix restore --import "$work/$1.tar.gz" --name other -n "$ns"
    wait_for 20 "the counter of the other to go on" at_least other "$((before + 5))"
    ok kranix status other -n "$ns" -o json
    json .state Running
    fails 1 kranix restore web --name other -n "$ns"
    ok kranix destroy web other -n "$ns"
    nothing_left
}

goes_on() {
    local before
    ok kranix deploy -f "$work/web.yaml" --wait
    wait_for 20 "the counter to reach 20" at_least web 20
    # one that came in later is kept as well
    ok kranix exec web -n "$ns" -- sh -c 'sleep 100000 >/dev/null 2>&1 </dev/null &'
    ok kranix checkpoint web -n "$ns" --leave-running -o json
    json .state running
    before=$(count web)
    wait_for 20 "the counter to go on" at_least web "$((before + 5))"
    ok kranix destroy web -n "$ns"
    ok kranix restore web -n "$ns"
    wait_for 20 "the counter to go on from the checkpoint" at_least web "$((before + 1))"
    ok kranix exec web -n "$ns" -- ps
    has "$out" 'sleep 100000'
    # one that stands still is kept too, and goes on when it comes back
    ok kranix pause web -n "$ns"
    before=$(kranix logs web -n "$ns" --tail 1 2>/dev/null)
    ok kranix checkpoint web -n "$ns"
    ok kranix restore web -n "$ns"
    wait_for 20 "the counter to go on after a pause" at_least web "$((before + 1))"
    ok kranix destroy web -n "$ns"
}

# All replicas are one checkpoint; what each wrote and removed in its files is part of it.
several() {
    local first
    spec pair 2 <<<"${counter/i=0;/rm \/bin\/vi; hostname >\/written; i=0;}$more" >"$work/pair.yaml"
    ok kranix deploy -f "$work/pair.yaml" --wait
    wait_for 20 "the counter to reach 10" at_least pair 10
    ok kranix exec pair -n "$ns" --replica 2 -- cat /written
    first=$(cat "$out")
    ok kranix checkpoint pair -n "$ns" -o json
    ok kranix status pair -n "$ns" -o json
    json .readyReplicas 0
    ok kranix destroy pair -n "$ns"
    ok kranix restore pair -n "$ns"
    ok kranix status pair -n "$ns" -o json
    json .state Running
    json .readyReplicas 2
    ok kranix exec pair -n "$ns" --replica 2 -- cat /written
    same "the file of the second" "$(cat "$out")" "$first"
    run kranix exec pair -n "$ns" --replica 2 -- test -e /bin/vi
    same "whether what was removed is there" "$status" 1
    ok kranix destroy pair -n "$ns"
}

# A server and its client in the same workload: what is sent goes on arriving.
connected() {
    local flag=$1 before
    spec talk 1 >"$work/talk.yaml" <<YAML
command:
  - sh
  - -c
  - |
    sleep 100000 | nc -l -p 7000 >/got &
    sleep 1
    i=0
    while :; do i=\$((i+1)); echo \$i; tail -n 1 /got >/count.new; mv /count.new /count; sleep 0.05; done | nc 127.0.0.1 7000
$more
YAML
    ok kranix deploy -f "$work/talk.yaml" --wait
    wait_for 20 "the counter to reach 20" at_least talk 20
    if [ -n "$flag" ]; then
        before=$(count talk)
        fails 1 kranix checkpoint talk -n "$ns"
        has "$err" 'CRIU: .*tcp-established'
        wait_for 20 "it to go on after a dump that failed" at_least talk "$((before + 5))"
    fi
    # shellcheck disable=SC2086
    ok kranix checkpoint talk -n "$ns" $flag
    before=$(kranix checkpoints talk -n "$ns" -o name | head -n 1)
    # shellcheck disable=SC2086
    ok kranix restore talk "$before" -n "$ns" $flag
    before=$(count talk)
    wait_for 20 "what is sent to arrive" at_least talk "$((before + 10))"
    ok kranix destroy talk -n "$ns"
}

# What reads a pipe or a terminal can be spoken to when it comes back.
answers() {
    local tty
    for tty in false true; do
        spec ear 1 >"$work/ear.yaml" <<YAML
command: [sh, -c, 'x=0; while read -r y; do [ "\$y" = quit ] && exit 4; x=\$((x + y)); echo sum \$x; done']
stdin: true
tty: $tty
restartPolicy: no$more
YAML
        ok kranix deploy -f "$work/ear.yaml" --wait
        mkfifo "$work/words"
        env --default-signal=INT "$krx_bin" attach -i ear -n "$ns" <"$work/words" >"$work/heard" 2>&1 &
        exec 7>"$work/words"
        echo 20 >&7
        wait_for 20 "an answer" grep -q 'sum 20' "$work/heard"
        kill -INT "$!"
        wait "$!"
        exec 7>&-
        rm "$work/words"
        ok kranix checkpoint ear -n "$ns"
        ok kranix destroy ear -n "$ns"
        ok kranix restore ear -n "$ns"
        printf '22\nquit\n' | timeout 60 "$krx_bin" attach -i ear -n "$ns" >"$work/heard" 2>"$err"
        same "status of one that came back" "${PIPESTATUS[1]}" 4
        has "$work/heard" 'sum 42'
        ok kranix destroy ear -n "$ns" --volumes
    done
}

refuses() {
    local folder file
    ok kranix deploy -f "$work/web.yaml" --wait
    ok kranix checkpoint web -n "$ns"
    # shellcheck disable=SC2154 # of setup
    folder=$oci_root/checkpoints/$(kranix checkpoints web -n "$ns" -o name | head -n 1)
    # an image that nobody can read, which the hashes allow: nothing is left of the attempt
    file=$(cd "$folder" && ls checkpoint/core-1.img checkpoint/checkpoint.img 2>/dev/null)
    cp -r "$folder" "$work/kept"
    head -c 4096 /dev/urandom >"$folder/$file"
    jq --arg file "$file" --arg hash "$(sha256sum <"$folder/$file" | cut -d ' ' -f 1)" \
        '(.files[] | select(.path == $file)) |= (.size = 4096 | .sha256 = $hash)' \
        "$work/kept/checkpoint.json" >"$folder/checkpoint.json"
    ok kranix destroy web -n "$ns"
    fails 1 kranix restore web -n "$ns"
    has "$err" "can't go on: "
    fails 3 kranix status web -n "$ns"
    nothing_left
    rm -r "$folder"
    mv "$work/kept" "$folder"
    # one byte more
    printf x >>"$(find "$folder" -name 'pages-1.img' -o -name checkpoint.img | head -n 1)"
    fails 4 kranix restore web -n "$ns"
    has "$err" 'is damaged: .* bytes, not'
    fails 3 kranix destroy web -n "$ns"
    ok kranix deploy -f "$work/web.yaml"
    ok kranix destroy web -n "$ns" --volumes
    ok kranix checkpoints web -n "$ns" -o json
    json length 0
    fails 3 kranix restore web -n "$ns"
    has "$err" "'web' has no checkpoint"
    # another's archive, which is not whole
    mkdir "$work/theirs"
    echo '{}' >"$work/theirs/spec.dump"
    tar -C "$work/theirs" -cf "$work/theirs.tar" spec.dump
    fails 4 kranix restore --import "$work/theirs.tar" -n "$ns"
    has "$err" 'is not whole: it has no config.dump'
    tar -C / -cPf "$work/hostile.tar" /etc/hostname
    fails 2 kranix restore --import "$work/hostile.tar" -n "$ns"
    has "$err" 'is refused'
    rm -r "$work/theirs"
}

suite() {
    comes_back "$1"
    goes_on
    several
    connected "$2"
    answers
    refuses
    nothing_left
}

tried="" more=""
if [ -z "${criu_why:-}" ] && command -v runc >/dev/null; then
    use runc "  criu_path: $criu"
    suite runc --tcp-established
    tried="$tried runc"
fi
if [ -z "${criu_why:-}${crun_why:-}" ]; then
    use crun "  criu_path: $criu" "  runtime_path: $crun"
    suite crun --tcp-established
    tried="$tried crun"
fi
if command -v runsc >/dev/null; then
    use runsc
    more=$'\nnetwork: none'
    suite runsc ""
    more=""
    tried="$tried runsc"
fi
[ -n "$tried" ] || skip oci "no runtime can make checkpoints: ${criu_why:-}${crun_why:+; $crun_why}"
[ -z "${criu_why:-}${crun_why:-}" ] || printf 'without CRIU: %s\n' "${criu_why:-$crun_why}"

# Without CRIU the reason is told, and the program runs on.
if command -v runc >/dev/null; then
    use runc "  criu_path: /nonexistent/criu"
    spec web 1 <<<"$counter" >"$work/web.yaml"
    ok kranix deploy -f "$work/web.yaml" --wait
    fails 7 kranix checkpoint web -n "$ns"
    has "$err" "no checkpoint of container .*: there is no program 'criu'"
    has "$err" 'hint: .*criu_path'
    same "count" "$(count web | grep -c .)" 1
    ok kranix backends show oci -o json
    has "$out" "no checkpoints: there is no program 'criu'"
    ok kranix destroy web -n "$ns"
    nothing_left
fi
