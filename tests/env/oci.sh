# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The oci module has no server. A run gives its tests an image that needs no registry; each test has
# folders, a control group and a network namespace of its own, so that bridges, firewall rules and
# addresses end with it and the machine's are never touched.

# shellcheck disable=SC2034 # for env_missing
oci_tools="conmon skopeo ip nsenter unshare iptables busybox jq newuidmap newgidmap setpriv
    /usr/lib/cni/bridge /usr/lib/cni/host-local /usr/lib/cni/portmap /usr/lib/cni/loopback"
oci_runtimes="crun runc runsc"

# Prints the runtimes that are installed.
oci_runtimes_here() {
    local name
    for name in $oci_runtimes; do
        ! PATH=$PATH:/usr/sbin:/sbin command -v "$name" >/dev/null 2>&1 || printf '%s ' "$name"
    done
}

oci_start() {
    local dir=$KRX_RUN_DIR/oci
    mkdir -p "$dir" || return 1
    # shellcheck disable=SC2154 # env_dir is env.sh's
    "$env_dir/../../examples/busybox-image" --archive busybox:kranix >"$dir/busybox.tar" || return 1
    export KRX_OCI=$dir
}

# Inside a network namespace of its own: the loopback, and a way out that leads nowhere, which what
# translates for users without rights asks for.
oci_network() {
    ip link set lo up &&
        ip link add outside type veth peer name nowhere &&
        ip addr add 192.0.2.2/24 dev outside &&
        ip link set outside up &&
        ip link set nowhere up &&
        ip route add default via 192.0.2.1
}

# oci_left ROOT RUN_ROOT CGROUP: what containers left there, one a line.
oci_left() {
    local root=$1 run_root=$2 cgroup=$3
    find "$root/containers" -mindepth 1 -maxdepth 1 -printf 'container %f\n' 2>/dev/null
    find "$run_root/netns" -mindepth 1 -maxdepth 1 -printf 'namespace %f\n' 2>/dev/null
    find "$run_root/runtime" -mindepth 2 -maxdepth 2 ! -name '.*' \
        -printf 'state of a runtime %P\n' 2>/dev/null
    find "$run_root/networks" -type f -name '[0-9]*.*' -printf 'address %f\n' 2>/dev/null
    awk -v a="$root/" -v b="$run_root/" 'index($5, a) == 1 || index($5, b) == 1 { print "mount " $5 }' \
        /proc/self/mountinfo
    find /sys/fs/cgroup -mindepth 2 -type d -path "*$cgroup/*" -printf 'cgroup %p\n' 2>/dev/null
    # what a runtime wrote where the second version of a hybrid machine is mounted
    unshare --mount --propagation private sh -c 'umount /sys/fs/cgroup/unified && exec find \
        /sys/fs/cgroup/unified -type d -path "*$1/*" -printf "hidden cgroup %p\n"' sh "$cgroup" 2>/dev/null
    # conmon, keepers and what they started are told by the folders that they were given
    grep -lsF -e "$root/" -e "$run_root/" /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3 |
        while read -r pid; do
            printf 'process %s %s\n' "$pid" "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
        done | grep -E '^process [0-9]+ [^ ]*(conmon|keeper|crun|runc|runsc|pasta|slirp4netns|skopeo)'
    ip -o link 2>/dev/null | sed -nE 's/^[0-9]+: ((veth|ifb|tap|kr[ix]|kranix)[^:@]*).*/link \1/p'
    return 0
}
