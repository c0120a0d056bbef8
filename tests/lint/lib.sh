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

# needs TOOL: a missing one is a skip, unless the run was told that it must be there.
needs() {
    ! command -v "$1" >/dev/null 2>&1 || return 0
    case " ${KRANIX_TEST_REQUIRE:-} " in
    *" $1 "*) echo "FAIL: $1 is required here (KRANIX_TEST_REQUIRE)" >&2 && exit 1 ;;
    esac
    echo "SKIP: $1 is not installed" >&2
    exit 77
}

done_linting() {
    [ "$bad" = 0 ] || exit 1
    exit 0
}
