#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Completion scripts are sound, and the bash one completes.
. "${srcdir:-.}/tests/cli/functions.sh"

for shell in bash zsh fish; do
    ok completion $shell
    cp "$out" "$work/completion.$shell"
    ! command -v $shell >/dev/null 2>&1 || $shell -n "$work/completion.$shell" ||
        fail "completion $shell has a syntax error"
done
fails 2 completion csh

# Those that are installed are what the program prints.
for file in bash/kranix zsh/_kranix fish/kranix.fish; do
    cmp "$work/completion.${file%%/*}" "$top_srcdir/programs/kranix/completion/$file" ||
        fail "run 'make update-completion'"
done

complete_words() {
    PATH="$work/bin:$PATH" bash -c '
        . "$1"
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _kranix
        printf "%s " "${COMPREPLY[@]}"' bash "$work/completion.bash" "$@"
}
mkdir "$work/bin"
ln -s "$kranix_bin" "$work/bin/kranix"
spec web >"$work/web.yaml"
ok deploy -f "$work/web.yaml"
same "verbs" "$(complete_words kranix des)" "destroy "
same "sub-verbs" "$(complete_words kranix plugins en)" "enable "
same "options" "$(complete_words kranix deploy --dry)" "--dry-run "
same "workloads" "$(complete_words kranix -o json status w)" "web "
same "choices" "$(complete_words kranix list -o ya)" "yaml "
same "plugins" "$(complete_words kranix plugins show m)" "memory "
