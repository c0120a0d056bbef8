#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# layout.inc lists all that crosses the boundary, also what was added last.
set -eu
srcdir=${srcdir:-.}
command -v clang >/dev/null || { echo "SKIP: needs clang" >&2 && exit 77; }
"$srcdir/tests/abi/layout.sh" "$srcdir/sdk/include" | diff -u "$srcdir/tests/abi/layout.inc" - || {
    echo "FAIL: the boundary has changed. Only additions are fine; then run"
    echo "      tests/abi/layout.sh sdk/include >tests/abi/layout.inc"
    exit 1
}
