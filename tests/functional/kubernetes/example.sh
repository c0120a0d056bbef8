#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples/web.yaml on a cluster, as the README says it.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

ok kranix --backend kubernetes -n "$ns" deploy -f "$KRX_SRCDIR/examples/web.yaml" --wait
has "$out" '^web Running, 2 of 2 ready$'
same "pods that run" "$(kube get pods -l app=web -o 'jsonpath={.items[*].status.phase}')" "Running Running"
ok kube get service web
pod=$(kube get pods -l app=web -o 'jsonpath={.items[0].metadata.name}')
ok kube exec "$pod" -- wget -q -O - http://127.0.0.1:8080/
has "$out" 'hello'
ok kranix --backend kubernetes -n "$ns" destroy web
no_pods() {
    [ -z "$(kube get pods -l app=web -o name)" ]
}
wait_for 60 "the pods to go" no_pods
