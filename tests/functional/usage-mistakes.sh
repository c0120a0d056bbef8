#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Wrong options and arguments: status 2, a message that helps, nothing attempted.
. "$(dirname "$0")/functions.sh"
setup

mistake() {
    local pattern=$1
    shift
    fails 2 kranix "$@"
    has "$err" "$pattern"
    same "standard output of a usage mistake" "$(wc -c <"$out")" 0
}
mistake 'deploy' deplyo
mistake 'replicas' deploy --name x --image y --replicaz 3
mistake 'number|integer|many' deploy --name x --image y --replicas many
mistake 'image' deploy --name x
mistake 'NAME|name|argument' destroy
mistake 'output|json' list -o xml
mistake 'duration|timeout' list --timeout soon
mistake 'signal|argument' kill x --signal
mistake 'command|COMMAND|CMD' exec x

# A workload that is not there may be fine; a backend that is not there never is.
fails 3 kranix destroy web --backend nosuch --ignore-not-found
has "$err" nosuch

ok kranix help
has "$out" deploy
ok kranix deploy --help
has "$out" -- --wait
ok kranix version
has "$out" '[0-9]+\.[0-9]+\.[0-9]+'
ok kranix version -o json
json '.version | type' string
ok kranix completion bash
ok kranix config show
ok kranix config check
printf 'runtime:\n  default_bakend: docker\n' >"$work/config.yaml"
run kranix --config "$work/config.yaml" config check
[ "$status" = 2 ] || fail "a wrong key in the configuration: status $status"
grep -q 'default_backend' "$err" "$out" || fail "no 'did you mean default_backend'"
