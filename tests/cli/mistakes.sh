#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A spec with ten mistakes names each with its place, and nothing is created.
. "${srcdir:-.}/tests/cli/functions.sh"

cp "${srcdir:-.}/tests/cli/ten-mistakes.yaml" "$work/bad.yaml"
spec good >"$work/good.yaml"
fails 2 deploy -f "$work/good.yaml" -f "$work/bad.yaml"
same "places named" "$(grep -oE 'bad\.yaml:[0-9]+:[0-9]+' "$err" | sort -u | wc -l | tr -d ' ')" 10
has "$err" 'did you mean .*image'
has "$err" '10 mistakes found'
same "what was created" "$(find "$data" -type f)" ""
fails 2 deploy -f "$work/bad.yaml" -o json
has "$err" '"mistakes":\[\{"file":".*bad\.yaml","line":1,'
fails 2 deploy -f "$work/good.yaml" -f "$work/good.yaml"
has "$err" 'good\.yaml: name: workload .* described twice'
# Two backends keep two apart, unless both are sent to one.
printf 'name: twin\nimage: i\nbackend: docker\n---\nname: twin\nimage: i\nbackend: podman\n' \
    >"$work/twins.yaml"
fails 2 deploy -f "$work/twins.yaml" --backend docker
has "$err" 'described twice'
cp "$work/good.yaml" "$work/other.yaml"
fails 2 deploy -f "$work/good.yaml" -f "$work/other.yaml"
has "$err" 'other\.yaml: .*described twice in .*, first in .*good\.yaml'
spec short 'ports: ["8080:80"]' 'volumes: ["/a:/b"]' 'resources: {cpu: 1, memory: 1Gi}' >"$work/short.yaml"
fails 2 deploy -f "$work/short.yaml"
has "$err" 'ports\[0\]: must be a map, not .*hostPort: 8080'
has "$err" "volumes\[0\]: must be a map, not .*belongs in 'mounts'"
has "$err" "'cpu' \(the fields are called 'cpuLimit'"
has "$err" "'memory' \(the fields are called 'memoryLimit'"
fails 2 deploy -f "$work/none.yaml"
has "$err" 'none\.yaml'
: >"$work/empty.yaml"
fails 2 deploy -f "$work/empty.yaml"
fails 2 deploy -f "$work"
fails 2 deploy -f - -f -
