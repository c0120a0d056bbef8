#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Events without an engine: in order, each once, by namespace and time, and while they happen.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

types() { sed -nE "s|^[^ ]+ ([a-z]+) $ns/web .*|\1|p" "$1" | tr '\n' ' '; }
ends_with() { [[ $(types "$1") == *"$2 " ]]; }

start=$(date -u +%FT%TZ)
env --default-signal=INT "$krx_bin" events -A -f >"$work/follow" 2>"$work/follow.err" </dev/null &
follower=$!
cleanup kill "$follower"
wait_for 20 "the follower to watch" sh -c "ls -l /proc/$follower/fd 2>/dev/null | grep -q inotify"

spec web 1 <<<"$sleeper
network: none" >"$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=60s
ok kranix pause web -n "$ns"
ok kranix unpause web -n "$ns"
ok kranix kill web -n "$ns" --signal WINCH
ok kranix stop web -n "$ns"
ok kranix start web -n "$ns"
ok kranix restart web -n "$ns"
ok kranix destroy web -n "$ns"
wait_for 10 "the last event" ends_with "$work/follow" destroy
wanted="create start pause unpause kill die stop start die stop start restart die stop destroy "
same "events as they came" "$(types "$work/follow")" "$wanted"
ok kranix events -A --since "$start"
same "events afterwards" "$(types "$out")" "$wanted"
ok kranix events --since "$start" -n "$ns"
same "events of the namespace" "$(types "$out")" "$wanted"
ok kranix events --since "$start" -n elsewhere
same "events of another namespace" "$(types "$out")" ""
ok kranix events -A --since 2091-01-01T00:00:00Z
same "events of the future" "$(wc -l <"$out")" 0
has "$work/follow" ' die .*exit status 0'
kill -INT "$follower"
wait "$follower"
same "status of an interrupted events -f" "$?" 130
nothing_left
