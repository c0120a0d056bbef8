#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a spec asks for is what docker inspect shows.
. "$(dirname "$0")/functions.sh"
requires docker
setup

mkdir "$work/shared"
spec mapped 1 >"$work/spec.yaml" <<YAML
$sleeper
workingDir: /tmp
user: nobody
hostname: mapped-host
network: none
runtime: runc
stdin: true
tty: true
env: {COLOUR: blue, EMPTY: ""}
stopSignal: SIGINT
stopGracePeriod: 7s
restartPolicy: on-failure
restartRetries: 3
readOnlyRootFilesystem: true
capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
extraHosts: ["database:10.0.0.7"]
tmpfs: [/scratch]
mounts: [{source: $work/shared, target: /shared, readOnly: true}]
labels: {tier: backend}
resources: {cpuLimit: 250m, cpuRequest: 100m, memoryLimit: 64Mi, memoryRequest: 32Mi}
YAML
ok kranix deploy -f "$work/spec.yaml" --wait=180s
engine inspect "$ns.mapped-1" >"$out" 2>"$err" || fail "no container $ns.mapped-1"
json '.[0].Config.WorkingDir' /tmp
json '.[0].Config.User' nobody
json '.[0].Config.Hostname' mapped-host
json '.[0].Config.Env | map(select(startswith("COLOUR=")))[0]' COLOUR=blue
json '.[0].Config.Env | map(select(startswith("EMPTY=")))[0]' EMPTY=
json '.[0].Config.StopSignal' SIGINT
json '.[0].Config.StopTimeout' 7
json '.[0].HostConfig.RestartPolicy | "\(.Name) \(.MaximumRetryCount)"' "on-failure 3"
json '.[0].HostConfig.ReadonlyRootfs' true
json '.[0].HostConfig | "\(.NetworkMode) \(.Runtime)"' "none runc"
json '.[0].Config | "\(.OpenStdin) \(.StdinOnce) \(.Tty)"' "true false true"
json '.[0].HostConfig.CapDrop | join(",")' ALL
json '.[0].HostConfig.CapAdd | map(sub("^CAP_"; "")) | join(",")' NET_BIND_SERVICE
json '.[0].HostConfig.ExtraHosts[0]' database:10.0.0.7
json '[.[0].HostConfig | (.Tmpfs // {} | keys[]), (.Mounts // [] | .[] | select(.Type == "tmpfs") | .Target)] | join(",")' /scratch
json '.[0].Mounts | map(select(.Destination == "/shared"))[0].RW' false
json '.[0].Config.Labels.tier' backend
json '.[0].Config.Labels["kranix.io/workload"]' mapped
json '.[0].Config.Labels["kranix.io/namespace"]' "$ns"
json '.[0].HostConfig | if .NanoCpus > 0 then .NanoCpus / 1000000 else .CpuQuota * 1000 / .CpuPeriod end' 250
json '.[0].HostConfig.Memory' 67108864
json '.[0].HostConfig.MemoryReservation' 33554432
ok kranix exec mapped -n "$ns" -- id -un
same "the user inside" "$(cat "$out")" nobody
ok kranix inspect mapped -n "$ns"
ok kranix inspect mapped -n "$ns" --raw
has "$out" HostConfig
ok kranix destroy mapped -n "$ns"

# The worked check: startup every 5 s for 30 times, liveness over http.
spec checked 1 >"$work/checked.yaml" <<YAML
$sleeper
stopGracePeriod: 1s
probes:
  startup: {port: 8080, periodSeconds: 5, failureThreshold: 30}
  liveness: {type: http, port: 8080, path: /healthz}
YAML
ok kranix deploy -f "$work/checked.yaml"
engine inspect "$ns.checked-1" >"$out" 2>"$err" || fail "no container $ns.checked-1"
json '.[0].Config.Healthcheck | "\(.Interval) \(.Timeout) \(.Retries) \(.StartPeriod)"' \
    "10000000000 1000000000 3 180000000000"
json '.[0].Config.Healthcheck.Test | join(" ") | test("localhost:8080/healthz|127.0.0.1:8080/healthz")' true
ok kranix destroy checked -n "$ns"
