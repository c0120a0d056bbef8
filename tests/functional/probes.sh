#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A failing check shows as Degraded and --wait does not call it Running; a passing one does.
. "$(dirname "$0")/functions.sh"
requires docker
setup

check() { spec sick 1 >"$work/spec.yaml" <<YAML
$sleeper
stopGracePeriod: 1s
probes: {liveness: {type: exec, command: [$1], periodSeconds: 1, timeoutSeconds: 20, failureThreshold: 1}}
YAML
}
check "false"
run kranix deploy -f "$work/spec.yaml" --wait=15s
[ "$status" = 5 ] || [ "$status" = 1 ] || fail "waiting for an unhealthy workload: status $status"
ok kranix status sick -n "$ns" -o json
json '.readyReplicas' 0
json '.state == "Running"' false
check "true"
ok kranix deploy -f "$work/spec.yaml" --wait=180s
ok kranix status sick -n "$ns" -o json
json .state Running
ok kranix destroy sick -n "$ns"
