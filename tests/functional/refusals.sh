#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the allow-list and the trust checks refuse: status 6, the reason, and no code of the module
# has run.
. "$(dirname "$0")/functions.sh"
[ "$(id -u)" = 0 ] || skip root "this test needs root"

# A mount namespace of its own: the installed folders can be replaced without others noticing.
[ -n "${KRX_UNSHARED:-}" ] || exec env KRX_UNSHARED=1 unshare --mount --propagation private "$0"
setup

mkdir "$work/allow" "$work/modules"
marker_module=${KRX_BUILDDIR:-}/tests/badmods/.libs/bad_good.so
[ -e "$marker_module" ] || fail "$marker_module is not built"
cp "$marker_module" "$work/modules/kranix-module-good.so"
chmod 755 "$work/allow" "$work/modules" "$work/modules"/*
mkdir -p "$krx_allow"
mount --bind "$work/allow" "$krx_allow" || fail "mount"
cleanup umount "$krx_allow"
mount --bind "$work/modules" "$krx_modules" || fail "mount"
cleanup umount "$krx_modules"
export KRX_TEST_MARKER=$work/marker
allow=$krx_allow/good.yaml
module=$krx_modules/kranix-module-good.so

allowed() {
    printf 'name: good\nenabled: true\n%s' "${1:-}" >"$allow"
    chmod 644 "$allow"
}

# refused REASON [STATUS]: using the backend is refused, and nothing of it has run.
refused() {
    local wanted=${2:-6}
    rm -f "$KRX_TEST_MARKER"
    fails "$wanted" kranix list --backend good
    has "$err" "$1"
    [ ! -e "$KRX_TEST_MARKER" ] || fail "a constructor has run: $(cat "$KRX_TEST_MARKER")"
    ok kranix plugins list -o json
    json '.plugins | map(select(.name == "good")) | length' 1
    fails "$wanted" kranix plugins check good
    [ ! -e "$KRX_TEST_MARKER" ] || fail "plugins list or check has run a constructor"
}

# First the proof that the marker works: allowed, the constructor does run.
allowed
run kranix list --backend good
[ -e "$KRX_TEST_MARKER" ] || fail "the module was allowed but did not run"

rm "$allow"
refused 'allow'
printf 'name: good\nenabled: false\n' >"$allow"
refused 'enabled|disabled'
allowed "sha256: $(printf '%064d' 0)
"
refused 'sha256|digest'
allowed "sha256: $(sha256sum <"$module" | cut -d ' ' -f 1)
"
rm -f "$KRX_TEST_MARKER"
run kranix list --backend good
[ -e "$KRX_TEST_MARKER" ] || fail "the right digest should be accepted"

allowed
chmod 777 "$module"
refused 'writ'
chmod 755 "$module"
chown nobody "$module"
refused 'own'
chown root "$module"
chmod 666 "$allow"
refused 'writ'
chmod 644 "$allow"
chown nobody "$allow"
refused 'own'
chown root "$allow"
chmod 777 "$work/modules"
refused 'writ'
chmod 755 "$work/modules"
chmod 777 "$work/allow"
refused 'writ'
chmod 755 "$work/allow"
mv "$module" "$work/real.so"
ln -s "$work/real.so" "$module"
refused 'symbolic|symlink|link|regular'
rm "$module"
cp "$work/real.so" "$module"
allowed "isolation: process
"
refused 'isolation' 7
allowed "colour: blue
"
refused 'colour'
allowed
run kranix list --backend good
[ -e "$KRX_TEST_MARKER" ] || fail "in the end it should be accepted again"
