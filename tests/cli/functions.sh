# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
# Shared by the tests of the command line. They drive the build tree's program with a stage of their
# own, whose only backend is "memory": a folder of files.
set -u
: "${srcdir:=.}"
top_srcdir=$(cd "$srcdir" && pwd)
top_builddir=$(pwd)
kranix_bin=$top_builddir/programs/kranix/kranix-dev
unset NO_COLOR KRANIX_CONFIG || true
export LC_ALL=C

[ -x "$kranix_bin" ] || {
    echo "$kranix_bin is not built" >&2
    exit 99
}
work=$(mktemp -d "${TMPDIR:-/tmp}/krx-cli.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' INT TERM
umask 022
out=$work/out
err=$work/err
data=$work/data
export KRANIX_BUILD_ROOT="$work" XDG_STATE_HOME="$work/state"
mkdir -p "$data" "$work/stage/modules" "$work/stage/plugins.allow.d" \
    "$work/stage/etc/plugins.allow.d" "$work/stage/etc/config.d" "$work/stage/state"
install -m 755 "$top_builddir/tests/cli/.libs/kranix-module-memory.so" "$work/stage/modules/" ||
    exit 99
printf 'name: memory\nenabled: true\nsettings:\n  dir: %s\n' "$data" \
    >"$work/stage/etc/plugins.allow.d/memory.yaml"
printf 'runtime:\n  default_backend: memory\n' >"$work/stage/etc/config.yaml"

fail() {
    echo "FAIL: $*" >&2
    for file in "$out" "$err"; do
        [ ! -s "$file" ] || sed "s|^|$(basename "$file"): |" "$file" >&2
    done
    exit 1
}

# k ARGUMENT...: runs kranix; its streams are in $out and $err, its status in $status.
k() {
    echo "+ kranix $*" >&2
    "$kranix_bin" "$@" >"$out" 2>"$err" </dev/null
    status=$?
}

ok() {
    k "$@"
    [ "$status" = 0 ] || fail "'kranix $*' ends with $status, not 0"
}

# fails STATUS ARGUMENT...
fails() {
    want=$1
    shift
    k "$@"
    [ "$status" = "$want" ] || fail "'kranix $*' ends with $status, not $want"
}

has() {
    grep -qE -- "$2" "$1" || fail "$(basename "$1") should match /$2/"
}

has_not() {
    ! grep -qE -- "$2" "$1" || fail "$(basename "$1") should not match /$2/"
}

same() {
    [ "$2" = "$3" ] || fail "$1: expected '$3', found '$2'"
}

# spec NAME [MORE YAML...]
spec() {
    printf 'name: %s\nimage: registry.local/app:1\n' "$1"
    shift
    for line; do
        printf '%s\n' "$line"
    done
}
