#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# backends tells what is there and what it can; --strict refuses what would be lost.
. "$(dirname "$0")/functions.sh"
requires docker
setup

ok kranix backends -o json
json 'map(select(.name == "docker")) | length' 1
json 'map(select(.name == "docker"))[0].reachable' true
json 'map(select(.name == "docker"))[0] | .score >= 50 and .score <= 100 and .latencyMs > 0' true
ok env DOCKER_HOST=unix:///nowhere.sock "$krx_bin" backends -o json
json 'map(select(.name == "docker"))[0].score' 0
ok kranix backends show docker
has "$out" 'driver\.deploy'
has "$out" 'native'
has "$out" 'unsupported'

spec lossy 1 >"$work/spec.yaml" <<YAML
$sleeper
scheduling: {nodeSelectors: {disk: ssd}}
YAML
fails 7 kranix deploy -f "$work/spec.yaml" --strict
has "$err" 'scheduling'
same "containers" "$(replica_count lossy -a)" 0
ok kranix deploy -f "$work/spec.yaml" --wait=180s
has "$err" 'scheduling'
ok kranix destroy lossy -n "$ns"
