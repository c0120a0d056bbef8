#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --dry-run and --diff of something new write nothing anywhere.
. "$(dirname "$0")/functions.sh"
requires docker
setup

spec ghost 2 <<<"$sleeper" >"$work/spec.yaml"
ok kranix deploy -f "$work/spec.yaml" --dry-run
has "$out" ghost
same "containers" "$(replica_count ghost -a)" 0
fails 10 kranix deploy -f "$work/spec.yaml" --diff
same "containers" "$(replica_count ghost -a)" 0
fails 3 kranix status ghost -n "$ns"
[ ! -e "$work/kranix-state" ] || fail "--dry-run left state in $(find "$work/kranix-state")"

# An image that is not there is a failed deploy, with --diff too: 3 is for a workload that is not.
printf 'name: nothere\nimage: kranix.invalid/none:1\npullPolicy: Never\n' >"$work/none.yaml"
fails 1 kranix deploy -f "$work/none.yaml" -n "$ns"
has "$err" 'kranix.invalid/none:1'
fails 1 kranix deploy -f "$work/none.yaml" -n "$ns" --diff
has "$err" 'kranix.invalid/none:1'
