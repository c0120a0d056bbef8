# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Private servers for tests: a Docker Engine in its own network namespace and a registry beside it.
# Everything a run starts carries the run's name ($KRX_RUN) in its path, cgroup, namespace or
# environment, so that env_end can stop all of it and prove that nothing stayed.

env_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=leaks.sh
. "$env_dir/leaks.sh"
# shellcheck source-path=SCRIPTDIR source=kubernetes.sh
. "$env_dir/kubernetes.sh"
# shellcheck source-path=SCRIPTDIR source=oci.sh
. "$env_dir/oci.sh"

env_note() {
    printf 'env: %s\n' "$*" >&2
}

env_now() {
    printf '%(%s)T' -1
}

# env_until SECONDS COMMAND...: repeats the command until it succeeds.
env_until() {
    local deadline=$(($(env_now) + $1))
    shift
    until "$@"; do
        [ "$(env_now)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

env_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# env_kill PID SECONDS: asks, waits, insists.
env_kill() {
    kill -TERM "$1" 2>/dev/null || return 0
    env_until "$2" env_gone "$1" && return 0
    env_note "process $1 ignored SIGTERM for $2 s: $(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null)"
    kill -KILL "$1" 2>/dev/null
    env_until 10 env_gone "$1"
}

# env_came_up WHAT PID ANSWERS SECONDS LOG: waits for a server that was started.
env_came_up() {
    env_until "$4" "$3" && ! env_gone "$2" && return 0
    env_note "$1 did not come up; its last words:"
    tail -n 30 "$5" >&2
    return 1
}

# Says what is missing to run these real servers here; nothing when all is there.
env_missing() {
    local server tool tools="" missing=""
    [ "$(id -u)" = 0 ] || missing=" root"
    for server in "$@"; do
        case $server in
        docker) tools="$tools dockerd containerd runc iptables ip nsenter docker ctr curl busybox openssl" ;;
        registry) tools="$tools docker-registry htpasswd ip nsenter openssl" ;;
        kubernetes | apiserver)
            [ "$server" = apiserver ] || [ -z "${KRANIX_TEST_KUBECONFIG:-}" ] || continue
            tools="$tools $kube_tools"
            kube_built || missing="$missing kubernetes-build"
            ;;
        oci)
            tools="$tools $oci_tools"
            [ -n "$(oci_runtimes_here)" ] || missing="$missing one of: $oci_runtimes"
            ;;
        *) missing="$missing $server" ;;
        esac
    done
    for tool in $tools; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
    done
    printf '%s' "${missing# }"
}

env_begin() {
    PATH=$PATH:/usr/sbin:/sbin
    KRX_RUN_DIR=$(mktemp -d /tmp/krx-XXXXXX) || return 1
    chmod 755 "$KRX_RUN_DIR"
    KRX_RUN=$(basename "$KRX_RUN_DIR")
    mkdir "$KRX_RUN_DIR/tmp"
    export PATH KRX_RUN KRX_RUN_DIR
    leaks_before "$KRX_RUN_DIR/before"
}

# ------------------------------------------------------------------------------ network namespace

netns_start() {
    ip netns add "$KRX_RUN" && ip -n "$KRX_RUN" link set lo up || return 1
    export KRX_NETNS=/run/netns/$KRX_RUN
}

netns_stop() {
    [ -n "${KRX_NETNS:-}" ] || return 0
    ip netns del "$KRX_RUN"
    unset KRX_NETNS
}

# ------------------------------------------------------------------------------------------ engine

engine_certificates() {
    local dir=$1 who
    mkdir -p "$dir"
    {
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=kranix test CA" \
            -keyout "$dir/ca-key.pem" -out "$dir/ca.pem" || return 1
        for who in server client; do
            openssl req -newkey rsa:2048 -nodes -subj "/CN=$who" \
                -keyout "$dir/$who-key.pem" -out "$dir/$who.csr" || return 1
            printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=%sAuth\n' "$who" \
                >"$dir/$who.ext"
            openssl x509 -req -days 2 -in "$dir/$who.csr" -CA "$dir/ca.pem" \
                -CAkey "$dir/ca-key.pem" -CAcreateserial -extfile "$dir/$who.ext" \
                -out "$dir/$who.pem" || return 1
        done
    } >"$dir/openssl.log" 2>&1
    mkdir -p "$dir/client"
    cp "$dir/ca.pem" "$dir/client/ca.pem"
    cp "$dir/client.pem" "$dir/client/cert.pem"
    cp "$dir/client-key.pem" "$dir/client/key.pem"
}

engine_answers() {
    env_gone "$engine_pid" && return 0
    curl -fsS --max-time 2 --unix-socket "$KRX_RUN_DIR/docker.sock" \
        http://engine/_ping >/dev/null 2>&1
}

containerd_answers() {
    env_gone "$containerd_pid" && return 0
    ctr -a "$KRX_RUN_DIR/containerd.sock" version >/dev/null 2>&1
}

# A containerd of our own beside the engine: one that dockerd starts itself it also kills and starts
# again whenever a busy machine lets it miss three health checks.
containerd_start() {
    local dir=$KRX_RUN_DIR
    cat >"$dir/containerd.toml" <<CONFIG
version = 2
root = "$dir/containerd"
state = "$dir/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$dir/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
path = "$dir/containerd/opt"
CONFIG
    TMPDIR=$dir/tmp setsid nsenter --net="$KRX_NETNS" containerd --config "$dir/containerd.toml" \
        >"$dir/containerd.log" 2>&1 </dev/null &
    containerd_pid=$!
    env_came_up "containerd" "$containerd_pid" containerd_answers 60 "$dir/containerd.log"
}

containerd_stop() {
    [ -n "${containerd_pid:-}" ] || return 0
    env_kill "$containerd_pid" 30
    wait "$containerd_pid" 2>/dev/null
    containerd_pid=""
}

# Starts dockerd on unix://$KRX_RUN_DIR/docker.sock and, with TLS, on 127.0.0.1:2376 of $KRX_NETNS.
engine_start() {
    local dir=$KRX_RUN_DIR
    [ -n "${KRX_NETNS:-}" ] || netns_start || return 1
    containerd_start || return 1
    engine_certificates "$dir/tls" || {
        cat "$dir/tls/openssl.log" >&2
        return 1
    }
    printf '{}\n' >"$dir/daemon.json"
    TMPDIR=$dir/tmp setsid nsenter --net="$KRX_NETNS" dockerd --config-file "$dir/daemon.json" \
        --containerd "$dir/containerd.sock" \
        -H "unix://$dir/docker.sock" -H tcp://127.0.0.1:2376 --tlsverify \
        --tlscacert "$dir/tls/ca.pem" --tlscert "$dir/tls/server.pem" \
        --tlskey "$dir/tls/server-key.pem" --data-root "$dir/data" --exec-root "$dir/exec" \
        --pidfile "$dir/docker.pid" --cgroup-parent "/$KRX_RUN" \
        --exec-opt native.cgroupdriver=cgroupfs --shutdown-timeout 5 \
        >"$dir/dockerd.log" 2>&1 </dev/null &
    engine_pid=$!
    env_came_up "dockerd" "$engine_pid" engine_answers 60 "$dir/dockerd.log" || return 1
    export KRX_DOCKER_HOST="unix://$dir/docker.sock"
    export KRX_DOCKER_TLS_HOST=tcp://127.0.0.1:2376
    export KRX_DOCKER_CERTS="$dir/tls/client"
}

engine_stop() {
    local containers
    [ -n "${engine_pid:-}" ] || return 0
    if [ -n "${KRX_DOCKER_HOST:-}" ]; then
        containers=$(timeout 20 docker -H "$KRX_DOCKER_HOST" ps -aq 2>/dev/null)
        # shellcheck disable=SC2086 # one argument for each
        [ -z "$containers" ] ||
            timeout 60 docker -H "$KRX_DOCKER_HOST" rm -fv $containers >/dev/null 2>&1
    fi
    env_kill "$engine_pid" 30
    wait "$engine_pid" 2>/dev/null
    engine_pid=""
    # Where mounts are private, dockerd binds its data folder onto itself and leaves it so.
    ! mountpoint -q "$KRX_RUN_DIR/data" || umount "$KRX_RUN_DIR/data"
    unset KRX_DOCKER_HOST KRX_DOCKER_TLS_HOST KRX_DOCKER_CERTS
}

# engine_images: what tests use, put together without any registry.
engine_images() {
    DOCKER_HOST=$KRX_DOCKER_HOST "$env_dir/../../examples/busybox-image" busybox:kranix >/dev/null &&
        docker -H "$KRX_DOCKER_HOST" tag busybox:kranix kranix/hello:demo
}

# ---------------------------------------------------------------------------------------- registry

registry_answers() {
    env_gone "$registry_pid" && return 0
    nsenter --net="$KRX_NETNS" curl -sS --max-time 2 -o /dev/null \
        "http://$KRX_REGISTRY/v2/" 2>/dev/null
}

# A registry with basic auth on 127.0.0.1:5000 of $KRX_NETNS.
registry_start() {
    local dir=$KRX_RUN_DIR/registry
    [ -n "${KRX_NETNS:-}" ] || netns_start || return 1
    mkdir -p "$dir/data"
    export KRX_REGISTRY=127.0.0.1:5000 KRX_REGISTRY_USER=tester
    KRX_REGISTRY_PASSWORD=$(openssl rand -hex 12)
    export KRX_REGISTRY_PASSWORD
    printf '%s\n' "$KRX_REGISTRY_PASSWORD" |
        htpasswd -iBc "$dir/htpasswd" "$KRX_REGISTRY_USER" 2>/dev/null || return 1
    cat >"$dir/config.yml" <<CONFIG
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $dir/data}
  delete: {enabled: true}
http: {addr: "$KRX_REGISTRY"}
auth:
  htpasswd: {realm: kranix-test, path: $dir/htpasswd}
CONFIG
    setsid nsenter --net="$KRX_NETNS" docker-registry serve "$dir/config.yml" \
        >"$dir/log" 2>&1 </dev/null &
    registry_pid=$!
    env_came_up "the registry" "$registry_pid" registry_answers 30 "$dir/log"
}

registry_stop() {
    [ -n "${registry_pid:-}" ] || return 0
    env_kill "$registry_pid" 10
    wait "$registry_pid" 2>/dev/null
    registry_pid=""
}

# --------------------------------------------------------------------------------------------- end

# Stops everything. Non-zero when something of the run was left, which it then removes too.
env_end() {
    local status=0
    [ -n "${KRX_RUN_DIR:-}" ] || return 0
    kube_stop
    engine_stop
    containerd_stop
    registry_stop
    netns_stop
    env_until 10 leaks_none_running || true
    find /sys/fs/cgroup -depth -type d -path "*/$KRX_RUN*" -exec rmdir {} + 2>/dev/null
    leaks_after "$KRX_RUN_DIR/before" || status=1
    leaks_remove
    rm -rf --one-file-system "$KRX_RUN_DIR" || status=1
    unset KRX_RUN_DIR
    return "$status"
}
