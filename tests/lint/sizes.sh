#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Budgets: a file at most 800 lines, a function at most 100.
. "${srcdir:-.}/tests/lint/lib.sh"

found=$(sources -name '*.[ch]' | grep -v '\.pb-c\.' | xargs awk '
    FNR == 1 { infunc = 0 }
    FNR == 801 { printf "%s: more than 800 lines: split it by topic\n", FILENAME }
    /^{/ { start = FNR; infunc = 1 }
    /^}/ {
        if (infunc && FNR - start - 1 > 100)
            printf "%s:%d: a function of %d lines (at most 100)\n", FILENAME, start, FNR - start - 1
        infunc = 0
    }')
[ -z "$found" ] || complain "$found"
done_linting
