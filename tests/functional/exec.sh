#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exec: the command's status, its streams, and standard input.
. "$(dirname "$0")/functions.sh"
requires docker
setup

spec shell 1 <<<"$sleeper" >"$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=180s
ok kranix exec shell -n "$ns" -- echo hi there
same "output" "$(cat "$out")" "hi there"
fails 42 kranix exec shell -n "$ns" -- sh -c 'exit 42'
ok kranix exec shell -n "$ns" -- sh -c 'echo a; echo b >&2'
same "standard output" "$(cat "$out")" a
has "$err" '^b$'
head -c 300000 /dev/urandom >"$work/random"
wanted=$(sha256sum <"$work/random")
found=$(kranix exec -i shell -n "$ns" -- sha256sum <"$work/random") || fail "exec -i failed"
same "what went through standard input" "$found" "$wanted"
kranix exec -i shell -n "$ns" -- cat <"$work/random" >"$work/back" || fail "exec -i cat failed"
cmp "$work/back" "$work/random" || fail "bytes changed on their way through exec -i cat"
ok kranix exec shell -n "$ns" -e COLOUR=blue -- sh -c 'echo $COLOUR'
same "the environment" "$(cat "$out")" blue
fails 3 kranix exec nobody -n "$ns" -- true
ok kranix destroy shell -n "$ns"
