#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two specs that together set every field that Kubernetes takes: the API server accepts what they
# become, and each field is seen in what it stored. Their manifests are good for kubectl.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

ok kranix backends setup kubernetes
ok kranix backends setup kubernetes
has_not "$out" create
ok kubectl get priorityclass kranix-low-np -o json
json .value 240000
json .preemptionPolicy Never

cat >"$work/every.json" <<JSON
{
  "name": "every", "namespace": "$ns", "backend": "kubernetes", "image": "busybox:kranix",
  "replicas": 2,
  "env": {"GREETING": "hello \$(NAME) \$\$", "NAME": "you"},
  "command": ["sh", "-c"], "args": ["sleep 1000"],
  "resources": {"cpuRequest": "10m", "cpuLimit": "1.5", "memoryRequest": "16Mi", "memoryLimit": "32Mi",
                "gpu": {"vendor": "nvidia", "count": 1}},
  "ports": [{"name": "http", "containerPort": 80, "protocol": "tcp"},
            {"name": "dns", "containerPort": 53, "protocol": "udp", "hostPort": 31053, "hostIp": "127.0.0.1"},
            {"name": "any", "containerPort": 90, "hostPort": 0}],
  "rolloutStrategy": {"type": "rolling", "maxUnavailable": 1, "maxSurge": 2},
  "autoScaling": {"enabled": true, "minReplicas": 2, "maxReplicas": 5, "targetCPUUtilization": 70,
                  "targetMemoryUtilization": 80, "scaleDownCooldownSeconds": 120, "scaleUpCooldownSeconds": 15,
                  "customMetrics": [
                    {"name": "rps", "type": "pods", "metricName": "requests", "target": {"type": "average", "averageValue": "100"}},
                    {"name": "queue", "type": "object", "metricName": "queue", "target": {"type": "value", "value": "30"}}]},
  "scheduling": {
    "preferredRegions": ["north"], "preferredZones": ["north-1"], "nodeSelectors": {"disk": "ssd"},
    "workloadPriority": "low", "preemptionEnabled": false,
    "spot": {"enabled": true, "rescheduleOnNodeTermination": true},
    "architecture": "x86_64", "avoidDrainingNodes": true,
    "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "web", "effect": "NoExecute", "tolerationSeconds": 60}],
    "nodePlacement": {"requiredLabels": {"rack": "r1"}, "preferredLabels": [{"key": "fast", "value": "yes", "weight": 7}],
                      "hardwareType": "big", "instanceType": "m5.large"},
    "affinity": {
      "nodeAffinity": {
        "requiredDuringScheduling": [{"matchExpressions": [{"key": "cpus", "operator": "Gt", "values": ["1"]}],
                                      "matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n9"]}]}],
        "preferredDuringScheduling": [{"weight": 9, "preference": {"matchExpressions": [{"key": "new", "operator": "In", "values": ["yes"]}],
                                       "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}}]},
      "podAffinity": {
        "requiredDuringScheduling": [{"labelSelector": {"app": "cache"}, "namespaces": ["$ns"], "topologyKey": "zone"}],
        "preferredDuringScheduling": [{"weight": 3, "podAffinityTerm": {"labelSelector": {"app": "db"}, "namespaces": ["$ns"], "topologyKey": "rack"}}]},
      "podAntiAffinity": {
        "requiredDuringScheduling": [{"labelSelector": {"app": "noisy"}, "namespaces": ["$ns"], "topologyKey": "zone"}],
        "preferredDuringScheduling": [{"weight": 4, "podAffinityTerm": {"labelSelector": {"app": "every"}, "namespaces": ["$ns"], "topologyKey": "rack"}}]}}},
  "crossNamespaceTraffic": {"enabled": true, "allowedIngressNamespaces": ["front"], "allowedEgressNamespaces": ["data"],
                            "allowSameNamespace": false, "blockClusterDNS": true, "allowEgressInternet": true},
  "tags": {"team": "core", "environment": "test", "costCenter": "7", "custom": {"example.com/owner": "me"}},
  "labels": {"tier": "web"}, "annotations": {"example.com/note": "hello there"},
  "volumes": [{"name": "data", "size": "2Mi", "storageClass": "standard", "mountPath": "/var/data",
               "accessMode": "ReadWriteMany", "autoCleanup": true}],
  "mounts": [{"type": "bind", "source": "/etc", "target": "/host", "readOnly": true},
             {"type": "tmpfs", "target": "/fast", "size": "1Mi"}],
  "tmpfs": ["/scratch"],
  "networkBandwidth": {"enabled": true, "egressLimit": "10Mbit", "ingressLimit": "1Gbit"},
  "probes": {
    "startup": {"type": "exec", "command": ["true"], "initialDelaySeconds": 1, "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 4, "successThreshold": 1},
    "liveness": {"type": "tcp", "port": 80, "initialDelaySeconds": 2, "periodSeconds": 3, "timeoutSeconds": 4, "failureThreshold": 5, "successThreshold": 1},
    "readiness": {"type": "http", "path": "/ready", "port": 80, "scheme": "HTTPS", "initialDelaySeconds": 3, "periodSeconds": 4, "timeoutSeconds": 5, "failureThreshold": 6, "successThreshold": 2}},
  "workingDir": "/var", "user": "1000:2000", "pullPolicy": "Never", "stopGracePeriod": "7s",
  "platform": "linux/amd64", "hostname": "box", "extraHosts": ["db:10.0.0.1"],
  "stdin": true, "tty": true,
  "readOnlyRootFilesystem": true, "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}
}
JSON
cat >"$work/job.json" <<JSON
{
  "name": "job", "namespace": "$ns", "backend": "kubernetes", "image": "busybox:kranix", "command": "true",
  "cronSchedule": {"schedule": "0 3 * * 7", "suspended": false, "timeZone": "UTC", "concurrencyPolicy": "Replace"},
  "restartPolicy": "on-failure", "restartRetries": 2, "networkBandwidth": {"egressLimit": "1Mbit"},
  "scheduling": {"priorityClassName": "kranix-high", "nodePlacement": {"region": "south", "zone": "south-1"}},
  "volumes": [{"name": "out", "size": "1Mi"}], "network": "host", "runtime": "sandboxed"
}
JSON

# ------------------------------------------------- the two specs set every field that is not refused
ok kranix backends show kubernetes -o json
jq -r '.capabilities[] | select(.kind == "field" and .level != "unsupported") | .name' <"$out" |
    sort >"$work/taken"
jq -r 'paths | map(select(type == "string")) | join(".")' "$work/every.json" "$work/job.json" |
    sort -u >"$work/set"
# of the client, or a variant of a field that is set in another probe
cat >"$work/elsewhere" <<'LIST'
envFile
probes.liveness.command
probes.liveness.path
probes.liveness.scheme
probes.readiness.command
probes.startup.path
probes.startup.port
probes.startup.scheme
LIST
missing=$(comm -23 "$work/taken" "$work/set" | comm -23 - "$work/elsewhere")
same "fields that no spec here sets" "$missing" ""

# ------------------------------------------------------------------- manifests are good for kubectl
ok kranix manifest -f "$work/every.json"
cp "$out" "$work/every.yaml"
sed 's|^apiVersion: autoscaling/v2$|apiVersion: autoscaling/v2beta2|' "$work/every.yaml" >"$work/every-here.yaml"
ok kube apply --dry-run=server -f "$work/every-here.yaml"
ok kranix manifest -f "$work/job.json"
sed -e 's|^apiVersion: batch/v1$|apiVersion: batch/v1beta1|' -e '/^  timeZone: /d' "$out" >"$work/job-here.yaml"
ok kube apply --dry-run=server -f "$work/job-here.yaml"
ok kube get all,pvc,networkpolicy,hpa -o json
json '.items | length' 0

# ------------------------------------------------------------------------------ stored, field by field
ok kranix deploy -f "$work/every.json"
ok kranix deploy -f "$work/job.json"

# seen PATH WANTED: in the object that was fetched last
seen() {
    local got
    got=$(jq -c "$1" <"$out") || fail "$1 is no path"
    [ "$got" = "$2" ] || fail "$1 is $got and not $2"
}

# the autoscaler owns the count and raises it to its least
scaled() {
    [ "$(kube get deployment every -o 'jsonpath={.spec.replicas}')" = 2 ]
}
wait_for 90 "two replicas" scaled
ok kube get deployment every -o json
seen '.metadata.labels | [.app, ."managed-by", .tier, ."kranix.io/team", ."kranix.io/environment", ."kranix.io/cost-center", ."example.com/owner"]' \
    '["every","kranix","web","core","test","7","me"]'
seen '.metadata.annotations."example.com/note"' '"hello there"'
seen .spec.selector.matchLabels '{"app":"every","managed-by":"kranix"}'
seen .spec.strategy '{"rollingUpdate":{"maxSurge":2,"maxUnavailable":1},"type":"RollingUpdate"}'
seen '.spec.template.metadata.annotations | [."example.com/note", ."kubernetes.io/egress-bandwidth", ."kubernetes.io/ingress-bandwidth"]' \
    '["hello there","10M","1G"]'
jq .spec.template.spec <"$out" >"$work/pod" && cp "$work/pod" "$out"
seen .priorityClassName '"kranix-low-np"'
seen .terminationGracePeriodSeconds 7
seen .hostname '"box"'
seen .hostAliases '[{"hostnames":["db"],"ip":"10.0.0.1"}]'
seen '.nodeSelector | to_entries | map("\(.key)=\(.value)") | sort' \
    '["disk=ssd","kranix.io/hardware=big","kubernetes.io/arch=amd64","kubernetes.io/os=linux","node.kubernetes.io/instance-type=m5.large","rack=r1","topology.kubernetes.io/region=north","topology.kubernetes.io/zone=north-1"]'
seen '.tolerations[0]' \
    '{"effect":"NoExecute","key":"dedicated","operator":"Equal","tolerationSeconds":60,"value":"web"}'
seen '.tolerations | map(.key) | index("cloud.google.com/gke-spot") > 0' true
seen '[.tolerations[] | select(.effect == "NoExecute" and .tolerationSeconds == 300) | .key] | sort' \
    '["node.kubernetes.io/not-ready","node.kubernetes.io/unreachable"]'
seen '.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms' \
    '[{"matchExpressions":[{"key":"cpus","operator":"Gt","values":["1"]},{"key":"kubernetes.io/arch","operator":"In","values":["amd64"]},{"key":"kranix.io/drain","operator":"NotIn","values":["true"]}],"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["n9"]}]}]'
seen '.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution' \
    '[{"preference":{"matchExpressions":[{"key":"new","operator":"In","values":["yes"]}],"matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}]},"weight":9},{"preference":{"matchExpressions":[{"key":"fast","operator":"In","values":["yes"]}]},"weight":7}]'
for which in podAffinity:cache:db:3 podAntiAffinity:noisy:every:4; do
    IFS=: read -r key required preferred weight <<<"$which"
    seen ".affinity.$key.requiredDuringSchedulingIgnoredDuringExecution" \
        "[{\"labelSelector\":{\"matchLabels\":{\"app\":\"$required\"}},\"namespaces\":[\"$ns\"],\"topologyKey\":\"zone\"}]"
    seen ".affinity.$key.preferredDuringSchedulingIgnoredDuringExecution" \
        "[{\"podAffinityTerm\":{\"labelSelector\":{\"matchLabels\":{\"app\":\"$preferred\"}},\"namespaces\":[\"$ns\"],\"topologyKey\":\"rack\"},\"weight\":$weight}]"
done
seen '.volumes | map([.name, .persistentVolumeClaim.claimName, .hostPath.path, .emptyDir.medium, .emptyDir.sizeLimit])' \
    '[["data","every-data-pvc",null,null,null],["mount-0",null,"/etc",null,null],["mount-1",null,null,"Memory","1Mi"],["tmpfs-0",null,null,"Memory",null]]'
jq '.containers[0]' "$work/pod" >"$out"
seen .image '"busybox:kranix"'
seen .imagePullPolicy '"Never"'
seen .command '["sh","-c"]'
seen .args '["sleep 1000"]'
seen .workingDir '"/var"'
seen '[.stdin, .stdinOnce, .tty]' '[true,null,true]'
# shellcheck disable=SC2016
seen .env '[{"name":"GREETING","value":"hello $$(NAME) $$$"},{"name":"NAME","value":"you"}]'
seen .resources \
    '{"limits":{"cpu":"1500m","memory":"32Mi","nvidia.com/gpu":"1"},"requests":{"cpu":"10m","memory":"16Mi"}}'
seen '.ports | map([.name, .containerPort, .protocol, .hostPort, .hostIP])' \
    '[["http",80,"TCP",null,null],["dns",53,"UDP",31053,"127.0.0.1"],["any",90,"TCP",null,null]]'
seen '.volumeMounts | map([.name, .mountPath, .readOnly])' \
    '[["data","/var/data",null],["mount-0","/host",true],["mount-1","/fast",null],["tmpfs-0","/scratch",null]]'
seen .securityContext \
    '{"capabilities":{"add":["NET_ADMIN"],"drop":["ALL"]},"readOnlyRootFilesystem":true,"runAsGroup":2000,"runAsUser":1000}'
seen .startupProbe \
    '{"exec":{"command":["true"]},"failureThreshold":4,"initialDelaySeconds":1,"periodSeconds":2,"successThreshold":1,"timeoutSeconds":3}'
seen .livenessProbe \
    '{"failureThreshold":5,"initialDelaySeconds":2,"periodSeconds":3,"successThreshold":1,"tcpSocket":{"port":80},"timeoutSeconds":4}'
seen .readinessProbe \
    '{"failureThreshold":6,"httpGet":{"path":"/ready","port":80,"scheme":"HTTPS"},"initialDelaySeconds":3,"periodSeconds":4,"successThreshold":2,"timeoutSeconds":5}'

ok kube get service every -o json
seen .spec.type '"ClusterIP"'
seen '.spec.ports | map([.name, .port, .targetPort, .protocol])' \
    '[["http",80,80,"TCP"],["dns",53,53,"UDP"],["any",90,90,"TCP"]]'
ok kube get service every-published -o json
seen .spec.type '"NodePort"'
seen '.spec.ports | map([.name, .port, .nodePort > 0])' '[["any",90,true]]'

ok kube get pvc every-data-pvc -o json
seen '.spec | [.accessModes, .storageClassName, .resources.requests.storage]' \
    '[["ReadWriteMany"],"standard","2Mi"]'
seen '.metadata.annotations | [."kranix.io/volume", ."kranix.io/mount-path", ."kranix.io/auto-cleanup"]' \
    '["data","/var/data","true"]'

ok kube get networkpolicy kranix-ns-traffic-every -o json
seen .spec.policyTypes '["Ingress","Egress"]'
seen '.spec.ingress | map(.from | map(.namespaceSelector.matchLabels."kubernetes.io/metadata.name"))' '[["front"]]'
seen '.spec.egress | map([(.to // [])[].namespaceSelector.matchLabels."kubernetes.io/metadata.name", (.ports // [])[].port])' \
    '[[80,443],["data"]]'

ok kube get horizontalpodautoscalers.v2beta2.autoscaling every -o json
seen '.spec | [.minReplicas, .maxReplicas, .scaleTargetRef.name]' '[2,5,"every"]'
seen '.spec.behavior | [.scaleDown.stabilizationWindowSeconds, .scaleUp.stabilizationWindowSeconds]' '[120,15]'
seen '.spec.metrics | map([.type, .resource.name // (.pods // .object).metric.name, (.resource // .pods // .object).target])' \
    '[["Resource","memory",{"averageUtilization":80,"type":"Utilization"}],["Pods","requests",{"averageValue":"100","type":"AverageValue"}],["Object","queue",{"type":"Value","value":"30"}],["Resource","cpu",{"averageUtilization":70,"type":"Utilization"}]]'

ok kube get cronjob job -o json
seen '.spec | [.schedule, .suspend, .concurrencyPolicy, .successfulJobsHistoryLimit, .failedJobsHistoryLimit]' \
    '["0 3 * * 0",false,"Replace",3,3]'
seen '.spec.jobTemplate.spec | [.parallelism, .completions, .backoffLimit]' '[1,1,2]'
seen '.spec.jobTemplate.spec.template | [.metadata.annotations."kubernetes.io/egress-bandwidth", .spec.restartPolicy, .spec.priorityClassName]' \
    '["1M","OnFailure","kranix-high"]'
seen '.spec.jobTemplate.spec.template.spec | [.nodeSelector."topology.kubernetes.io/region", .nodeSelector."topology.kubernetes.io/zone", .volumes[0].persistentVolumeClaim.claimName]' \
    '["south","south-1","job-out-pvc"]'
seen '.spec.jobTemplate.spec.template.spec | [.hostNetwork, .dnsPolicy, .runtimeClassName]' \
    '[true,"ClusterFirstWithHostNet","sandboxed"]'

# ---------------------------------------------------------------------- the same again is no change
ok kranix deploy -f "$work/every.json"
has "$out" 'every unchanged'
ok kranix deploy -f "$work/job.json"
has "$out" 'job unchanged'

# ---------------------------------- what is there gives a manifest that makes the same, without change
ok kranix manifest every -n "$ns" --backend kubernetes
has_not "$out" resourceVersion
has_not "$out" "status:"
has_not "$out" clusterIP
has_not "$out" nodePort
cp "$out" "$work/live.yaml"
run kube diff -f "$work/live.yaml"
[ "$status" = 0 ] || fail "the manifest of what is there would change it: $(cat "$out")"
