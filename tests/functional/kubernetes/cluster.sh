#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The cluster that the other tests here stand on: pods on both nodes, volumes, exec, the kubelet's
# summary through the API server, the clean end of it all.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

kube apply -f - >"$out" 2>"$err" <<'YAML' || fail "apply"
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Mi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec:
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      containers:
      - name: it
        image: busybox:kranix
        command: [sh, -c, 'trap exit TERM; mkdir /www; echo hello >/www/index.html; httpd -h /www;
            touch /data/$(hostname); while :; do sleep 0.1; done']
        volumeMounts: [{name: data, mountPath: /data}]
        resources: {limits: {cpu: 100m, memory: 32Mi}}
YAML
kube rollout status daemonset everywhere --timeout=120s >"$out" 2>"$err" || fail "pods are not up"
nodes=$(kube get pods -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort -u)
same "nodes with pods" "$nodes" "$(tr ' ' '\n' <<<"$KRX_KUBE_NODES" | sort)"

ok kube exec daemonset/everywhere -- ls /data
same "pods that wrote to the volume" "$(wc -l <"$out")" "$(wc -l <<<"$nodes")"
ok kube get persistentvolumeclaim data -o json
json .status.phase Bound
json .spec.storageClassName standard

# A pod of one node reaches that of another.
first=$(kube get pods -o 'jsonpath={.items[0].metadata.name}')
address=$(kube get pods -o 'jsonpath={.items[1].status.podIP}')
ok kube exec "$first" -- wget -q -O - "http://$address/"
same "the other pod's page" "$(cat "$out")" hello

in_summary() {
    kubectl get --raw "/api/v1/nodes/node1/proxy/stats/summary" >"$out" 2>"$err" &&
        jq -e --arg ns "$ns" '.pods[] | select(.podRef.namespace == $ns) |
            .containers[0].memory.workingSetBytes > 0 and .network.rxBytes >= 0' <"$out"
}
wait_for 60 "the pod in the kubelet's summary" in_summary

ok kube delete daemonset everywhere --timeout=180s
ok kube delete persistentvolumeclaim data --timeout=180s
