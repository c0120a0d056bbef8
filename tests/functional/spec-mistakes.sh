#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A spec with ten mistakes: all ten with line and column, status 2, nothing created.
. "$(dirname "$0")/functions.sh"
requires docker
setup

cp "${srcdir:-.}/tests/cli/ten-mistakes.yaml" "$work/bad.yaml"
fails 2 kranix deploy -f "$work/bad.yaml" -n "$ns"
for line in 1 3 4 5 7 8 10 11 13 14; do
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
