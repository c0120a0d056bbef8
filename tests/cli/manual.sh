#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kranix(1) and --help name the same verbs and options, both ways.
. "${srcdir:-.}/tests/cli/functions.sh"
man=$top_srcdir/docs/man/kranix.1

# Options of a section: the lines after .TP that begin with a dash, as .BR \-f ", " \-\-file " FILE".
options_of_man() {
    awk -v want="$1" '
        /^\.S[SH] / { title = $0; sub(/^\.S[SH] /, "", title); gsub(/"/, "", title); here = (title == want) }
        here && tag && /^\.BR? \\-/ { print }
        { tag = /^\.TP/ }' "$man" |
        sed 's/\\-/-/g' | grep -oE -- '(^|[ "])--?[a-zA-Z][a-z-]*' | tr -d ' "' | sort -u
}
options_of_help() {
    sed -n "/^$1:\$/,/^\$/p" "$out" | grep -E '^  +-' | sed 's/^ *//; s/   .*//' |
        grep -oE -- '(^|, )--?[a-zA-Z][a-z-]*' | sed 's/^, //' | sort -u
}

ok --help
same "options of every verb" "$(options_of_man 'OPTIONS OF EVERY VERB')" \
    "$(options_of_help 'Options of every verb')"
sed -n '/^Verbs:$/,/^$/p' "$out" | sed -n 's/^  \([a-z-]*\( [a-z]*\)\{0,1\}\)  .*/\1/p' | sed 's/ *$//' >"$work/verbs"
[ "$(wc -l <"$work/verbs")" -gt 20 ] || fail "the list of verbs could not be read"
sed -n '/^\.SH VERBS/,/^\.SH [^V]/p' "$man" | sed -n 's/^\.SS //p' | tr -d '"' >"$work/man-verbs"
same "verbs" "$(cat "$work/man-verbs")" "$(cat "$work/verbs")"
while read -r verb sub; do
    # shellcheck disable=SC2086
    ok $verb $sub --help
    same "options of kranix $verb $sub" "$(options_of_man "$verb${sub:+ $sub}")" \
        "$(options_of_help Options)"
done <"$work/verbs"
! command -v man >/dev/null 2>&1 ||
    ! MANWIDTH=100 man --warnings -E UTF-8 -l "$man" 2>&1 >/dev/null | grep . >&2 ||
    fail "the manual has warnings"
