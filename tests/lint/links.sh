#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Links between our pages lead somewhere.
. "${srcdir:-.}/tests/lint/lib.sh"

for page in *.md docs/*.md docs/*/*.md examples/*.md bench/*.md sdk/*/*.md tests/*/*.md; do
    [ -e "$page" ] || continue
    for target in $(grep -oE '\]\([^)#: ]+' "$page" | sed 's/^](//'); do
        [ -e "$(dirname "$page")/$target" ] || complain "$page links to $target, which is not there"
    done
done
done_linting
