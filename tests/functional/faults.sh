#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An engine that fails in every way: a clear error, status 4 or 5, bounded memory.
. "$(dirname "$0")/functions.sh"
needs_tool /usr/bin/time
setup
fake_engine=${KRX_BUILDDIR:-}/tests/fake/fake-engine
[ -x "$fake_engine" ] || fail "$fake_engine is not built"
listed='[{"Id":"0123456789abcdef","Names":["/x-1"],"Image":"i","State":"running","Status":"Up","Created":1,"Labels":{"managed-by":"kranix","kranix.io/workload":"x","kranix.io/namespace":"default","kranix.io/replica":"1"}}'

fake_pid=""
stop_fake() {
    [ -n "$fake_pid" ] || return 0
    kill "$fake_pid"
    wait "$fake_pid" 2>/dev/null
    fake_pid=""
}
cleanup stop_fake

# Serves $work/script on DOCKER_HOST and notes each request in $work/requests.
start_fake() {
    rm -f "$work/fake.sock" "$work/requests" "$work/fake.out"
    "$fake_engine" --listen "unix:$work/fake.sock" --script "$work/script" --log "$work/requests" \
        >"$work/fake.out" 2>&1 </dev/null &
    fake_pid=$!
    wait_for 10 "the fake engine" grep -q listening "$work/fake.out"
    export DOCKER_HOST=unix://$work/fake.sock
}

# against STATUSES WHAT: runs list against the script on standard input.
against() {
    local wanted=$1 what=$2 kilobytes
    shift 2
    cat >"$work/script"
    start_fake
    run /usr/bin/time -f '%M' -o "$work/time" "$krx_bin" list --backend docker --timeout 5s "$@"
    stop_fake
    case " $wanted " in
    *" $status "*) ;;
    *) fail "$what: status $status, not one of $wanted" ;;
    esac
    [ "$status" = 0 ] || [ -s "$err" ] || fail "$what: no message"
    kilobytes=$(tail -n 1 "$work/time")
    [ "$kilobytes" -lt 65536 ] || fail "$what: $kilobytes KiB of memory"
}

against 4 "500 to the list" <<SCRIPT
GET /containers/json 500
    body {"message":"the disk is on fire"}
SCRIPT
has "$err" 'the disk is on fire'
against 4 "half a JSON" <<SCRIPT
GET /containers/json 200
    body $listed
SCRIPT
against 4 "a connection that breaks off" <<SCRIPT
GET /containers/json 200
    body $listed]
    fault half
SCRIPT
against 4 "no answer but a hang-up" <<SCRIPT
GET /containers/json 200
    fault drop
SCRIPT
against 5 "a hang" <<SCRIPT
GET /containers/json 200
    fault hang
SCRIPT
against 5 "a hang in the body" <<SCRIPT
GET /containers/json 200
    body $listed]
    fault hang-body
SCRIPT
against 4 "a body of 2 GB" <<SCRIPT
GET /containers/json 200
    body $listed,
    fault endless 2147483648
SCRIPT
against 4 "what is no HTTP" <<SCRIPT
GET /containers/json 200
    fault bad-head
SCRIPT
against 4 "a bad chunk" <<SCRIPT
GET /containers/json 200
    body $listed]
    chunked
    fault bad-chunk
SCRIPT
against 4 "HTML in place of JSON" <<SCRIPT
GET /containers/json 200
    body <html>proxy says hi</html>
SCRIPT
against 4 "the list as an object" <<SCRIPT
GET /containers/json 200
    body {"Id":"x"}
SCRIPT

# An interrupt ends what waits for a deaf engine, and the status says so.
interrupted() {
    local asker
    printf 'GET /_ping 200\n    fault hang\nGET /containers/json 200\n    fault hang\n' >"$work/script"
    start_fake
    env --default-signal=INT "$krx_bin" "$@" >"$out" 2>"$err" </dev/null &
    asker=$!
    wait_for 10 "the question" grep -Eq '_ping|containers/json' "$work/requests"
    kill -INT "$asker"
    wait "$asker"
    same "status of an interrupted $1" "$?" 130
    stop_fake
}
interrupted backends
interrupted stats -o json --backend docker

# Nobody there at all, and a socket that is not ours to open.
export DOCKER_HOST=unix://$work/nothing.sock
fails 4 kranix list --backend docker
has "$err" nothing.sock
export DOCKER_HOST=tcp://127.0.0.1:1
fails 4 kranix list --backend docker
export DOCKER_HOST=gopher://x
run kranix list --backend docker
[ "$status" = 2 ] || fail "DOCKER_HOST=gopher://x: status $status"
