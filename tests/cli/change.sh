#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verbs on several workloads, logs, exec, stats, backends.
. "${srcdir:-.}/tests/cli/functions.sh"

for i in 1 2 3 4 5 6 7 8; do
    spec "w$i" >"$work/w$i.yaml"
    ok deploy -f "$work/w$i.yaml"
done
ok stop w1 w2 w3 w4 w5 w6 w7 w8
same "in the order given" "$(tr '\n' ' ' <"$out")" \
    "w1 stopped w2 stopped w3 stopped w4 stopped w5 stopped w6 stopped w7 stopped w8 stopped "
ok status w3 -o json
has "$out" '"state": "Stopped"'
ok start w1 w2 --parallel 1
fails 3 restart w1 nobody w2
has "$out" '^w2 restarted$'
has "$err" 'nobody'
fails 7 pause w1
has "$err" 'pause'
fails 2 start w1 --parallel 0

# logs: raw for one instance, whole lines with names for several
spec one >"$work/one.yaml"
spec many 'replicas: 2' >"$work/many.yaml"
ok deploy -f "$work/one.yaml" -f "$work/many.yaml"
ok logs one
same "one instance" "$(cat "$out")" "half line
gap"
has "$err" '1 line could not be delivered'
ok logs many
same "several instances" "$(cat "$out")" "[many-1] half line
[many-1] gap
[many-2] half line
[many-2] gap"
ok logs many --replica 2
same "one of several" "$(head -n 1 "$out")" "half line"
ok logs one --timestamps
has "$out" '^2023-11-14T22:13:20Z half line$'
fails 3 logs nobody
fails 2 logs one --tail some
fails 2 logs one --since yesterday
fails 2 logs one --stream both
fails 5 logs one -f --timeout 300ms

# a reader that leaves ends it quietly
"$kranix_bin" logs one 2>"$err" | true
has_not "$err" 'ipe'

# interrupted, once it has printed: what an earlier command left must not count for that
: >"$out"
"$kranix_bin" logs one -f >"$out" 2>"$err" </dev/null &
pid=$!
tries=0
until grep -q gap "$out"; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || fail "logs -f printed nothing"
    sleep 0.1
done
kill -TERM "$pid"
wait "$pid"
same "the status of an interrupted logs -f" "$?" 130

# exec
fails 42 exec one -- 42 a -x
same "the command" "$(cat "$out")" "42 a -x"
ok exec one 0
fails 3 exec nobody -- 0
fails 2 exec one
fails 2 exec one 0 -x
fails 2 exec -it one -- 0

ok stats --no-stream
has "$out" '^web-1 +25\.00% +3\.0MiB'
ok stats -o json
has "$out" '"pids": 3'

ok backends
has "$out" '^memory +\* +yes +7\.1'
ok backends -o json
has "$out" '"default": true'
has "$out" '"reachable": true'
ok backends show memory
has "$out" 'hostname +unsupported +files have no host name'
fails 3 backends show nothing

# a backend that does not answer
rm -r "$data"
fails 4 list
has "$err" 'folder'
ok backends
has "$out" '^memory +\* +no'
fails 4 list --all-backends
