#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deploy, status, list, destroy and what they say.
. "${srcdir:-.}/tests/cli/functions.sh"

spec web 'replicas: 2' >"$work/web.yaml"
ok deploy -f "$work/web.yaml" --dry-run
has "$out" '^web created \(dry run\)$'
has "$err" 'note: web: replicas is emulated by memory: a number'
same "files after a dry run" "$(find "$data" -type f)" ""
fails 10 deploy -f "$work/web.yaml" --diff
has "$out" '^\+image: registry.local/app:1$'
has "$out" '^\+replicas: 2$'
ok deploy -f "$work/web.yaml" --wait=10s
has "$out" '^web created$'
has "$out" '^web Running, 2 of 2 ready$'
has "$err" '^web: layer1: pulled$'
ok deploy -q -f "$work/web.yaml"
same "what -q prints" "$(cat "$out" "$err")" ""
ok deploy -f "$work/web.yaml"
has "$out" '^web unchanged$'
ok deploy -f "$work/web.yaml" --diff
same "an empty diff" "$(cat "$out")" ""
sed -i 's/app:1/app:2/' "$work/web.yaml"
fails 10 deploy -f "$work/web.yaml" --diff -o json
has "$out" '"path": "image"'
has "$out" '"old": "registry.local/app:1"'
fails 10 deploy -f "$work/web.yaml" --diff
has "$out" '^-image: registry.local/app:1$'
has "$out" '^\+image: registry.local/app:2$'
has_not "$out" 'replicas'
ok deploy -f "$work/web.yaml"
has "$out" '^web replaced$'

ok list
has "$out" '^NAME +NAMESPACE +BACKEND +STATE +READY'
has "$out" '^web +default +memory +Running +2/2'
ok list -o json
has "$out" '"readyReplicas": 2'
has "$out" '^\[$'
ok list -o name
same "list -o name" "$(cat "$out")" web
ok list -o yaml
has "$out" '^- id: web$'
ok list -n other -o json
same "an empty list" "$(cat "$out")" "[]"
ok status web
has "$out" '^Replicas: +2 of 2 ready$'
has "$out" '^web-2 '
ok status web -o json
has "$out" '^\{$'
ok inspect web
has "$out" '"spec": \{'
has "$out" '"image": "registry.local/app:2"'

# without a file
ok deploy --name plain --image busybox -e A=1 -p 8080:80/udp -p '[::1]:81:81' --cpu 250m --memory 64Mi \
    --replicas 3 --network bridge --runtime crun -it -n side -- sleep 5
has "$data/side.plain" '"args":\["sleep","5"\]'
has "$data/side.plain" '"hostPort":8080'
has "$data/side.plain" '"hostIp":"::1"'
has "$data/side.plain" '"network":"bridge","runtime":"crun"'
has "$data/side.plain" '"stdin":true,"tty":true'
ok list -A -o name
same "sorted by namespace and name" "$(tr '\n' ' ' <"$out")" "web plain "
fails 2 deploy --name plain
fails 2 deploy --name plain --image x -f "$work/web.yaml"
fails 2 deploy -t -f "$work/web.yaml"
has "$err" 'exclude each other'
fails 2 deploy --name plain --image x --port 1:2:3:4
fails 2 deploy --name Bad_Name --image x
fails 2 deploy --name plain --image x --network bogus
fails 2 deploy --name plain --image x --port 8080:80 --network none

# several at once: each is tried, the first failure counts
spec away-1 >"$work/one.yaml"
{
    spec two
    echo ---
    spec away-3
} >"$work/more.yaml"
fails 4 deploy -f "$work/one.yaml" -f "$work/more.yaml"
has "$out" '^two created$'
has "$err" 'away-1: nobody answers'
has "$err" 'away-3: nobody answers'
"$kranix_bin" deploy -f - <"$work/web.yaml" >"$out" 2>"$err" || fail "deploy -f -"
has "$out" '^web unchanged$'

# waiting in vain
spec broken-1 >"$work/broken.yaml"
fails 1 deploy -f "$work/broken.yaml" --wait=10s
has "$err" 'no such file'
spec never-1 >"$work/never.yaml"
fails 5 deploy -f "$work/never.yaml" --wait=300ms
has "$err" 'Pending'
spec hang-1 >"$work/hang.yaml"
fails 5 deploy -f "$work/hang.yaml" --timeout 300ms

# what the backend can't do
spec lossy 'hostname: example' >"$work/lossy.yaml"
fails 7 deploy -f "$work/lossy.yaml" --strict
has "$err" 'hostname is unsupported by memory: files have no host name'
[ ! -e "$data/default.lossy" ] || fail "--strict created it"
ok deploy -f "$work/lossy.yaml"
has "$err" 'warning: lossy: hostname'

# namespaces
spec spaced 'namespace: here' >"$work/spaced.yaml"
fails 2 deploy -f "$work/spaced.yaml" -n there
ok deploy -f "$work/spaced.yaml" -n here

# destroy
fails 3 destroy nobody
has "$err" "no workload 'nobody'"
ok destroy nobody --ignore-not-found
fails 3 destroy nobody two broken-1
has "$out" '^two destroyed$'
has "$out" '^broken-1 destroyed$'
ok destroy -f "$work/never.yaml" -f "$work/lossy.yaml"
fails 2 destroy
fails 2 destroy web -f "$work/web.yaml"
fails 3 destroy nobody -o json
has "$err" '^\{"error":.*"code":"NOT_FOUND".*"hint":'
ok destroy web -o json
has "$out" '"action": "destroyed"'

# several go side by side and are told in the order of the file; one that fails stops no other
for i in 1 2 3 4 5 6 7 8; do
    spec "many-$i" 'replicas: 1'
    echo ---
done >"$work/many.yaml"
ok deploy -f "$work/many.yaml"
same "order of what was deployed" "$(grep ' created$' "$out" | tr '\n' ' ')" \
    "$(printf 'many-%s created ' 1 2 3 4 5 6 7 8)"
ok deploy -f "$work/many.yaml" --parallel 1 -o name
same "names" "$(tr '\n' ' ' <"$out")" "$(printf 'many-%s ' 1 2 3 4 5 6 7 8)"
ok deploy -f "$work/many.yaml" --wait=10s -o json
same "results" "$(grep -c '^    "action": "unchanged"' "$out")" 8
fails 2 deploy -f "$work/many.yaml" --parallel 0
ok destroy -f "$work/many.yaml"
