#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The JSON of list and status is what cli.md promises to scripts.
. "$(dirname "$0")/functions.sh"
requires docker
setup

spec fields 2 <<<"$sleeper
labels: {tier: test}" >"$work/spec.yaml"
ok kranix list -n "$ns" -o json
json 'type' array
json 'length' 0
ok kranix deploy -f "$work/spec.yaml" --wait=180s

ok kranix list -n "$ns" -o json
json 'length' 1
for field in id name namespace backend state phase image replicas readyReplicas lastUpdated; do
    json ".[0] | has(\"$field\")" true
done
json '.[0].state' Running
json '.[0].phase' Running
json '.[0] | [.replicas, .readyReplicas] | map(type) | unique | join(",")' number

ok kranix status fields -n "$ns" -o json
json 'type' object
json '.instances | map(has("id") and has("name") and has("state")) | all' true
json '.lastUpdated | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$")' true
id=$(jq -r '.instances[0].id' <"$out")
same "the id of an instance as docker knows it" "$(engine inspect -f '{{.Id}}' "$id")" "$id"

ok kranix list -n "$ns" -l tier=test -o json
json 'length' 1
ok kranix list -n "$ns" -l tier=other -o json
json 'length' 0
ok kranix list -n "$ns" --instances -o json
json 'length' 2
ok kranix list -n "$ns" -o name
same "list -o name" "$(wc -l <"$out")" 1
has "$out" fields

fails 3 kranix status nothing -n "$ns" -o json
jq -e '.error and .code' <"$err" >/dev/null || fail "an error with -o json should be JSON"
ok kranix destroy fields -n "$ns"
