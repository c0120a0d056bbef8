#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The API server is gone for 20 s in the middle of deploy --wait, logs -f and list --watch: each goes
# on afterwards, with nothing lost. What is asked meanwhile ends with 4 and says so. An API server
# that takes connections but answers nothing costs the time allowed and no more.
. "$(dirname "$0")/../functions.sh"
requires_own kubernetes
setup

spec ticker 1 >"$work/ticker.yaml" <<YAML
command: [sh, -c, 'trap exit TERM; i=0; while :; do i=\$((i + 1)); echo line \$i; sleep 0.5; done']
stopGracePeriod: 1s
YAML
# Ready some 30 s after its start: neither before the outage nor within it.
spec slow 1 >"$work/slow.yaml" <<YAML
command: [sh, -c, 'trap exit TERM; sleep 30; touch /tmp/ready; while :; do sleep 0.1; done']
stopGracePeriod: 1s
probes:
  readiness: {type: exec, command: [test, -e, /tmp/ready], periodSeconds: 1}
YAML
spec later 1 >"$work/later.yaml" <<YAML
$sleeper
stopGracePeriod: 1s
YAML

# begin NAME ARGUMENT...: kranix in the background, its streams in NAME.out and NAME.err.
declare -A begun
begin() {
    local name=$1
    shift
    env --default-signal=INT "$krx_bin" --state-dir "$work/kranix-state" "$@" \
        >"$work/$name.out" 2>"$work/$name.err" </dev/null &
    begun[$name]=$!
}
stop_begun() {
    kill "${begun[@]}" 2>/dev/null
    wait
}
cleanup stop_begun

# end NAME [STATUS...]: it ends with one of them.
end() {
    local name=$1 status
    shift
    wait "${begun[$name]}"
    status=$?
    unset "begun[$name]"
    out=$work/$name.out
    err=$work/$name.err
    case " $* " in *" $status "*) ;; *) fail "$name ended with $status, not with $*" ;; esac
}

ok kranix deploy -f "$work/ticker.yaml" --wait=180s
begin follow logs ticker -n "$ns" --backend kubernetes -f
begin watch list -n "$ns" --backend kubernetes --watch
begin deploy deploy -f "$work/slow.yaml" --wait=180s
wait_for 30 "the first lines" grep -q 'line 2' "$work/follow.out"
wait_for 30 "the first rows" grep -q ticker "$work/watch.out"
running() { [ "$(kube get pods -l "$label_workload=slow" -o 'jsonpath={.items[0].status.phase}')" = Running ]; }
wait_for 60 "the slow one's pod" running

cluster api-stop
printf -v back '%(%s)T' -1
back=$((back + 20))
fails 4 kranix status ticker -n "$ns" --backend kubernetes --timeout 10s
has "$err" '10\.201\.0\.1|[Cc]onnect'
fails 4 kranix list -n "$ns" --backend kubernetes --timeout 10s
has "$err" '10\.201\.0\.1|[Cc]onnect'
fails 4 kranix deploy -f "$work/later.yaml" --timeout 10s
fails 4 kranix logs ticker -n "$ns" --backend kubernetes --timeout 10s
fails 4 kranix exec ticker -n "$ns" --backend kubernetes --timeout 10s -- true
while [ "$(printf '%(%s)T' -1)" -lt "$back" ]; do
    sleep 0.2
done
last=$(grep -c '^line' "$work/follow.out")
cluster api-start

end deploy 0
ok kranix deploy -f "$work/later.yaml" --wait=180s
wait_for 60 "the new workload in the watch" grep -q later "$work/watch.out"
wait_for 60 "lines after the outage" grep -qx "line $((last + 60))" "$work/follow.out"
kill -INT "${begun[follow]}" "${begun[watch]}"
end watch 130 0
end follow 130 0
has "$work/follow.out" '^line 1$'
same "lines that came twice, out of order or not at all" \
    "$(awk '$2 != ++n { print; exit }' "$work/follow.out")" ""
out=$work/out err=$work/err

# ------------------------------------------------------------------------------- deaf, not gone

cluster api-freeze
printf -v before '%(%s)T' -1
run kranix status ticker -n "$ns" --backend kubernetes --timeout 3s
printf -v after '%(%s)T' -1
cluster api-thaw
[ "$status" = 4 ] || [ "$status" = 5 ] || fail "a deaf server: status $status"
[ -s "$err" ] || fail "a deaf server: no message"
[ $((after - before)) -lt 60 ] || fail "a deaf server held us for $((after - before)) s"
wait_for 60 "the server to be itself again" kube get pods
ok kranix status ticker -n "$ns" --backend kubernetes

# ----------------------------------------------------------------------------------- a node dies

node=$(kube get pods -l "$label_workload=later" -o 'jsonpath={.items[0].spec.nodeName}')
cluster node-stop "${node#node}"
unready() { [ "$(kubectl get node "$node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" != True ]; }
wait_for 60 "the dead node to be noticed" unready
ok kranix nodes list --backend kubernetes -o json
json "map(select(.name == \"$node\"))[0].ready" false
ok kranix status later -n "$ns" --backend kubernetes
cluster node-start "${node#node}"
for name in ticker slow later; do
    ok kranix destroy "$name" -n "$ns" --backend kubernetes
done
