# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
# Shared by the lint tests: moves to the source tree and collects complaints.
set -u
: "${srcdir:=.}"
top_builddir=$(pwd)
cd "$srcdir" || exit 99
bad=0

complain() {
    printf '%s\n' "$*" >&2
    bad=1
}

# Files of the project that match a find expression, without build folders.
sources() {
    find sdk lib core modules programs tests bench -type f \( "$@" \) \
        ! -path '*/.libs/*' ! -path '*/.deps/*' ! -path 'tests/fuzz/corpus/*' | sort
}

done_linting() {
    [ "$bad" = 0 ] || exit 1
    exit 0
}
