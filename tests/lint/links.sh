#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Links between our pages lead somewhere.
. "${srcdir:-.}/tests/lint/lib.sh"

for page in *.md docs/*.md docs/*/*.md examples/*.md bench/*.md sdk/*/*.md tests/*/*.md; do
    [ -e "$page" ] || continue
    dead=$(grep -oE '\]\([^)#: ]+' "$page" | sed 's/^](//' | while read -r target; do
        [ -e "$(dirname "$page")/$target" ] || echo "$page links to $target, which is not there"
    done)
    [ -z "$dead" ] || complain "$dead"
done
done_linting
