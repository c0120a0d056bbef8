#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The real engine is stopped while it is asked: status 4 or 5 and a message; back again it works.
. "$(dirname "$0")/functions.sh"
requires docker
setup

spec steady 1 <<<"$sleeper" >"$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=180s

# SIGSTOP makes the engine hang for real. It is shared, so this must not take long.
pid=$(cat "$KRX_RUN_DIR/docker.pid")
cleanup kill -CONT "$pid"
kill -STOP "$pid"
run kranix list -n "$ns" --timeout 2s
kill -CONT "$pid"
[ "$status" = 5 ] || fail "an engine that hangs: status $status"
[ -s "$err" ] || fail "an engine that hangs: no message"
ok kranix list -n "$ns"
ok kranix destroy steady -n "$ns"
