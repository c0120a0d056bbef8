#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All that there is without root: images, workloads, reaching in, ports, volumes; and what this user
# or this runtime can't, the capability report says with the reason.
. "$(dirname "$0")/../functions.sh"
export KRX_OCI_RUNTIME=${KRX_OCI_RUNTIME:-crun}
requires oci registry
needs_runtime "$KRX_OCI_RUNTIME"
needs_tool curl
as_made_up_user
setup

tags() { kranix images list -o json | jq -r '[.[].tags[]?] | sort | join(" ")'; }
count() { find "$1" -mindepth 1 -maxdepth 1 -not -name '*.lock' | wc -l; }

# ------------------------------------------------------------------------------------------- images

registry_image=$KRX_REGISTRY/$ns/app:1
auth=$(printf '%s:%s' "$KRX_REGISTRY_USER" "$KRX_REGISTRY_PASSWORD" | base64 -w 0)
printf '{"auths":{"%s":{"auth":"%s"}}}' "$KRX_REGISTRY" "$auth" >"$DOCKER_CONFIG/config.json"
chown -R "$oci_user" "$DOCKER_CONFIG"
same "tags at first" "$(tags)" busybox:kranix
ok kranix images tag busybox:kranix "$registry_image"
ok kranix images push "$registry_image"
ok kranix images remove "$registry_image"
ok kranix images remove busybox:kranix
ok kranix images prune --all
same "blobs when nothing is left" "$(count "$oci_root/images/blobs/sha256")" 0
ok kranix images pull "$registry_image"
ok kranix images tag "$registry_image" busybox:kranix
ok kranix images list
has "$out" 'busybox:kranix'

# --------------------------------------------------------------------- a workload of two, and its log

spec site 2 >"$work/site.yaml" <<'YAML'
command: [sh, -c, 'echo begin; mkdir -p /tmp/www; hostname >/tmp/www/name; httpd -p 80 -h /tmp/www; trap "exit 3" TERM; i=0; while :; do i=$((i + 1)); echo tick $i; sleep 0.2; done']
ports: [{containerPort: 80, hostPort: 0}]
volumes: [{name: keep, mountPath: /data}]
resources: {memoryLimit: 64Mi}
restartPolicy: always
stopGracePeriod: 2s
YAML
ok kranix deploy -f "$work/site.yaml" --wait=60s
same "containers" "$(replica_count site)" 2
ok kranix images list -o json
same "layers" "$(count "$oci_root/layers")" 1
ok kranix exec site -n "$ns" -- sh -c 'id -u; chown 1000:1000 /data && stat -c %u:%g /data'
same "who it is inside" "$(tr '\n' ' ' <"$out")" "0 1000:1000 "
fails 3 kranix exec site -n "$ns" -- sh -c 'exit 3'
fails 127 kranix exec site -n "$ns" -- nothing-of-that-name
same "whose a layer is outside" "$(stat -c %u "$oci_root"/layers/*/fs)" "$oci_user"

served() { curl -fsS --max-time 3 -o /dev/null "http://192.0.2.2:$1/name"; }
ok kranix status site -n "$ns" -o json
ports=$(jq -r '.instances[].ports[]' "$out" | sed -E 's/.*:([0-9]+)->.*/\1/' | sort -u)
same "ports" "$(wc -l <<<"$ports")" 2
for port in $ports; do
    wait_for 20 "port $port to answer" served "$port"
done

ok kranix logs site -n "$ns" --replica 1
has "$out" 'begin'
# interrupted VERB...: what it shows holds a tick, then it is interrupted
interrupted() {
    local pid seen=$work/seen
    : >"$seen"
    env --default-signal=INT setpriv --reuid "$oci_user" --regid "$oci_user" --clear-groups -- \
        "$krx_bin" "$@" -n "$ns" >"$seen" 2>&1 </dev/null &
    pid=$!
    cleanup kill "$pid"
    wait_for 20 "$1 to show something" grep -q '^tick' "$seen"
    kill -INT "$pid"
    wait "$pid"
    same "status of an interrupted $1" "$?" 130
}
interrupted logs site --replica 1 -f
interrupted attach site --replica 1

ok kranix stats site -n "$ns" --no-stream -o json
json 'length' 2
json 'all(.[]; .networkReceiveBytes > 0)' true

# ------------------------------------------------------------- what can't be had is told, with why

ok kranix backends show oci
cp "$out" "$work/told"
has "$work/told" 'extended\.checkpoint +unsupported +checkpoints need root'
has "$work/told" 'extended\.restore +unsupported +checkpoints need root'
has "$work/told" 'driver\.deploy +native'
fails 7 kranix checkpoint site -n "$ns"
has "$err" 'checkpoints need root'
if grep -qE 'resources\.\* +unsupported' "$work/told"; then
    has "$work/told" 'resources\.\* +unsupported +this user may not make control groups'
    fails 7 kranix deploy -f "$work/site.yaml" --strict
    has "$err" 'resources'
    same "containers" "$(replica_count site)" 2
fi
if grep -qE 'container\.pause +unsupported' "$work/told"; then
    has "$work/told" 'container\.pause +unsupported +this user may not make control groups'
    fails 7 kranix pause site -n "$ns"
    has "$err" 'control groups'
else
    ok kranix pause site -n "$ns"
    ok kranix unpause site -n "$ns"
fi

# ------------------------------------------------------------------------- killed, and started again

first=$(replicas site | head -n 1)
init=$(oci_container "$first" | jq -r '.init[0]')
kill -KILL "$init"
begun_again() {
    [ "$(oci_container "$first" | jq -r '.phase == "running" and .init[0] != '"$init")" = true ]
}
wait_for 20 "its restart" begun_again
same "containers" "$(replica_count site)" 2
for port in $ports; do
    wait_for 20 "port $port to answer after a restart" served "$port"
done
ok kranix restart site -n "$ns"
ok kranix exec site -n "$ns" --replica 1 -- stat -c %u /data
same "whose the volume is after restarts" "$(cat "$out")" 1000

# ------------------------------------------------------------------------------------------- the end

ok kranix images remove "$registry_image"
fails 1 kranix images remove busybox:kranix
ok kranix destroy site -n "$ns"
for port in $ports; do
    ! served "$port" || fail "port $port answers when its container is gone"
done
ok kranix volumes list -n "$ns"
has "$out" 'keep'
ok kranix deploy -f "$work/site.yaml" --wait=60s
ok kranix exec site -n "$ns" -- stat -c %u /data
same "whose the volume is" "$(cat "$out")" 1000
ok kranix destroy site -n "$ns" --volumes
ok kranix images prune --all
same "layers when nothing is left" "$(count "$oci_root/layers")" 0
same "containers when nothing is left" "$(count "$oci_root/containers")" 0
nothing_left
