#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each sin is found by the test that is there for it, with the diagnosis that says what is wrong,
# and none is found where there is none.
set -u
kit=${kit:-./programs/conformance/kranix-conformance}
module=tests/kit/.libs/kranix-module-sinner.so
work=$(mktemp -d)
out=$work/out
trap 'rm -rf "$work"' EXIT
failed=0

complain() {
    echo "FAIL: $*"
    cat "$out"
    failed=1
}

# finds SIN TEST REGEX
finds() {
    local status=0
    "$kit" --prompt 1s --only "$2" --setting "sin=$1" --setting "log_dir=$work" \
        "$module" >"$out" 2>&1 || status=$?
    [ "$status" = 1 ] || complain "$1: status $status instead of 1"
    grep -qE "^not ok [0-9]+ - $2( |$)" "$out" || complain "$1: $2 is not 'not ok'"
    grep -qE "^# .*($3)" "$out" || complain "$1: no diagnosis like '$3'"
    echo "$1: found"
}

finds positive-code driver/not-found 'answers 5, which is no code of the table'
finds empty-message driver/not-found 'NOT_FOUND with an empty message'
finds period driver/not-found 'message ends with a period'
finds newline driver/not-found 'a newline'
finds other-code driver/not-found 'answers NOT_FOUND but the slot says UNKNOWN'
finds keeps-pointer driver/list 'crashed: signal [0-9]+ .* in driver.list_workloads|SEGV'
finds writes-input driver/deploy-minimal 'crashed: signal [0-9]+ .* in driver.deploy|SEGV'
finds ignores-cancel logs/follow 'driver.stream_logs did not come back'
finds no-deadline given-up/driver.get_status 'when its deadline has passed'
finds ignores-stop waits/stop 'the sink said stop'
finds leaks-fd life/open-close-20 'descriptors more'
finds leaks-thread life/open-close-20 'threads more'
finds wrong-state driver/deploy-minimal "not a state of the table: 'Sleeping'"
finds crashes driver/ping 'crashed: signal [0-9]+ .* in driver.ping|SEGV'
finds fills-slot driver/ping 'succeeds but writes into the error slot'
finds wrong-kind driver/ping 'emits kind 14 into a sink of kind 18'
finds other-thread driver/ping 'emits from another thread'
finds leaves-behind driver/deploy-minimal 'get_status answers OK instead of NOT_FOUND'
finds writes-when-dry driver/dry-run 'dry run'
finds never-unchanged driver/deploy-twice 'the same spec again changes'
finds no-reason capabilities/complete 'reason is required below native'
finds incomplete capabilities/complete 'the field ports is missing'
finds twice capabilities/known 'is in the report twice'
finds untruthful capabilities/truthful 'driver.ping is reported as unsupported'

"$kit" --only 'driver/*' "$module" >"$out" 2>&1 || complain "without a sin the kit ends with $?"
! grep -q '^not ok' "$out" || complain "without a sin a test is not ok"
exit $failed
