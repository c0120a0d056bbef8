#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An API server, or what stands in front of one, that does everything wrong that it can: each time
# the status and the message are true, nothing hangs, memory stays bounded and no token goes where
# it does not belong. The server is a scripted one (tests/fake).
. "$(dirname "$0")/../functions.sh"
needs_tool /usr/bin/time
setup
fake_engine=${KRX_BUILDDIR:-}/tests/fake/fake-engine
[ -x "$fake_engine" ] || fail "$fake_engine is not built"
allow_module kubernetes
export KUBECONFIG=$work/kubeconfig
token=the-token-xyzzy

# Sanitizers take more.
memory_max=${KRX_MEMORY_KIB:-65536}

meta='"namespace":"default","uid":"u1","resourceVersion":"7","generation":1,"labels":{"managed-by":"kranix","kranix.io/workload":"web"}'
web='{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web",'$meta'},"spec":{"replicas":1,"selector":{"matchLabels":{"kranix.io/workload":"web"}},"template":{"spec":{"containers":[{"name":"web","image":"busybox"}]}}},"status":{"replicas":1,"readyReplicas":1,"updatedReplicas":1,"availableReplicas":1,"observedGeneration":1}}'
pod='{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1",'$meta'},"spec":{"nodeName":"n1","containers":[{"name":"web","image":"busybox"}]},"status":{"phase":"Running","containerStatuses":[{"name":"web","ready":true,"restartCount":0,"containerID":"containerd://c1","state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}]}}'
deployments=/apis/apps/v1/namespaces/default/deployments
pods=/api/v1/namespaces/default/pods

# page ITEMS [MORE METADATA]: a page of a list
page() {
    printf '{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"7"%s},"items":[%s]}' "${2:-}" "$1"
}

good_jobs="GET /apis/batch/v1
    body {\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"cronjobs\",\"kind\":\"CronJob\",\"namespaced\":true}]}
GET /apis/batch/v1/namespaces/default/cronjobs
    body $(page "")"

fakes=()
stop_fakes() {
    [ ${#fakes[@]} = 0 ] || kill "${fakes[@]}"
    wait
    fakes=()
}
cleanup stop_fakes

# serve NAME <SCRIPT: a server of that name; its address in $address, its requests in $work/NAME.log
serve() {
    rm -f "$work/$1.log" "$work/$1.out"
    cat >"$work/$1.script"
    "$fake_engine" --listen tcp:127.0.0.1:0 --script "$work/$1.script" --log "$work/$1.log" \
        >"$work/$1.out" 2>&1 </dev/null &
    fakes+=($!)
    wait_for 10 "the fake server" grep -q listening "$work/$1.out"
    address=$(sed 's/listening tcp://' "$work/$1.out")
}

# asked TEXT [NAME]: how many requests had it in their first line
asked() { grep -cE "^(GET|POST|PATCH|DELETE) .*$1" "$work/${2:-api}.log"; }

# against STATUSES WHAT ARGUMENT... <SCRIPT: runs kranix against a server with that script
against() {
    local wanted=$1 what=$2 kilobytes
    shift 2
    cat - <(printf '%s\n' "$good_jobs") >"$work/script"
    serve api <"$work/script"
    cat >"$KUBECONFIG" <<YAML
current-context: it
contexts: [{name: it, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://$address"}}]
users: [{name: u, user: {token: $token}}]
YAML
    chmod 600 "$KUBECONFIG"
    run timeout -k 5 60 /usr/bin/time -f '%M' -o "$work/time" \
        "$krx_bin" --state-dir "$work/kranix-state" --backend kubernetes "$@"
    stop_fakes
    case " $wanted " in
    *" $status "*) ;;
    *) fail "$what: status $status, not one of $wanted" ;;
    esac
    [ "$status" = 0 ] || [ -s "$err" ] || fail "$what: no message"
    has_not "$err" "$token"
    kilobytes=$(tail -n 1 "$work/time")
    [ "$kilobytes" -lt "$memory_max" ] || fail "$what: $kilobytes KiB of memory"
}

# answers STATUSES WHAT MESSAGE ARGUMENT... <DIRECTIVES: to whatever is asked
answers() {
    local wanted=$1 what=$2 message=$3
    shift 3
    { echo '* /*' && cat; } >"$work/answer"
    against "$wanted" "$what" "$@" <"$work/answer"
    [ -z "$message" ] || has "$err" "$message"
}
list=(list --instances --unmanaged -n default --timeout 10s)

# The script is right as far as nothing is wrong.
against 0 "a good server" list -n default -o json <<SCRIPT
GET $deployments
    body $(page "$web")
GET $pods
    body $(page "$pod")
SCRIPT
json '.[0].name' web

# ------------------------------------------------------------------------------ what is too large
# Each of them is refused as soon as it is too much, not when it has all been read.

answers 4 "an object of 5 GB" 'web.*larger than' status web -n default --timeout 30s <<SCRIPT
    once $web
    body {"more":"and more"},
    fault endless 5368709120
SCRIPT
answers 4 "a list of one item of 5 GB" 'more than' "${list[@]}" <<SCRIPT
    chunked
    once {"items":[{"metadata":{"name":"
    body xxxxxxxxxxxxxxxx
    fault endless 5368709120
SCRIPT
answers 4 "a list nested 5 GB deep" 'nested deeper' "${list[@]}" <<SCRIPT
    chunked
    once {"items":[
    body [[[[[[[[
    fault endless 5368709120
SCRIPT
answers 4 "a refusal of 5 GB" 'listing pods.*larger than' "${list[@]}" <<SCRIPT
    status 500
    chunked
    body {"message":"no"}
    fault endless 5368709120
SCRIPT
answers 4 "a gzip bomb" 'not JSON' "${list[@]}" <<SCRIPT
    header Content-Encoding: gzip
    header Content-Type: application/json
    chunked
    once \\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x03
    body \\xec\\xc1\\x01\\x01\\x00\\x00\\x00\\x80\\x90\\xfe
    fault endless 5368709120
SCRIPT

# ----------------------------------------------------------------------------- what is not an answer

answers 4 "a page that ends in the middle" 'half a JSON document' "${list[@]}" <<SCRIPT
    body $(page "$pod,$pod" | head -c 400)
SCRIPT
answers 4 "a connection that breaks in the middle of a page" 'cut short' "${list[@]}" <<SCRIPT
    body $(page "$pod,$pod")
    fault half
SCRIPT
[ "$(asked pods)" -gt 1 ] || fail "a page that broke off was not asked for again"
answers 4 "a page of a proxy" 'a proxy before the API server' "${list[@]}" <<SCRIPT
    status 502
    header Content-Type: text/html
    body <html><h1>502 Bad Gateway</h1></html>
SCRIPT
answers 4 "a page of a proxy that says 200" 'not JSON' "${list[@]}" <<SCRIPT
    header Content-Type: text/html
    body <html>Please log in</html>
SCRIPT
answers 4 "500 with a reason" 'etcdserver: leader changed' "${list[@]}" <<SCRIPT
    status 500
    header Content-Type: application/json
    body {"kind":"Status","status":"Failure","message":"etcdserver: leader changed","code":500}
SCRIPT
answers 5 "bytes that trickle" 'the deadline passed' list --instances --unmanaged -n default --timeout 2s <<SCRIPT
    body $(page "$pod")
    drip 100
SCRIPT
answers 4 "a list that is none" 'not JSON' "${list[@]}" <<SCRIPT
    body ["metadata"]
SCRIPT
printf -v before '%(%s)T' -1
answers 1 "come back tomorrow" 'tried again in 86400 s' list --instances --unmanaged -n default --timeout 60s <<SCRIPT
    status 429
    header Retry-After: 86400
    header Content-Type: application/json
    body {"kind":"Status","message":"too many requests","code":429}
SCRIPT
has "$err" 'too many requests'
printf -v after '%(%s)T' -1
[ $((after - before)) -lt 30 ] || fail "Retry-After of a day was waited for"
answers 4 "pages without end" 'goes on with itself' "${list[@]}" <<SCRIPT
    body $(page "$pod" ',"continue":"again"')
SCRIPT

# Names that no server should give are printed as what they are not: harmless.
answers 0 "names with bytes of all kinds" '' "${list[@]}" <<SCRIPT
    body $(page "$pod" | sed 's/web-1/a\\xff\\xfeb\\\\u0000c\\\\u001b[31md/')
SCRIPT
has_not "$out" $'\x1b'
has_not "$err" $'\x1b'

# ------------------------------------------------------------------------------------ another host

serve elsewhere <<'SCRIPT'
GET /*
    body {}
SCRIPT
answers 4 "a redirect to another host" 'status 302' "${list[@]}" <<SCRIPT
    status 302
    header Location: http://$address/steal
SCRIPT
[ ! -s "$work/elsewhere.log" ] || fail "a redirect was followed: $(cat "$work/elsewhere.log")"

# ---------------------------------------------------------------------------------------- watching

# event TYPE OBJECT
event() { printf '    line {"type":"%s","object":%s}\n' "$1" "$2"; }
named() { sed "s/\"web-1\"/\"$1\"/; s/\"u1\"/\"u-$1\"/; s/\"resourceVersion\":\"7\"/\"resourceVersion\":\"$2\"/" <<<"$pod"; }
watching="GET $pods?labelSelector=app%3Dweb%2Cmanaged-by%3Dkranix&watch=true*"
workload="GET $deployments/web
    body $web
GET $pods
    body $(page "$pod")
GET $pods/web-1/log
    line 2026-01-01T00:00:00.000000001Z one
GET $pods/web-2/log
    line 2026-01-01T00:00:00.000000002Z two"
follow=(logs web -f -n default --timeout 4s)

# lines COUNT TEXT: so many lines of the output have it
lines() { same "lines with $2" "$(grep -c "$2" "$out")" "$1"; }

against 5 "a watch closed every second" "${follow[@]}" <<SCRIPT
$watching
    times 1
    delay 1000
$(event ADDED "$(named web-2 8)")
$watching
    delay 1000
$workload
SCRIPT
lines 1 one
lines 1 two
[ "$(asked 'watch=true')" -ge 2 ] || fail "a closed watch was not taken up again"
[ "$(asked 'watch=true')" -le 5 ] || fail "a closed watch was asked for $(asked 'watch=true') times"
same "lists" "$(asked 'pods\?.*limit=')" 2

against 5 "a watch closed at once, again and again, and breaking off" "${follow[@]}" <<SCRIPT
$watching
    times 2
$(event ADDED "$(named web-2 8)")
$(event MODIFIED "$(named web-2 9)")
    fault half
$watching
    times 2
    fault drop
$watching
$(event ADDED "$(named web-2 8)")
$workload
SCRIPT
lines 1 one
lines 1 two
[ "$(asked 'watch=true')" -le 60 ] || fail "the watch was asked for $(asked 'watch=true') times"

against 5 "events twice, in no order, of no kind" "${follow[@]}" <<SCRIPT
$watching
    times 1
$(event DELETED "$(named web-9 5)")
$(event MODIFIED "$(named web-2 12)")
$(event ADDED "$(named web-2 8)")
$(event ADDED "$(named web-2 8)")
$(event SURPRISE "$(named web-2 8)")
$(event BOOKMARK '{"kind":"Pod","metadata":{"resourceVersion":"13"}}')
$(event ADDED null)
$(event ADDED '{"metadata":[]}')
    line {}
    line {"type":7,"object":"x"}
$watching
    delay 1000
$workload
SCRIPT
lines 1 one
lines 1 two

against 5 "410 over and over" "${follow[@]}" <<SCRIPT
$watching
    status 410
    header Content-Type: application/json
    body {"kind":"Status","reason":"Expired","message":"too old resource version","code":410}
$workload
SCRIPT
lines 1 one
[ "$(asked 'pods\?.*limit=')" -le 12 ] || fail "after 410 there were $(asked 'pods\?.*limit=') lists"

against 4 "an event of 5 GB" logs web -f -n default --timeout 30s <<SCRIPT
$watching
    chunked
    once {"type":"ADDED","object":{"metadata":{"name":"
    body xxxxxxxxxxxxxxxx
    fault endless 5368709120
$workload
SCRIPT
has "$err" 'more than'

against 0 "a line of 100 MiB" logs web -n default --timeout 30s <<SCRIPT
GET $pods/web-1/log
    chunked
    once 2026-01-01T00:00:00.000000001Z 
    body xxxxxxxxxxxxxxxx
    fault endless 104857600
$workload
SCRIPT
[ "$(stat -c %s "$out")" -ge 104857600 ] || fail "of the long line $(stat -c %s "$out") bytes came"

# --------------------------------------------------------------------------------------------- exec

# session STATUSES WHAT MESSAGE <DIRECTIVES: what answers the exec request
session() {
    { echo "GET $pods/web-1/exec" && cat && echo "$workload"; } >"$work/session"
    against "$1" "$2" exec web -n default --timeout 5s -- true <"$work/session"
    [ -z "$3" ] || has "$err" "$3"
}
session 0 "a good session" '' <<'SCRIPT'
    websocket v4.channel.k8s.io
    body \x82\x03\x01hi\x82\x15\x03{"status":"Success"}
SCRIPT
has "$out" hi
session 4 "a switch to something else" 'did not switch' <<'SCRIPT'
    upgrade
SCRIPT
session 4 "an answer to another request" 'not one to our' <<'SCRIPT'
    upgrade
    header Upgrade: websocket
    header Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=
SCRIPT
session 4 "a protocol that was not offered" 'not offered' <<'SCRIPT'
    websocket v9.channel.k8s.io
SCRIPT
session 4 "an end without a verdict" 'ended before its end was told' <<'SCRIPT'
    websocket v4.channel.k8s.io
    body \x82\x03\x01hi
    hangup
SCRIPT
session 4 "a verdict that is none" 'ended before its end was told' <<'SCRIPT'
    websocket v4.channel.k8s.io
    body \x82\x06\x03oops\x0a
    hangup
SCRIPT
session 4 "an exit code that is none" 'NonZeroExitCode' <<'SCRIPT'
    websocket v4.channel.k8s.io
    body \x82\x7e\x00\x84\x03{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"99999999999999999999999999"}]}}
    hangup
SCRIPT
session 4 "frames against the rules" 'a damaged WebSocket frame' <<'SCRIPT'
    websocket v4.channel.k8s.io
    body \xf7\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff
SCRIPT
session 4 "a verdict of 1 GB" 'more than' <<'SCRIPT'
    websocket v4.channel.k8s.io
    once \x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00\x03
    body xxxxxxxxxxxxxxxx
    fault endless 5368709120
SCRIPT
session 5 "a session that says nothing" 'the deadline passed' <<'SCRIPT'
    websocket v4.channel.k8s.io
SCRIPT
exit 0
