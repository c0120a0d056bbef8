# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A private Kubernetes cluster: etcd, API server, controllers and scheduler in a network namespace of
# their own, and two nodes, each a kubelet with a containerd in namespaces of its own (network,
# mounts, processes), so that the end of a node's first process is the end of all that ran there.
# Its files are in $KRX_RUN_DIR/kubernetes.

# shellcheck disable=SC2154 # env_dir is env.sh's
kube_version=1.20.5+really1.20.2-1.1+deb12u1
kube_programs="kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl"
# shellcheck disable=SC2034 # for env_missing
kube_tools="etcd containerd ctr runc conntrack iptables ip nsenter unshare sysctl openssl curl busybox jq
    /usr/lib/cni/bridge /usr/lib/cni/bandwidth"
kube_api=10.201.0.1
kube_nodes="1 2"

# Where the programs are once kubernetes-build has made them.
kube_bin() {
    printf '%s' "${KRX_KUBE_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/kranix-test/kubernetes-$kube_version}"
}

kube_built() {
    local program
    for program in $kube_programs; do
        [ -x "$(kube_bin)/$program" ] || return 1
    done
}

# kube_daemon NAME COMMAND...: started in the cluster's network namespace, or in $daemon_netns. These are
# killed, not stopped: what is left in their folder for temporary files is no leak.
kube_daemon() {
    local name=$1
    shift
    TMPDIR=$kube/tmp setsid nsenter --net="${daemon_netns:-$KRX_KUBE_NETNS}" "$@" \
        >>"$kube/$name.log" 2>&1 </dev/null &
    disown
    printf '%s\n' "$!" >"$kube/$name.pid"
}

kube_pid() {
    cat "$kube/$1.pid" 2>/dev/null
}

kube_kill() {
    local pid
    pid=$(kube_pid "$1") || return 0
    rm -f "$kube/$1.pid"
    [ "${2:-}" != now ] || kill -KILL "$pid" 2>/dev/null
    env_kill "$pid" 20
    return 0
}

kube_alive() {
    ! env_gone "$(kube_pid "$1")"
}

# kube_until SECONDS DAEMON COMMAND...: waits for the command, and no longer than the daemon lives.
kube_until() {
    local deadline=$(($(env_now) + $1)) daemon=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ "$(env_now)" -ge "$deadline" ] || ! kube_alive "$daemon"; then
            env_note "$daemon did not come up; its last words:"
            tail -n 12 "$kube/$daemon.log" "$kube/$daemon"/*.log >&2 2>/dev/null
            return 1
        fi
        sleep 0.1
    done
}

# ------------------------------------------------------------------------------------ certificates

# kube_certificate NAME SUBJECT EXTENSIONS: signed by the cluster's authority.
kube_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$2" \
        -keyout "$1.key" -out "$1.csr" &&
        openssl x509 -req -days 2 -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial \
            -extfile <(printf '%s\n' "$3") -out "$1.crt"
}

kube_certificates() {
    local client=extendedKeyUsage=clientAuth node
    mkdir -p "$kube/pki"
    (
        cd "$kube/pki" || exit 1
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
            -subj "/CN=kranix test cluster" -keyout ca.key -out ca.crt || exit 1
        openssl genrsa -out accounts.key 2048 || exit 1
        kube_certificate apiserver /CN=kube-apiserver "extendedKeyUsage=serverAuth
subjectAltName=IP:$kube_api,IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc" || exit 1
        kube_certificate kubelet-client "/O=system:masters/CN=kube-apiserver" "$client" || exit 1
        kube_certificate proxy-client /CN=front-proxy "$client" || exit 1
        kube_certificate admin /O=system:masters/CN=admin "$client" || exit 1
        kube_certificate controllers /CN=system:kube-controller-manager "$client" || exit 1
        kube_certificate scheduler /CN=system:kube-scheduler "$client" || exit 1
        for node in $kube_nodes; do
            kube_certificate "node$node" "/O=system:nodes/CN=system:node:node$node" \
                "extendedKeyUsage=clientAuth,serverAuth
subjectAltName=DNS:node$node,IP:10.201.0.1$node" || exit 1
        done
    ) >"$kube/openssl.log" 2>&1 || {
        cat "$kube/openssl.log" >&2
        return 1
    }
}

# kube_config NAME: a kubeconfig with everything inline.
kube_config() {
    cat >"$kube/$1.kubeconfig" <<CONFIG
apiVersion: v1
kind: Config
current-context: kranix-test
clusters:
- name: kranix-test
  cluster:
    server: https://$kube_api:443
    certificate-authority-data: $(base64 -w0 <"$kube/pki/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w0 <"$kube/pki/$1.crt")
    client-key-data: $(base64 -w0 <"$kube/pki/$1.key")
contexts:
- name: kranix-test
  context: {cluster: kranix-test, user: $1}
CONFIG
    chmod 600 "$kube/$1.kubeconfig"
}

# ----------------------------------------------------------------------------------------- network

# A bridge in the cluster's namespace, a leg of it in each node's; pods are routed through the nodes.
kube_network() {
    local node other
    ip netns add "$KRX_RUN-k8s" || return 1
    export KRX_KUBE_NETNS=/run/netns/$KRX_RUN-k8s
    ip -n "$KRX_RUN-k8s" link set lo up
    ip -n "$KRX_RUN-k8s" link add nodes type bridge &&
        ip -n "$KRX_RUN-k8s" addr add "$kube_api/24" dev nodes &&
        ip -n "$KRX_RUN-k8s" addr add 10.96.0.1/32 dev nodes &&
        ip -n "$KRX_RUN-k8s" link set nodes up || return 1
    nsenter --net="$KRX_KUBE_NETNS" sysctl -q -w net.ipv4.ip_forward=1 || return 1
    for node in $kube_nodes; do
        ip netns add "$KRX_RUN-n$node" &&
            ip -n "$KRX_RUN-n$node" link set lo up &&
            ip -n "$KRX_RUN-k8s" link add "node$node" type veth peer name eth0 \
                netns "$KRX_RUN-n$node" &&
            ip -n "$KRX_RUN-k8s" link set "node$node" master nodes up &&
            ip -n "$KRX_RUN-n$node" addr add "10.201.0.1$node/24" dev eth0 &&
            ip -n "$KRX_RUN-n$node" link set eth0 up &&
            ip -n "$KRX_RUN-n$node" route add default via "$kube_api" &&
            ip -n "$KRX_RUN-k8s" route add "10.244.$node.0/24" via "10.201.0.1$node" || return 1
        nsenter --net="/run/netns/$KRX_RUN-n$node" sysctl -q -w net.ipv4.ip_forward=1 || return 1
        for other in $kube_nodes; do
            [ "$other" = "$node" ] ||
                ip -n "$KRX_RUN-n$node" route add "10.244.$other.0/24" via "10.201.0.1$other"
        done
    done
}

# ---------------------------------------------------------------------------------- control plane

kube_etcd_start() {
    ETCD_UNSUPPORTED_ARCH='' kube_daemon etcd etcd --name kranix --data-dir "$kube/etcd" \
        --unsafe-no-fsync --log-level warn --quota-backend-bytes 4294967296 \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --initial-cluster kranix=http://127.0.0.1:2380 \
        --initial-advertise-peer-urls http://127.0.0.1:2380
}

kube_api_start() {
    local pki=$kube/pki
    kube_daemon apiserver "$(kube_bin)/kube-apiserver" --etcd-servers http://127.0.0.1:2379 \
        --secure-port 443 --bind-address 0.0.0.0 --advertise-address "$kube_api" \
        --service-cluster-ip-range 10.96.0.0/16 --allow-privileged \
        --authorization-mode Node,RBAC --client-ca-file "$pki/ca.crt" \
        --token-auth-file "$kube/tokens.csv" \
        --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
        --kubelet-client-certificate "$pki/kubelet-client.crt" \
        --kubelet-client-key "$pki/kubelet-client.key" \
        --kubelet-certificate-authority "$pki/ca.crt" \
        --kubelet-preferred-address-types InternalIP \
        --service-account-issuer https://kubernetes.default.svc \
        --service-account-key-file "$pki/accounts.key" \
        --service-account-signing-key-file "$pki/accounts.key" \
        --requestheader-client-ca-file "$pki/ca.crt" \
        --requestheader-allowed-names front-proxy \
        --requestheader-username-headers X-Remote-User \
        --requestheader-group-headers X-Remote-Group \
        --requestheader-extra-headers-prefix X-Remote-Extra- \
        --proxy-client-cert-file "$pki/proxy-client.crt" \
        --proxy-client-key-file "$pki/proxy-client.key" --enable-aggregator-routing
}

kube_api_answers() {
    nsenter --net="$KRX_KUBE_NETNS" curl -fsS --max-time 5 --cacert "$kube/pki/ca.crt" \
        --cert "$kube/pki/admin.crt" --key "$kube/pki/admin.key" "https://$kube_api/readyz"
}

kube_controllers_start() {
    daemon_netns=$KRX_KUBE_NETNS kube_daemon controllers unshare --mount --fork --kill-child \
        bash "$env_dir/kubernetes-node" controllers "$kube" "$(kube_bin)/kube-controller-manager" \
        --kubeconfig "$kube/controllers.kubeconfig" --leader-elect=false --port 0 \
        --service-account-private-key-file "$kube/pki/accounts.key" \
        --root-ca-file "$kube/pki/ca.crt" --enable-hostpath-provisioner \
        --use-service-account-credentials \
        --kube-api-qps 200 --kube-api-burst 400 --node-monitor-period 1s \
        --node-monitor-grace-period 12s --horizontal-pod-autoscaler-sync-period 2s
}

kube_scheduler_start() {
    kube_daemon scheduler "$(kube_bin)/kube-scheduler" --kubeconfig "$kube/scheduler.kubeconfig" \
        --leader-elect=false --port 0 --kube-api-qps 200 --kube-api-burst 400
}

# ------------------------------------------------------------------------------------------- nodes

kube_node_files() {
    local node=$1 dir=$kube/node$1
    mkdir -p "$dir/cni" "$dir/plugins" "$dir/certificates"
    printf 'nameserver 127.0.0.1\n' >"$dir/resolv.conf"
    cat >"$dir/containerd.toml" <<CONFIG
version = 2
root = "$dir/containerd"
state = "/run/containerd-state"
[grpc]
address = "/run/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
path = "$dir/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "kranix/pause:test"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$dir/cni"
CONFIG
    cat >"$dir/cni/10-kranix.conflist" <<CONFIG
{"cniVersion": "0.4.0", "name": "kranix", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.$node.0/24"}]],
            "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/var/lib/cni/networks"}},
  {"type": "portmap", "capabilities": {"portMappings": true}},
  {"type": "bandwidth", "capabilities": {"bandwidth": true}}]}
CONFIG
    cat >"$dir/kubelet.yaml" <<CONFIG
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 10.201.0.1$node
authentication: {anonymous: {enabled: false}, x509: {clientCAFile: $kube/pki/ca.crt}}
authorization: {mode: AlwaysAllow}
tlsCertFile: $kube/pki/node$node.crt
tlsPrivateKeyFile: $kube/pki/node$node.key
cgroupDriver: cgroupfs
cgroupRoot: /$KRX_RUN/node$node
failSwapOn: false
oomScoreAdj: 0
resolvConf: $dir/resolv.conf
clusterDNS: [127.0.0.1]
clusterDomain: cluster.local
volumePluginDir: $dir/plugins
registerNode: true
nodeStatusUpdateFrequency: 2s
nodeStatusReportFrequency: 10s
nodeLeaseDurationSeconds: 8
syncFrequency: 5s
imageGCHighThresholdPercent: 100
imageMinimumGCAge: 24h
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%}
maxOpenFiles: 20000
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 100
kubeAPIBurst: 200
CONFIG
}

# The cgroups that the kubelet is to build its own below.
kube_node_cgroups() {
    local controller dir file
    for controller in /sys/fs/cgroup/*/; do
        case $controller in */unified/) continue ;; esac
        dir=$controller$KRX_RUN
        mkdir -p "$dir/node$1" || return 1
        for file in cpuset.cpus cpuset.mems; do
            [ ! -e "$dir/$file" ] || {
                cat "$controller$file" >"$dir/$file"
                cat "$controller$file" >"$dir/node$1/$file"
            }
        done
    done
}

kube_node_start() {
    local node=$1
    kube_node_cgroups "$node" && kube_node_files "$node" || return 1
    daemon_netns=/run/netns/$KRX_RUN-n$node kube_daemon "node$node" \
        unshare --mount --pid --fork --kill-child --mount-proc \
        bash "$env_dir/kubernetes-node" node "$kube" "$node" "$(kube_bin)/kubelet"
}

kube_node_empty() {
    ! find /sys/fs/cgroup -path "*/$KRX_RUN/node$1/*" -name cgroup.procs -exec cat {} + 2>/dev/null |
        grep -q .
}

kube_node_stop() {
    kube_kill "node$1" now
    env_until 10 kube_node_empty "$1" || true
    find /sys/fs/cgroup -depth -type d -path "*/$KRX_RUN/node$1*" -exec rmdir {} + 2>/dev/null
    return 0
}

# ------------------------------------------------------------------------------------------ images

# kube_image FILE COMMAND NAME...: an archive as docker save writes it, made of static busybox alone.
kube_image() {
    local archive=$1 command=$2 dir=$kube/image layer names
    shift 2
    rm -rf "$dir" && mkdir -p "$dir/out" || return 1
    "$env_dir/../../examples/busybox-image" --tar >"$dir/out/layer.tar" || return 1
    layer=$(sha256sum <"$dir/out/layer.tar")
    printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":%s},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
        "$(kube_architecture)" "$command" "${layer%% *}" >"$dir/out/config.json"
    names=$(printf '"%s",' "$@")
    printf '[{"Config":"config.json","RepoTags":[%s],"Layers":["layer.tar"]}]' "${names%,}" \
        >"$dir/out/manifest.json"
    tar -C "$dir/out" -cf "$archive" manifest.json config.json layer.tar && rm -rf "$dir"
}

kube_architecture() {
    case $(uname -m) in
    x86_64) printf amd64 ;;
    aarch64) printf arm64 ;;
    *) uname -m ;;
    esac
}

kube_images() {
    kube_image "$kube/busybox.tar" '["/bin/sh"]' docker.io/library/busybox:kranix \
        docker.io/kranix/hello:demo &&
        kube_image "$kube/pause.tar" '["/bin/sleep","2147483647"]' docker.io/kranix/pause:test
}

# ----------------------------------------------------------------------------------------- cluster

kube_ctl() {
    nsenter --net="$KRX_KUBE_NETNS" "$KRX_KUBECTL" --kubeconfig "$kube/admin.kubeconfig" "$@"
}

kube_nodes_ready() {
    local node
    for node in $kube_nodes; do
        [ "$(kube_ctl get node "node$node" \
            -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}{.spec.taints}')" = True ] ||
            return 1
    done
}

kube_basics() {
    kube_ctl apply -f - >"$kube/basics.log" 2>&1 <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/host-path
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: kubernetes.io/host-path
YAML
}

kube_default_account() {
    [ -n "$(kube_ctl get serviceaccount default -n default -o 'jsonpath={.secrets[0].name}')" ]
}

# kube_given: another cluster in place of a private one.
kube_given() {
    KRX_KUBECTL=$(kube_bin)/kubectl
    kube_built || KRX_KUBECTL=kubectl
    export KRX_KUBECTL KRX_KUBECONFIG=$KRANIX_TEST_KUBECONFIG
    KRX_KUBE_NODES=$("$KRX_KUBECTL" --kubeconfig "$KRX_KUBECONFIG" get nodes \
        -o 'jsonpath={.items[*].metadata.name}') || return 1
    export KRX_KUBE_NODES
}

# Network, etcd, certificates and kubeconfigs: all that an API server needs.
kube_prepare() {
    local name
    kube=$KRX_RUN_DIR/kubernetes
    mkdir -p "$kube/tmp"
    KRX_KUBECTL=$(kube_bin)/kubectl
    KRX_KUBE_TOKEN=$(openssl rand -hex 16)
    printf '%s,%s,%s,"system:masters"\n' "$KRX_KUBE_TOKEN" token-admin token-admin >"$kube/tokens.csv"
    chmod 600 "$kube/tokens.csv"
    kube_network && kube_etcd_start && kube_certificates || return 1
    for name in admin controllers scheduler ${kube_nodes:+node1 node2}; do
        kube_config "$name"
    done
}

kube_exports() {
    export KRX_KUBECTL KRX_KUBE_TOKEN KRX_KUBECONFIG=$kube/admin.kubeconfig
    KRX_KUBE_BIN=$(kube_bin)
    export KRX_KUBE_BIN KRX_KUBE_PKI=$kube/pki KRX_KUBE_NODES="${kube_nodes:+node1 node2}"
    export KRX_KUBE_API=https://$kube_api:443
}

# kube_api_alone: etcd and API server without controllers, scheduler and nodes. What is created there
# stays as it is.
kube_api_alone() {
    kube_nodes=""
    kube_prepare && kube_api_start && kube_until 90 apiserver kube_api_answers && kube_exports
}

kube_start() {
    local name node
    [ -z "${KRANIX_TEST_KUBECONFIG:-}" ] || {
        kube_given
        return
    }
    kube=$KRX_RUN_DIR/kubernetes
    mkdir -p "$kube/shared/tmp/hostpath_pv" "$kube/shared/tmp/$KRX_RUN"
    chmod 1777 "$kube/shared/tmp"
    kube_prepare || return 1
    kube_api_start && kube_images || return 1
    for node in $kube_nodes; do
        kube_node_start "$node" || return 1
    done
    kube_until 90 apiserver kube_api_answers && kube_controllers_start && kube_scheduler_start &&
        kube_until 60 apiserver kube_basics || return 1
    for node in $kube_nodes; do
        kube_until 90 "node$node" kube_nodes_ready || return 1
    done
    kube_until 60 controllers kube_default_account || return 1
    kube_exports
}

kube_stop() {
    local node name
    [ -n "${kube:-}" ] || return 0
    for node in $kube_nodes; do
        kube_node_stop "$node"
    done
    for name in scheduler controllers apiserver etcd; do
        kube_kill "$name" now
    done
    for name in n1 n2 k8s; do
        [ ! -e "/run/netns/$KRX_RUN-$name" ] || ip netns del "$KRX_RUN-$name"
    done
    unset kube KRX_KUBE_NETNS KRX_KUBECONFIG
}
