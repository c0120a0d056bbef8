#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every fuzz target survives its seeds.
set -u
: "${srcdir:=.}"
bad=0
found=0
for target in tests/fuzz/fuzz-*; do
    [ -f "$target" ] || continue
    case $target in *.sh | *.c | *-for | *.log | *.trs | *.o) continue ;; esac
    name=${target#tests/fuzz/fuzz-}
    corpus=$srcdir/tests/fuzz/corpus/$name
    [ -d "$corpus" ] || {
        echo "$name has no seeds in tests/fuzz/corpus/$name" >&2
        bad=1
        continue
    }
    found=$((found + 1))
    find "$corpus" -type f -exec "$target" {} + >&2 || {
        echo "$target failed on its seeds" >&2
        bad=1
    }
done
echo "$found fuzz targets" >&2
[ "$found" -gt 0 ] || bad=1
exit "$bad"
