#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# layout.inc lists all that crosses the boundary, also what was added last.
. "${srcdir:-.}/tests/lint/lib.sh"

needs clang
tests/abi/layout.sh sdk/include | diff -u tests/abi/layout.inc - || {
    echo "FAIL: the boundary has changed. Only additions are fine; then run"
    echo "      tests/abi/layout.sh sdk/include >tests/abi/layout.inc"
    exit 1
}
