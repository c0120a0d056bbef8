#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A spec with ten mistakes: all ten with line and column, status 2, nothing created.
. "$(dirname "$0")/functions.sh"
requires docker
setup

cat >"$work/bad.yaml" <<YAML
name: Bad_Name!
namespace: $ns
image: busybox:kranix
replicas: -1
imagee: twice
restartPolicy: sometimes
resources:
  cpuLimit: lots
  memoryLimit: 64Mo
ports:
  - containerPort: 99999
  - protocol: sctpp
    containerPort: 80
workingDir: relative/path
stopGracePeriod: soon
YAML
fails 2 kranix deploy -f "$work/bad.yaml"
for line in 1 4 5 6 8 9 11 12 14 15; do
    has "$err" "bad\.yaml:$line:[0-9]+"
done
has "$err" 'did you mean.*image'
has "$err" 'resources\.cpuLimit'
has "$err" 'ports\[1\]\.protocol'
same "places named" "$(grep -oE 'bad\.yaml:[0-9]+:[0-9]+' "$err" | sort -u | wc -l)" 10
same "containers" "$(engine ps -aq --filter "label=$label_namespace=$ns" | wc -l)" 0

# The same in JSON, from standard input.
printf '{"name": "x", "image": "busybox:kranix",\n "replicas": "many"}' >"$work/bad.json"
fails 2 kranix deploy -f "$work/bad.json"
has "$err" 'bad\.json:2:[0-9]+.*replicas'

# Hostile input is refused at once.
{
    echo 'a: &a [x, x, x, x, x, x, x, x, x]'
    previous=a
    for next in b c d e f g h i j; do
        echo "$next: &$next [*$previous, *$previous, *$previous, *$previous, *$previous, *$previous, *$previous]"
        previous=$next
    done
} >"$work/laugh.yaml"
fails 2 kranix deploy -f "$work/laugh.yaml"
printf 'name: x\nimage: busybox\nname: y\n' >"$work/twice.yaml"
fails 2 kranix deploy -f "$work/twice.yaml"
has "$err" 'twice\.yaml:3:1'
printf 'name: x\nimage: "bad\377utf8"\n' >"$work/utf8.yaml"
fails 2 kranix deploy -f "$work/utf8.yaml"
head -c 3000 /dev/zero | tr '\0' '[' >"$work/deep.json"
fails 2 kranix deploy -f "$work/deep.json"
fails 2 kranix deploy -f "$work/no-such-file.yaml"
has "$err" no-such-file
: >"$work/empty.yaml"
fails 2 kranix deploy -f "$work/empty.yaml"
