#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Verbs that only a cluster has, as a user meets them: what they print and how they end.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup
kr() {
    kranix --backend kubernetes -n "$ns" "$@"
}

web() {
    spec web 2 <<YAML
command: [sh, -c, "trap exit TERM; mkdir /www; echo page-\$V >/www/index.html; httpd -h /www -p 8080; while :; do sleep 0.1; done"]
env: {V: $1}
ports: [{containerPort: 8080}]
YAML
}
web one >"$work/one.yaml"
web two >"$work/two.yaml"

# A manifest needs no cluster, whatever the default backend.
ok kranix manifest -f "$work/one.yaml"
cp "$out" "$work/web.manifest"
has "$work/web.manifest" '^kind: Deployment$'
has "$work/web.manifest" '^---$'
ok env KUBECONFIG=/nonexistent "$krx_bin" manifest -f "$work/one.yaml"
same "the manifest without a cluster" "$(cat "$out")" "$(cat "$work/web.manifest")"
ok kube apply --dry-run=server -f "$work/web.manifest"
ok kranix manifest -f "$work/one.yaml" -o json
json .kind List
json '[.items[].kind] | index("Deployment") != null' true
fails 2 kranix manifest
fails 2 kranix manifest web -f "$work/one.yaml"

# Deployed, changed, taken back.
ok kr deploy -f "$work/one.yaml" --wait
ok kr deploy -f "$work/one.yaml" --diff
fails 10 kr deploy -f "$work/two.yaml" --diff
has "$out" '^-env.V: one$'
has "$out" '^\+env.V: two$'
ok kube scale deployment web --replicas 3
fails 10 kr deploy -f "$work/one.yaml" --diff
has "$out" 'replicas: 2'
ok kr deploy -f "$work/one.yaml" --wait
ok kr deploy -f "$work/two.yaml" --wait
ok kr history web -o json
json length 2
json '.[0].current' true
ok kr rollback web
has "$out" '^web rolled back, now revision 3$'
ok kr history web
has "$out" '^REVISION +CURRENT'
has "$out" '^3 +yes'
fails 3 kr rollback web --to 99
fails 3 kr rollback nobody
ok kr manifest web -o name
has "$out" '^Deployment/web$'

# Status tells what happened and why.
ok kr status web
has "$out" '^AGE +EVENT +INSTANCE +MESSAGE$'
ok kr status web -o json
json '.events | length > 0' true
spec missing 1 <<<'pullPolicy: Never' | sed 's/busybox:kranix/no-such-image:none/' >"$work/missing.yaml"
ok kr deploy -f "$work/missing.yaml"
told() {
    kr status missing | grep -q 'ErrImageNeverPull'
}
wait_for 60 "the reason of missing" told
ok kr destroy missing

# Checkpoints remember the number of replicas.
ok kr checkpoint web --comment 'before the weekend'
ok kr checkpoints web -o json
json '.[0].comment' 'before the weekend'
json '.[0].workloadId' web
id=$(jq -r '.[0].checkpointId' <"$out")
ok kr list -o json
json '.[0].readyReplicas' 0
fails 3 kr restore web no-such-checkpoint
ok kr restore web "$id"
ready() {
    [ "$(kr list -o json | jq -r '.[0].readyReplicas')" = 2 ]
}
wait_for 60 "two replicas again" ready

# Ports, to any pod that runs; each connection is a new one.
"$krx_bin" --backend kubernetes -n "$ns" port-forward web :8080 >"$work/forward" 2>"$work/forward.err" &
forward=$!
cleanup end_forward
end_forward() {
    kill "$forward" 2>/dev/null
    wait "$forward" 2>/dev/null
}
listening() {
    grep -q '^Forwarding from 127.0.0.1:[0-9]* -> 8080$' "$work/forward"
}
wait_for 30 "the forwarded port" listening
port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$work/forward")
page() {
    same "the page" "$(curl -sS -m 20 "http://127.0.0.1:$port/")" page-one
}
page
ok kr restart web
ok kr deploy -f "$work/one.yaml" --wait
page
kill "$forward"
ended=0
wait "$forward" || ended=$?
same "status of an ended port-forward" "$ended" 130
fails 3 kr port-forward nobody 8080
fails 2 kr port-forward web http
fails 2 kr port-forward web

# What happened, one line each.
ok kr events web
has "$out" "^[0-9-]+T[0-9:.]+Z [A-Za-z]+ $ns/web web-"
ok kr events -o json
json 'type' array

# Volumes by themselves.
{
    spec keeper 1 <<<"volumes: [{name: data, size: 1Mi, mountPath: /data}]"
    echo "$sleeper"
} >"$work/keeper.yaml"
ok kr volumes create -f "$work/keeper.yaml"
ok kr volumes list -o json
json '.[0].name' data
json '.[0].workloadId' keeper
json '.[0].backend' kubernetes
ok kr volumes remove keeper
gone() {
    [ "$(kr volumes list -o json)" = "[]" ]
}
wait_for 60 "the volume to go" gone

# Nodes are looked at only: others use them.
ok kr nodes list
has "$out" '^NAME +STATUS +ROLES +AGE +VERSION +SCORE$'
ok kr nodes list -o name
same "nodes" "$(sort "$out" | tr '\n' ' ')" "$(tr ' ' '\n' <<<"$KRX_KUBE_NODES" | sort | tr '\n' ' ')"
ok kr nodes list "${KRX_KUBE_NODES%% *}" -o json
json .ready true
json '.score >= 0 and .score <= 100' true
fails 3 kr nodes list no-such-node
fails 3 kr nodes cordon no-such-node
fails 3 kr nodes drain no-such-node
fails 2 kr nodes drain
fails 2 kr nodes drain x --ignore-daemonsets=perhaps
ok kr health -o json
json '.backends[0].healthy' true
json '.count >= 1' true

# What workloads may refer to.
ok kranix backends setup kubernetes
ok kranix backends setup kubernetes --dry-run -o json
json '[.[].action] | unique | join(",")' unchanged
ok kubectl get priorityclass kranix-high

ok kr destroy web
fails 3 kr checkpoint web
fails 3 kr history web
