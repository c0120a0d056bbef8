#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file says its licence in its first line (after #! in scripts).
. "${srcdir:-.}/tests/lint/lib.sh"

for file in $(sources -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' -o -name '*.mk' -o -name '*.m4') \
    quickstart configure.ac Makefile.am m4/krx-*.m4; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
        complain "$file: the first line should name the licence (SPDX-License-Identifier)"
done
done_linting
