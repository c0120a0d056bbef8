#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exec, attach and port-forward: exit codes, streams, input, terminals, and refusals with a reason.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
needs_tool microsocks
needs_tool tinyproxy
setup

spec web 2 >"$work/web.yaml" <<'YAML'
command: [sh, -c]
args: ['mkdir /www; echo hello >/www/index.html; httpd -p 8080 -h /www; trap exit TERM; while :; do sleep 0.1; done']
YAML
ok kranix deploy -f "$work/web.yaml" --wait=120s

# exit codes and streams
ok kranix exec web -n "$ns" -- sh -c 'echo to stdout; echo to stderr >&2'
same "standard output" "$(cat "$out")" "to stdout"
same "standard error" "$(cat "$err")" "to stderr"
fails 3 kranix exec web -n "$ns" -- sh -c 'exit 3'
fails 127 kranix exec web -n "$ns" -- no-such-program
has "$err" 'no-such-program.*not found'
fails 126 kranix exec web -n "$ns" -- /etc/passwd
ok kranix exec web -n "$ns" -e 'GREETING=hello you' -- sh -c 'echo "$GREETING"'
same "a variable" "$(cat "$out")" "hello you"
fails 7 kranix exec web -n "$ns" --user nobody -- id
has "$err" 'user'
fails 7 kranix exec web -n "$ns" --workdir /tmp -- pwd
fails 3 kranix exec nobody -n "$ns" -- true

# one pod by its name
pod=$(kube get pods -o 'jsonpath={.items[1].metadata.name}')
ok kranix exec "$pod" -n "$ns" -- hostname
same "the pod that was named" "$(cat "$out")" "$pod"

# bytes of every kind, both ways, far more than any buffer holds
head -c 3000000 /dev/urandom >"$work/bytes"
kranix exec -i web -n "$ns" -- head -c 3000000 <"$work/bytes" >"$work/back" 2>"$err" || fail "exec -i"
cmp "$work/bytes" "$work/back" || fail "the bytes came back changed"

# the end of the input reaches the command, which ends by itself
sum=$(sha256sum <"$work/bytes")
timeout 60 "$krx_bin" --state-dir "$work/kranix-state" exec -i web -n "$ns" -- sha256sum <"$work/bytes" >"$out" 2>"$err" ||
    fail "exec -i up to the end of the input: $(cat "$err")"
same "the sum of what arrived" "$(cat "$out")" "$sum"
same "what is said beside it" "$(cat "$err")" ""
timeout 60 "$krx_bin" --state-dir "$work/kranix-state" exec -i web -n "$ns" -- cat <"$work/bytes" >"$work/back" 2>"$err" ||
    fail "exec -i cat: $(cat "$err")"
cmp "$work/bytes" "$work/back" || fail "cat brought the bytes back changed"
printf 'a\nb\n' | timeout 60 "$krx_bin" --state-dir "$work/kranix-state" exec -i web -n "$ns" -- \
    sh -c 'wc -l; echo to stderr >&2; exit 9' >"$out" 2>"$err"
same "status of a command with input" "${PIPESTATUS[1]}" 9
same "lines of its input" "$(tr -d ' ' <"$out")" 2
same "its standard error" "$(cat "$err")" "to stderr"
timeout 60 "$krx_bin" --state-dir "$work/kranix-state" exec -i web -n "$ns" -- sh -c 'wc -c' </dev/null >"$out" 2>"$err" ||
    fail "exec -i without a byte: $(cat "$err")"
same "bytes of no input" "$(tr -d ' ' <"$out")" 0

# a terminal
ok kranix exec -t web -n "$ns" -- sh -c 'test -t 1 && echo it is one'
has "$out" 'it is one'

# a command that goes on ends with its deadline
fails 5 kranix --timeout 2s exec web -n "$ns" -- sleep 100

# attach: what the main process prints, what it is told, and how it ends
kube apply -f - >"$out" 2>"$err" <<'YAML' || fail "apply"
apiVersion: v1
kind: Pod
metadata: {name: asking}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers:
  - {name: it, image: 'busybox:kranix', stdin: true, command: [sh, -c, 'read x; echo "got $x"; exit 4']}
YAML
kube wait --for=condition=Ready pod/asking --timeout=180s >"$out" 2>"$err" || fail "the pod is not ready"
echo something | kranix attach -i asking -n "$ns" >"$work/attached" 2>"$err"
same "status of attach" "${PIPESTATUS[1]}" 4
same "output of attach" "$(cat "$work/attached")" "got something"

# a container whose input is for one only gets its end
kube apply -f - >"$out" 2>"$err" <<'YAML' || fail "apply"
apiVersion: v1
kind: Pod
metadata: {name: counting}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers:
  - {name: it, image: 'busybox:kranix', stdin: true, stdinOnce: true, command: [sh, -c, 'echo $(wc -l) lines; exit 5']}
YAML
kube wait --for=condition=Ready pod/counting --timeout=180s >"$out" 2>"$err" || fail "the pod is not ready"
printf 'a\nb\n' | timeout 60 "$krx_bin" --state-dir "$work/kranix-state" attach -i counting -n "$ns" >"$work/attached" 2>"$err"
same "status of attach to the end of its input" "${PIPESTATUS[1]}" 5
same "output of attach to the end of its input" "$(cat "$work/attached")" "2 lines"

# a workload whose spec asks for an input
spec talk 1 >"$work/talk.yaml" <<'YAML'
command: [sh, -c, 'read x; echo "got $x"; read y; echo "and $y"; sleep 1000']
stdin: true
stopGracePeriod: 1s
YAML
ok kranix deploy -f "$work/talk.yaml" --wait=120s
env --default-signal=INT "$krx_bin" --state-dir "$work/talk-state" attach -i talk -n "$ns" <<<something \
    >"$work/talk" 2>"$work/talk.err" &
talk=$!
wait_for 20 "an answer" grep -q 'got something' "$work/talk"
env --default-signal=INT "$krx_bin" --state-dir "$work/talk-state" attach -i talk -n "$ns" <<<more \
    >"$work/other" 2>"$work/other.err" &
other=$!
wait_for 20 "the answer to somebody else" grep -q 'and more' "$work/talk"
for pid in "$talk" "$other"; do
    kill -INT "$pid"
    wait "$pid"
    same "status of an attach that was left" "$?" 130
done
ok kranix destroy talk -n "$ns"

# a port, with many connections at once
env --default-signal=INT "$krx_bin" --state-dir "$work/forward-state" port-forward web -n "$ns" :8080 >"$work/forward" 2>"$work/forward.err" </dev/null &
forward=$!
stop_forward() { [ -z "$forward" ] || kill "$forward"; }
cleanup stop_forward
wait_for 20 "the forwarded port" grep -qE '127\.0\.0\.1:[0-9]+' "$work/forward" "$work/forward.err"
port=$(grep -ohE '127\.0\.0\.1:[0-9]+' "$work/forward" "$work/forward.err" | head -n 1)
for i in 1 2 3 4 5 6 7 8; do
    curl -sS --max-time 20 "http://$port/" >"$work/page.$i" 2>"$work/page.$i.err" &
    pages[i]=$!
done
for i in 1 2 3 4 5 6 7 8; do
    wait "${pages[i]}" || fail "page $i: $(cat "$work/page.$i.err" "$work/forward.err")"
    same "page $i" "$(cat "$work/page.$i")" hello
done
kill -INT "$forward"
wait "$forward"
forward=""

# through proxies of both kinds, of which the API server's address is asked
proxy=""
stop_proxy() {
    [ -z "$proxy" ] || { kill "$proxy" && wait "$proxy"; } 2>/dev/null
    proxy=""
}
cleanup stop_proxy
free_port() {
    port=$((20000 + RANDOM % 10000))
    while (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
}
takes_connections() { kill -0 "$proxy" && (: >"/dev/tcp/127.0.0.1/$port"); }
# through URL COMMAND...: with what the proxy of that URL notes in $work/proxy.log
through() {
    local url=$1
    shift
    "$@" >"$work/proxy.log" 2>&1 </dev/null &
    proxy=$!
    wait_for 20 "the proxy" takes_connections
    "$KRX_KUBECTL" --kubeconfig "$KRX_KUBECONFIG" config view --raw -o json |
        jq --arg url "$url" '.clusters[].cluster["proxy-url"] = $url' >"$work/far" || fail "kubeconfig"
    chmod 600 "$work/far"
    KUBECONFIG=$work/far ok kranix exec web -n "$ns" -- echo far
    same "output through a proxy" "$(cat "$out")" far
    server=$(jq -r '.clusters[0].cluster.server | sub("https://"; "")' "$work/far")
    wait_for 10 "a word of the proxy about ${server%:*}" grep -qF "${server%:*}" "$work/proxy.log"
    stop_proxy
    KUBECONFIG=$work/far fails 4 kranix exec web -n "$ns" -- echo far
    has "$err" 'proxy|[Cc]onnect'
    has_not "$err" s3cret
}
free_port
through "socks5://joe:s3cret@127.0.0.1:$port" microsocks -i 127.0.0.1 -p "$port" -u joe -P s3cret
free_port
printf 'Port %s\nListen 127.0.0.1\nBasicAuth joe s3cret\nLogLevel Info\n' "$port" >"$work/proxy.conf"
through "http://joe:s3cret@127.0.0.1:$port" tinyproxy -d -c "$work/proxy.conf"

# who may not is told the rule that is missing
"$KRX_KUBECTL" --kubeconfig "$KRX_KUBECONFIG" config view --raw -o json |
    jq '.users[].user.as = "eve"' >"$work/eve" || fail "kubeconfig of eve"
kube create role reader --verb=get,list --resource=pods,deployments.apps,cronjobs.batch >"$out" 2>"$err" || fail "role"
kube create rolebinding reader --role=reader --user=eve >"$out" 2>"$err" || fail "rolebinding"
KUBECONFIG=$work/eve fails 6 kranix exec web -n "$ns" -- true
has "$err" 'pods/exec'
has "$err" 'hint'

ok kranix destroy web -n "$ns"
fails 3 kranix exec web -n "$ns" -- true
