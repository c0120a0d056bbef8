#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Volumes by themselves: made before the workload, listed, kept while pods use them, removed.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

spec keeper 1 >"$work/keeper.yaml" <<YAML
$sleeper
volumes:
- {name: data, size: 2Mi, accessMode: ReadWriteMany, mountPath: /srv}
- {name: extra}
YAML
ok kranix volumes create -f "$work/keeper.yaml" -o json
json 'map([.name, .volumeId, .mountPath, .namespace]) | sort | tojson' \
    "[[\"data\",\"keeper-data-pvc\",\"/srv\",\"$ns\"],[\"extra\",\"keeper-extra-pvc\",\"/data/extra\",\"$ns\"]]"
ok kube get pvc keeper-extra-pvc -o json
json .spec.resources.requests.storage 1Gi
json .spec.storageClassName standard
first=$(kube get pvc keeper-data-pvc -o 'jsonpath={.metadata.uid}')

# again: nothing new
ok kranix volumes create -f "$work/keeper.yaml" -o json
json length 2
same "the claim" "$(kube get pvc keeper-data-pvc -o 'jsonpath={.metadata.uid}')" "$first"

# the workload takes what is there
ok kranix deploy -f "$work/keeper.yaml" --wait
same "the claim" "$(kube get pvc keeper-data-pvc -o 'jsonpath={.metadata.uid}')" "$first"
ok kranix volumes list --backend kubernetes -n "$ns" -o json
json 'map([.name, .workloadId, .status, .sizeBytes]) | sort | tojson' \
    '[["data","keeper","bound",2097152],["extra","keeper","bound",1073741824]]'

# in use, they stay
run kranix volumes remove keeper --backend kubernetes -n "$ns"
[ "$status" != 0 ] || fail "volumes in use were removed"
has "$err" "volume '(data|extra)' of workload 'keeper' is used by pod 'keeper-"
ok kranix destroy keeper --backend kubernetes -n "$ns"
same "claims after destroy" "$(kube get pvc -o name | wc -l)" 2
ok kranix volumes remove keeper --backend kubernetes -n "$ns" -o json
json 'map(.status) | unique | tojson' '["released"]'
no_claims() {
    [ -z "$(kube get pvc -o name)" ]
}
wait_for 60 "the claims to go" no_claims

# what is not ours is not taken over
kube apply -f - >"$out" 2>"$err" <<'YAML' || fail apply
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: keeper-data-pvc}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Mi}}}
YAML
run kranix volumes create -f "$work/keeper.yaml"
[ "$status" != 0 ] || fail "a foreign claim was taken over"
has "$err" "keeper-data-pvc.*kranix did not make"
ok kranix volumes list --backend kubernetes -n "$ns" -o json
json length 0
