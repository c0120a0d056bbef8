#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# layout.sh INCLUDE-FOLDER: prints size and offsets of every struct of the boundary and the value of
# every constant, as clang lays them out on x86-64, in the form of layout.inc:
#   tests/abi/layout.sh sdk/include >tests/abi/layout.inc
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 INCLUDE-FOLDER" >&2; exit 2; }

echo "/* SPDX-License-Identifier: Apache-2.0 */"
echo "/* Made by layout.sh. A line that changes or goes breaks modules that exist; new ones may come. */"
printf '#include <kranix/module.h>\n' |
    clang -x c -std=c17 -target x86_64-linux-gnu -I"$1" -fsyntax-only \
        -Xclang -fdump-record-layouts-complete - |
    awk '
        /^\*\*\* Dumping/ { name = "" }
        /^ +0 \| struct krx_/ && !name { name = $4; next }
        name && /^ +[0-9]+ \|   [^ ]/ { offset[++n] = $1; member[n] = $NF }
        name && /\[sizeof=/ {
            match($0, /sizeof=[0-9]+/)
            print "SIZE(" name ", " substr($0, RSTART + 7, RLENGTH - 7) ")"
            for (i = 1; i <= n; i++)
                print "OFFSET(" name ", " member[i] ", " offset[i] ")"
            n = 0
            name = ""
        }'
cat "$1"/kranix/*.h | grep -oE '\bKRX_[A-Z0-9_]+[A-Z0-9] = [0-9]+\b' |
    sed -E 's/(.*) = (.*)/VALUE(\1, \2)/' |
    LC_ALL=C sort -u
sed -nE 's/^ +X\(([A-Z_]+), (-[0-9]+),.*/VALUE(KRX_E_\1, \2)/p' "$1"/kranix/errors.h
sed -nE 's/^ +X\(([A-Z_]+), ([0-9]+),.*/VALUE(KRX_ITEM_\1, \2)/p' "$1"/kranix/sink.h
