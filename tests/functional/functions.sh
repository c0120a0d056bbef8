# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What every functional test sources first:
#
#     . "$(dirname "$0")/functions.sh"
#     requires docker
#
# After that the test has its own folder ($work, removed at the end), its own namespace ($ns),
# `kranix` as the installed program and `engine` as the Docker CLI on the private engine.
#
#     . "$(dirname "$0")/../functions.sh"
#     requires kubernetes              (or requires_own kubernetes, where the test breaks the cluster)
#     setup
#
# gives a test of tests/functional/kubernetes a cluster: it runs in the cluster's network namespace,
# KUBECONFIG names the cluster, $ns exists in it and goes at the end; `kubectl` is one of the
# cluster's version, `kube` the same within $ns, `cluster` stops and starts parts of an own one.
#
#     . "$(dirname "$0")/../functions.sh"
#     requires oci
#     setup
#
# gives a test of tests/functional/oci the oci backend with folders, control group and network
# namespace of its own ($oci_root, $oci_run_root, $oci_cgroup); $KRX_OCI_RUNTIME names the runtime
# (default: auto). At the end nothing of its containers may be left.
set -u

tests_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
test_name=$(basename "$0" .sh)
test_pid=$BASHPID
cleanups=()
backend=docker
label_namespace=kranix.io/namespace
label_workload=kranix.io/workload

# --------------------------------------------------------------------------------- outcome, tidying

fail() {
    printf 'FAIL: %s\n' "$*" >&2
    [ -z "${err:-}" ] || [ ! -s "$err" ] || sed 's/^/  stderr: /' "$err" | head -n 40 >&2
    [ -z "${out:-}" ] || [ ! -s "$out" ] || sed 's/^/  stdout: /' "$out" | head -n 40 >&2
    caller 0 | awk '{ print "  at line " $1 " (" $2 ")" }' >&2
    exit 1
}

# A missing piece is a skip, unless the run was told that it must be there.
skip() {
    local what=$1
    shift
    case " ${KRANIX_TEST_REQUIRE:-} " in
    *" $what "*) fail "$what is required here (KRANIX_TEST_REQUIRE) but $*" ;;
    esac
    printf 'SKIP: %s\n' "$*" >&2
    exit 77
}

# cleanup COMMAND...: runs at the end, last first, whatever happened.
cleanup() {
    cleanups+=("$(printf '%q ' "$@")")
}

run_cleanups() {
    local status=$1 i
    [ "$BASHPID" = "$test_pid" ] || return 0
    trap '' INT TERM
    trap - EXIT
    for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do
        eval "${cleanups[i]}"
    done
    exit "$status"
}

# ------------------------------------------------------------------------------------- what we need

# requires docker registry kubernetes: real servers; alone, a test starts its own.
requires() {
    local need missing started=yes
    for need in "$@"; do
        # shellcheck disable=SC2016
        missing=$(bash -c '. "$1/env/env.sh"; env_missing "$2"' - "$tests_dir" "$need")
        [ -z "$missing" ] || skip "$need" "missing for $need: $missing"
        case $need in
        docker) [ -n "${KRX_DOCKER_HOST:-}" ] || started="" ;;
        registry) [ -n "${KRX_REGISTRY:-}" ] || started="" ;;
        kubernetes)
            backend=kubernetes
            [ -n "${KRX_KUBECONFIG:-}" ] || started=""
            ;;
        oci)
            backend=oci
            [ -n "${KRX_OCI:-}" ] || started=""
            ;;
        esac
    done
    if [ -z "$started" ]; then
        need=$*
        exec "$tests_dir/env/with-env" --need "${need// /,}" "$0"
    fi
    case $backend in
    kubernetes) enter_cluster ;;
    oci) enter_oci "$@" ;;
    esac
}

# requires_own kubernetes: servers that no other test sees.
requires_own() {
    [ "${KRX_OWN:-}" != "$test_name" ] || {
        requires "$@"
        return
    }
    unset KRX_KUBECONFIG KRX_KUBE_NETNS KRX_NETNS KRX_DOCKER_HOST KRX_REGISTRY KRX_LEAKS
    unset KRANIX_TEST_KUBECONFIG
    export KRX_OWN=$test_name
    requires "$@"
}

# A private cluster's addresses are those of its network namespace.
enter_cluster() {
    [ -n "${KRX_KUBE_NETNS:-}" ] || return 0
    [ /proc/self/ns/net -ef "$KRX_KUBE_NETNS" ] || exec nsenter --net="$KRX_KUBE_NETNS" "$0"
}

# A network namespace that ends with the test, or the one that the registry listens in.
enter_oci() {
    [ -z "${KRX_OCI_INSIDE:-}" ] || return 0
    export KRX_OCI_INSIDE=yes
    case " $* " in
    *" registry "*) exec nsenter --net="$KRX_NETNS" "$0" ;;
    esac
    exec unshare --net -- "$0"
}

# Called before setup: the test goes on in a mount namespace in which there is one user more, with
# subordinate ids, who deploys without root. as_user COMMAND... is that user's.
as_made_up_user() {
    oci_user=47000
    [ -n "${KRX_USER_INSIDE:-}" ] || {
        export KRX_USER_INSIDE=yes
        exec unshare --mount --propagation private -- "$0"
    }
}

make_up_user() {
    local file
    mkdir "$work/etc" "$work/xdg"
    for file in passwd group subuid subgid; do
        cp "/etc/$file" "$work/etc/$file" || fail "there is no /etc/$file"
        case $file in
        passwd) echo "krx-made-up:x:$oci_user:$oci_user::$HOME:/bin/sh" ;;
        group) echo "krx-made-up:x:$oci_user:" ;;
        *) echo "krx-made-up:700000:65536" ;;
        esac >>"$work/etc/$file"
        mount --bind "$work/etc/$file" "/etc/$file" || fail "binding /etc/$file"
    done
    # what translates networks and mounts layers for such a user, where the machine keeps it for root
    mknod -m 666 "$work/etc/tun" c 10 200 || fail "making a device"
    mknod -m 666 "$work/etc/fuse" c 10 229 || fail "making a device"
    mount --bind "$work/etc/tun" /dev/net/tun || fail "there is no /dev/net/tun"
    mount --bind "$work/etc/fuse" /dev/fuse || fail "there is no /dev/fuse"
    mkdir -p "$work/kranix-state"
    chown -R "$oci_user:$oci_user" "$work"
    chmod 700 "$work/xdg"
    export XDG_RUNTIME_DIR=$work/xdg XDG_DATA_HOME=$work/data
}

as_user() {
    setpriv --reuid "$oci_user" --regid "$oci_user" --clear-groups -- "$@"
}

# needs_runtime crun: where all are required, so is this one.
needs_runtime() {
    command -v "$1" >/dev/null 2>&1 || skip oci "the runtime $1 is not installed"
}

needs_tool() {
    command -v "$1" >/dev/null 2>&1 || skip "$1" "the program $1 is not installed"
}

# The programs under test: those of an installed prefix, given by the harness or by hand.
find_programs() {
    if [ -z "${KRX_PREFIX:-}" ]; then
        echo "KRX_PREFIX is not set: name the prefix of an installed kranix" >&2
        exit 99
    fi
    krx_bin=${KRX_BIN:-$KRX_PREFIX/bin/kranix}
    [ -x "$krx_bin" ] || {
        echo "$krx_bin is not there: make install first" >&2
        exit 99
    }
    krx_sysconf=${KRX_SYSCONFDIR:-$KRX_PREFIX/etc}
    krx_modules=${KRX_MODULEDIR:-$KRX_PREFIX/lib/kranix/modules}
    krx_allow=$krx_sysconf/kranix/plugins.allow.d
}

setup() {
    needs_tool jq
    find_programs
    work=$(mktemp -d "${KRX_RUN_DIR:-/tmp}/krx-$test_name-XXXXXX") || exit 99
    chmod 755 "$work"
    cleanup rm -rf --one-file-system "$work"
    trap 'run_cleanups $?' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    out=$work/out
    err=$work/err
    ns=t-$(basename "$work" | tr -dc 'a-zA-Z0-9' | tr '[:upper:]' '[:lower:]' | tail -c 10)
    export HOME=$work/home XDG_STATE_HOME=$work/state DOCKER_CONFIG=$work/docker TMPDIR=$work
    mkdir -p "$HOME" "$DOCKER_CONFIG"
    unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION KRANIX_CONFIG
    unset XDG_CONFIG_HOME NO_COLOR KRANIX_NAMESPACE
    unset KUBECONFIG KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT
    if [ -n "${KRX_DOCKER_HOST:-}" ] && [ "$backend" != oci ]; then
        export DOCKER_HOST=$KRX_DOCKER_HOST
        cleanup forget_namespace
        allow_module docker
    fi
    [ "$backend" != oci ] || setup_oci
    if [ "$backend" = kubernetes ]; then
        export KUBECONFIG=$work/kubeconfig
        cp "$KRX_KUBECONFIG" "$KUBECONFIG"
        printf 'runtime: {default_backend: kubernetes}\n' >"$work/config.yaml"
        export KRANIX_CONFIG=$work/config.yaml
        allow_module kubernetes
        cleanup forget_kube_namespaces
        new_namespace "$ns"
    fi
}

setup_oci() {
    oci_root=$work/oci/root oci_run_root=$work/oci/run oci_cgroup=/$KRX_RUN/$test_name
    mkdir -p "$oci_root" "$oci_run_root"
    chmod 700 "$oci_root"
    [ -z "${oci_user:-}" ] || make_up_user
    # shellcheck source=../env/oci.sh
    . "$tests_dir/env/oci.sh"
    ip link show outside >/dev/null 2>&1 || oci_network || fail "could not set up the network"
    write_oci_config
    export KRANIX_CONFIG=$work/config.yaml
    allow_module oci
    cleanup forget_oci
    ok kranix images import "$KRX_OCI/busybox.tar"
}

write_oci_config() {
    cat >"$work/config.yaml" <<YAML
runtime: {default_backend: oci}
oci:
  root: $oci_root
  run_root: $oci_run_root
  cgroup_parent: $oci_cgroup
  runtime: ${KRX_OCI_RUNTIME:-auto}
YAML
}

# Destroys what the test left; what is there even then has been lost sight of.
forget_oci() {
    local left
    kranix list -A -o json 2>/dev/null </dev/null |
        jq -r '.[] | "\(.name) \(.namespace)"' 2>/dev/null |
        while read -r name namespace; do
            kranix destroy "$name" -n "$namespace" --volumes --grace 1s --ignore-not-found --timeout 60s \
                >/dev/null 2>&1 </dev/null
        done
    left=$(oci_left_here)
    [ -n "$left" ] || return 0
    printf 'left behind:\n%s\n' "$left" >&2
    [ "$status" != 0 ] || status=99
    sed -n 's/^process \([0-9]*\) .*/\1/p' <<<"$left" | xargs -r kill -KILL 2>/dev/null
    awk -v a="$work/oci/" 'index($5, a) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
        while read -r mount; do umount -l "$mount"; done
    return 0
}

oci_left_here() {
    oci_left "$oci_root" "$oci_run_root" "$oci_cgroup"
}

# Tests run side by side: one of them allows the module, the others wait for it.
allow_module() {
    (
        flock 9
        [ -e "$krx_allow/$1.yaml" ] || "$krx_bin" plugins enable "$1" >"$out" 2>"$err"
    ) 9>"${KRX_RUN_DIR:-$work}/allow.lock" || fail "could not allow the $1 module"
}

# new_namespace NAME: one where pods can be made. Names that begin with $ns are removed at the end.
new_namespace() {
    kubectl create namespace "$1" >"$out" 2>"$err" || fail "could not create the namespace $1"
    wait_for 60 "the account of namespace $1" account_exists "$1"
}

account_exists() {
    [ -n "$(kubectl get serviceaccount default -n "$1" -o 'jsonpath={.secrets[0].name}')" ] ||
        [ "$(kubectl version -o json | jq '.serverVersion.minor | gsub("[^0-9]"; "") | tonumber')" -ge 24 ]
}

forget_kube_namespaces() {
    local names
    names=$(kubectl get namespaces -o name 2>/dev/null | grep "^namespace/$ns")
    # shellcheck disable=SC2086
    [ -z "$names" ] || kubectl delete --wait=false $names >/dev/null 2>&1
    return 0
}

# Removes what the test left in the engine, so that tests that share one do not meet.
forget_namespace() {
    local ids
    ids=$(engine ps -aq --filter "label=$label_namespace=$ns" 2>/dev/null)
    # shellcheck disable=SC2086
    [ -z "$ids" ] || engine rm -fv $ids >/dev/null 2>&1
    ids=$(engine volume ls -q --filter "label=$label_namespace=$ns" 2>/dev/null)
    # shellcheck disable=SC2086
    [ -z "$ids" ] || engine volume rm -f $ids >/dev/null 2>&1
    return 0
}

# ----------------------------------------------------------------------------------------- programs

engine() {
    docker -H "$KRX_DOCKER_HOST" "$@"
}

kubectl() {
    "$KRX_KUBECTL" --kubeconfig "$KRX_KUBECONFIG" "$@"
}

kube() {
    kubectl -n "$ns" "$@"
}

# cluster api-stop|api-start|node-stop N|node-start N ...: of a cluster of one's own.
cluster() {
    "$tests_dir/env/kubernetes-control" "$@" >&2 || fail "kubernetes-control $*"
}

inside() {
    nsenter --net="$KRX_NETNS" "$@"
}

kranix() {
    ${oci_user:+as_user} "$krx_bin" --state-dir "$work/kranix-state" "$@"
}

# run COMMAND...: keeps its streams in $out and $err and its status in $status.
run() {
    printf '+ %s\n' "$*" >&2
    "$@" >"$out" 2>"$err" </dev/null
    status=$?
}

# ok COMMAND... / fails STATUS COMMAND...
ok() {
    run "$@"
    [ "$status" = 0 ] || fail "'$*' should succeed but its status is $status"
}

fails() {
    local want=$1
    shift
    run "$@"
    [ "$status" = "$want" ] || fail "'$*' should end with status $want, not $status"
}

# spec NAME REPLICAS <more YAML lines: writes a spec
spec() {
    printf 'name: %s\nnamespace: %s\nimage: busybox:kranix\nbackend: %s\nreplicas: %s\n' \
        "$1" "$ns" "$backend" "$2"
    cat
}

# A container process that stops at once when asked to.
sleeper="command: [sh, -c, 'trap exit TERM; echo up; while :; do sleep 0.1; done']"

# -------------------------------------------------------------------------------------------- waits

# wait_for SECONDS WHAT COMMAND...: as a quiet machine needs; a busy one gets four times that.
wait_for() {
    local begun limit=$(($1 * 4)) what=$2
    shift 2
    printf -v begun '%(%s)T' -1
    until "$@" >/dev/null 2>&1; do
        [ "$(printf '%(%s)T' -1)" -lt $((begun + limit)) ] || fail "waited $limit s in vain for $what"
        sleep 0.1
    done
}

# ------------------------------------------------------------------------------------------- checks

same() {
    [ "$2" = "$3" ] || fail "$1: expected '$3', found '$2'"
}

has() {
    grep -qE -- "$2" "$1" || fail "$(basename "$1") should match /$2/"
}

has_not() {
    ! grep -qE -- "$2" "$1" || fail "$(basename "$1") should not match /$2/"
}

# json FILTER WANTED: of the last run's standard output.
json() {
    local found
    found=$(jq -r "$1" <"$out" 2>"$work/jq") || fail "standard output is not the JSON expected: $(cat "$work/jq")"
    [ "$found" = "$2" ] || fail "$1 is '$found', not '$2'"
}

# Replicas of a workload, as the engine knows them (not the one that only keeps a spec).
replicas() {
    if [ "$backend" = oci ]; then
        oci_replicas "$@"
        return
    fi
    engine ps "${@:2}" --no-trunc --format '{{.ID}} {{.Label "kranix.io/record"}}' \
        --filter "label=$label_namespace=$ns" --filter "label=$label_workload=$1" |
        sed -n 's/ $//p' | sort
}

# Nothing of this test is in the engine any more.
nothing_left() {
    if [ "$backend" = oci ]; then
        wait_for 10 "conmons and keepers to end" oci_processes_ended
        same "what is left" "$(oci_left_here)" ""
        same "volumes left" "$(find "$oci_root/volumes" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" 0
        return
    fi
    same "containers left" "$(engine ps -aq --filter "label=$label_namespace=$ns" | wc -l)" 0
    same "volumes left" "$(engine volume ls -q --filter "label=$label_namespace=$ns" | wc -l)" 0
}

oci_processes_ended() {
    ! oci_left_here | grep -q '^process '
}

# oci_replicas NAME [-a]: ids, as the containers' own files have them.
oci_replicas() {
    local all=false file
    [ "${2:-}" != -a ] || all=true
    for file in "$oci_root"/containers/*/container.json; do
        [ ! -e "$file" ] || jq -r --arg ns "$ns" --arg w "$1" --argjson all "$all" \
            'select(.namespace == $ns and .workload == $w and ($all or .phase == "running")) | .id' "$file"
    done | sort
}

# oci_container ID: its container.json
oci_container() {
    cat "$oci_root/containers/$1/container.json"
}

replica_count() {
    replicas "$@" | wc -l
}
