#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The template passes the kit: every test ok; only the tests of an endpoint, which it has not, are
# passed over. And the kit's own command line.
set -eu
kit=${kit:-./programs/conformance/kranix-conformance}
module=tests/kit/.libs/kranix-module-sample.so
out=$(mktemp)
trap 'rm -f "$out"' EXIT

"$kit" --prompt 10s "$module" >"$out" || { cat "$out" && exit 1; }
tests=$(sed -n 's/^1\.\.//p' "$out")
[ "$tests" -gt 40 ]
[ "$(grep -c '^ok ' "$out")" = "$tests" ]
[ "$(grep -c '# SKIP needs --blackhole-setting$' "$out")" = "$(grep -c '# SKIP' "$out")" ]

"$kit" --prompt 10s --no-server "$module" >"$out" || { cat "$out" && exit 1; }
[ "$(grep -c '# SKIP' "$out")" = 0 ]
[ "$(sed -n 's/^1\.\.//p' "$out")" = "$((tests - 2))" ]

# status CODE COMMAND...
status() {
    local want=$1 got=0
    shift
    "$@" >"$out" 2>&1 || got=$?
    [ "$got" = "$want" ] || { echo "$*: $got instead of $want" && cat "$out" && exit 1; }
}
status 0 "$kit" --list "$module"
[ "$(wc -l <"$out")" = "$tests" ]
status 0 "$kit" --help
status 0 "$kit" --version
status 0 "$kit" --only driver/ping "$module"
grep -qx '1\.\.1' "$out"
status 2 "$kit"
status 2 "$kit" --no-such-option "$module"
status 2 "$kit" --timeout never "$module"
status 2 "$kit" --blackhole-setting nonsense "$module"
status 2 "$kit" /no/such/module.so
status 1 "$kit" --only no-such-test "$module"
status 1 "$kit" --setting log_dir=/no/such/folder "$module"
status 1 "$kit" "$0"
grep -q 'no kranix note' "$out"
