#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The conformance kit on the installed docker module and a real engine: all ok, nothing skipped.
. "$(dirname "$0")/functions.sh"
requires docker
setup

kit=${KRX_CONFORMANCE:-$(dirname "$krx_bin")/kranix-conformance}
[ -x "$kit" ] || fail "$kit is not there"
module=${KRX_CONFORMANCE_MODULE:-$krx_modules/kranix-module-docker.so}
run "$kit" --setting "host=$KRX_DOCKER_HOST" --image busybox:kranix --namespace "$ns" \
    --blackhole-setting "host=unix://$work/hole.sock" --prompt 10s --timeout 10m --jobs 4 \
    "$module"
cat "$out"
[ "$status" = 0 ] || fail "the kit ended with $status"
has "$out" '^1\.\.[0-9]+'
has "$out" '^ok 1'
has_not "$out" '^not ok'
has_not "$out" '# SKIP'
