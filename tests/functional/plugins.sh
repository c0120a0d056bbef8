#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# plugins list, show, check, enable, disable, pin on the installed docker module.
. "$(dirname "$0")/functions.sh"
[ "$(id -u)" = 0 ] || skip root "this test needs root"
[ -n "${KRX_UNSHARED:-}" ] || exec env KRX_UNSHARED=1 unshare --mount --propagation private "$0"
setup

mkdir "$work/allow"
mkdir -p "$krx_allow"
mount --bind "$work/allow" "$krx_allow" || fail "mount"
cleanup umount "$krx_allow"

plugin() { json ".plugins[] | select(.name == \"docker\") | $1" "$2"; }

ok kranix plugins list -o json
json '.count == (.plugins | length)' true
plugin .enabled false
plugin '.path' "$krx_modules/kranix-module-docker.so"
ok kranix plugins enable docker
ok kranix plugins list -o json
plugin .enabled true
plugin '.version | type' string
ok kranix plugins show docker
ok kranix plugins check docker
ok kranix plugins pin docker
ok kranix plugins show docker -o json
has "$out" "$(sha256sum <"$krx_modules/kranix-module-docker.so" | cut -d ' ' -f 1)"
has "$krx_allow/docker.yaml" 'sha256'
ok kranix plugins check docker
ok kranix plugins disable docker
fails 6 kranix plugins check docker
fails 6 kranix list --backend docker
fails 3 kranix plugins show nothing
same "the mode of the allow file" "$(stat -c %a "$krx_allow/docker.yaml")" 644
