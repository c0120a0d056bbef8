#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Help, mistakes in the arguments, exit statuses, plugins, configuration: nothing that needs a backend.
. "${srcdir:-.}/tests/cli/functions.sh"

mistake() {
    pattern=$1
    shift
    fails 2 "$@"
    has "$err" "$pattern"
    same "standard output of a mistake" "$(cat "$out")" ""
}
mistake 'verb is missing'
mistake "did you mean 'deploy'" deplyo
mistake "did you mean 'list'" plugins lits
mistake "here it is 'kranix list'" ps
mistake "here it is 'kranix destroy NAME'" delete web
mistake "here it is 'kranix deploy -f FILE'" apply -f x.yaml
mistake "here it is 'kranix nodes drain NODE'" drain node1
mistake "here it is 'kranix rollback NAME" rollout undo deployment/web
mistake "here it is 'kranix manifest -f FILE'" template x
mistake "did you mean 'drain'" nodes drian n
mistake "did you mean 'setup'" backends init x
mistake "needs an argument" nodes drain
mistake "'--ignore-daemonsets'|ignore-daemonsets: 'maybe' is not allowed: true or false" \
    nodes drain n --ignore-daemonsets=maybe
mistake "usage: kranix port-forward" port-forward web
mistake "'http' is no \[LOCAL:\]REMOTE pair" port-forward web http
mistake "'80/udp' is no \[LOCAL:\]REMOTE pair" port-forward web 80/udp
mistake "needs a name or a file" manifest
mistake "exclude each other" manifest web -f x.yaml
mistake "needs a name or a file" restore
mistake "exclude each other" restore web id --import x.tar
mistake "'newest' is not allowed" rollback web --to newest
mistake "takes neither a name nor" volumes list web -A
mistake "takes neither a name nor" checkpoints web -A
mistake "needs a file" volumes create
mistake "exclude each other" events -A -n x
mistake "did you mean 'remove'" images rm x
mistake "did you mean 'list'" plugins ls
mistake "given as -f web.yaml" deploy web.yaml
mistake "write --wait=60s" deploy -f web.yaml --wait 60s
mistake "usage: kranix list\$" list more
mistake "did you mean '--replicas'" deploy --name x --image y --replicaz 3
mistake "did you mean '--backend'" --bakend docker list
mistake "'many' is not allowed" deploy --name x --image y --replicas many
mistake "needs a value" list --output
mistake "takes no value" list --all-namespaces=maybe
mistake "'xml' is not allowed" list -o xml
mistake "unknown option '-Z'" list -AZ
mistake "unexpected argument 'b'" logs a b
mistake "unexpected argument" version now
mistake "takes no command" list -- ls
mistake "is empty" status ''
mistake "exclude each other" list -A -n x
mistake "is not allowed" list --timeout soon
mistake "is not allowed" list -l nothing
mistake "is not allowed" list -l 'tier!=web'
mistake "is not allowed" list -l 'tier=web,nothing'
mistake "is not allowed" list -o 'table|wide'
fails 2 list -o json --nonsense
has "$err" '^\{"error":"unknown option .*","code":"INVALID_ARGUMENT"'

# options anywhere, in every spelling
ok --output json list
ok -ojson list
ok list --output=json
ok -o=json -qn default list
same "an empty list" "$(cat "$out")" "[]"
ok list --all-namespaces=false

ok --help
for verb in deploy destroy status list logs exec port-forward manifest rollback checkpoint \
    'volumes list' 'nodes drain' health 'backends setup' 'plugins pin'; do
    has "$out" "^  $verb "
done
ok plugins --help
has "$out" '^  pin '
ok help plugins pin
has "$out" '^Usage: kranix plugins pin NAME'
fails 2 help nothing
ok version
has "$out" '^kranix [0-9]+\.[0-9]+\.[0-9]+ \(SDK [0-9]+\.[0-9]+\)$'
ok --version
ok version -o json
has "$out" '"abi": "'
has "$out" "\"moduleDir\": \"$work/stage/modules\""

# a reader that leaves is no mistake
timeout 60 "$kranix_bin" list --watch 2>"$err" | head -n 2 >"$out"
has_not "$err" .

# plugins
ok plugins
has "$out" '^memory +1\.0\.0 +ready'
ok plugins list -o json
has "$out" '"count": 1'
has "$out" '"builtin": false'
has "$out" '"sha256": "[0-9a-f]{64}"'
ok plugins show memory
has "$out" '^SHA-256: +[0-9a-f]{64}$'
fails 3 plugins show nothing
ok plugins check
has "$out" '^memory ok$'
fails 6 plugins verify memory
ok plugins pin memory
ok plugins verify memory
ok plugins verify
ok plugins disable memory
fails 6 plugins check memory
fails 6 list
fails 6 list --watch
ok plugins enable memory
printf 'x' >>"$work/stage/modules/kranix-module-memory.so"
fails 6 plugins verify memory
fails 6 list
has "$err" 'sha256|digest'

# configuration
ok config show
has "$out" "^runtime\.default_backend +memory +$work/stage/etc/config.yaml:2$"
ok config show runtime -o json
has "$out" '"key": "runtime.default_backend"'
mistake "did you mean 'runtime.default_backend'" config show runtime.default_bakend
ok config check
ok config check -o json
has "$out" '"result": "ok"'
printf 'runtime:\n  default_bakend: docker\n' >"$work/bad.yaml"
fails 2 config check "$work/bad.yaml"
has "$err" "bad\.yaml:2:"
fails 2 --config "$work/bad.yaml" list

# standard output that can't be written
"$kranix_bin" version >/dev/full 2>"$err"
same "the status of a full disk" "$?" 1
has "$err" 'No space left'
"$kranix_bin" --help >&- 2>"$err" || fail "a closed standard output"

# colours only where they are wanted
ok plugins list
has_not "$out" "$(printf '\033')"
