#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deploy without a file, from standard input, JSON, and several documents.
. "$(dirname "$0")/functions.sh"
requires docker
setup

ok kranix deploy -n "$ns" --backend docker --name plain --image busybox:kranix --env A=1 --env B="two words"     --memory 32Mi --cpu 250m --wait=180s -- sh -c 'trap exit TERM; while :; do sleep 0.1; done'
same "the environment" "$(engine inspect -f '{{json .Config.Env}}' "$ns.plain-1" | jq -r 'map(select(startswith("B=")))[0]')" "B=two words"
same "the memory" "$(engine inspect -f '{{.HostConfig.Memory}}' "$ns.plain-1")" 33554432

spec piped 1 <<<"$sleeper" >"$work/piped.yaml"
kranix deploy -f - --wait=180s <"$work/piped.yaml" >"$out" 2>"$err" || fail "deploy -f - failed"
{
    spec first 1 <<<"$sleeper"
    echo ---
    spec second 1 <<<"$sleeper"
} >"$work/two.yaml"
ok kranix deploy -f "$work/two.yaml" --wait=180s
jq -n --arg ns "$ns" '{name: "json", namespace: $ns, backend: "docker", image: "busybox:kranix",
    command: ["sleep", "1000"], stopSignal: "SIGKILL"}' >"$work/spec.json"
ok kranix deploy -f "$work/spec.json" --wait=180s
ok kranix list -n "$ns" -o json
json 'map(.name) | sort | join(" ")' "first json piped plain second"

ok kranix deploy -n "$ns" -it --name shell --image busybox:kranix --wait=180s -- sh
same "input and terminal" "$(engine inspect -f '{{.Config.OpenStdin}} {{.Config.Tty}}' "$ns.shell-1")" "true true"
printf 'exit 6\n' | timeout 60 "$krx_bin" --state-dir "$work/kranix-state" attach -i shell -n "$ns" >"$out" 2>"$err"
same "status of the shell" "$?" 6
ok kranix destroy shell -n "$ns"

for option in --dry-run --wait=30s; do
    ok kranix deploy -n "$ns" --name none --image busybox:kranix --replicas 0 "$option" -- sleep 9
    has "$out" '^none created'
done
ok kranix deploy -n "$ns" --name none --image busybox:kranix --replicas 0 -- sleep 9
has "$out" '^none unchanged'
ok kranix destroy none -n "$ns"

# one word with blanks is no list of words
spec words 1 <<<'command: sleep 100' >"$work/words.yaml"
fails 1 kranix deploy -f "$work/words.yaml"
has "$err" 'hint: .*a command of several words is a list'
ok kranix destroy -f "$work/two.yaml" -n "$ns"
ok kranix destroy json piped plain -n "$ns"
nothing_left
