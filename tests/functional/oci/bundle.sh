#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a spec says is true inside, on each runtime that is there; and nothing of the machine changes.
. "$(dirname "$0")/../functions.sh"
requires oci
setup

# The limit of memory as the kernel has it, of the container that this process is in.
memory_limit() {
    local path
    path=$(awk -F: '$2 == "memory" { print $3 }' "/proc/$1/cgroup")
    if [ -n "$path" ]; then
        cat "/sys/fs/cgroup/memory$path/memory.limit_in_bytes"
    else
        cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/memory.max"
    fi
}

# said NAME COMMAND: what it writes in the container
said() {
    ok kranix exec "$1" -n "$ns" -- sh -c "$2"
    cat "$out"
}

# The image's tree with users in it: theirs says so.
make_tree() {
    mkdir -p "$work/tree/etc" "$work/tree/mnt" "$work/tree/root"
    "$tests_dir/../examples/busybox-image" --tar | tar -x -C "$work/tree" || fail "no tree"
    echo 'root:x:0:0::/root:/bin/sh' >"$work/tree/etc/passwd"
    echo 'www-data:x:33:33::/var/www:/bin/sh' >>"$work/tree/etc/passwd"
    printf 'root:x:0:\nwheel:x:10:root,www-data\n' >"$work/tree/etc/group"
    chmod 755 "$work/tree"
}

from_tree() {
    spec "$1" 1 | sed "s|^image: .*|image: rootfs:$work/tree|"
}

# A user of the image, limits, mounts, a read-only root.
check_user() {
    from_tree app >"$work/app.yaml" <<YAML
$sleeper
runtime: $runtime
network: none
user: www-data
workingDir: /made/for/it
env: {PATH: /bin, GREETING: "a b"}
hostname: told
readOnlyRootFilesystem: true
tmpfs: [/scratch]
mounts:
  - {source: $work/given, target: /given, readOnly: true}
  - {type: tmpfs, target: /small, size: 1Mi}
resources: {memoryLimit: 64Mi, cpuLimit: 500m}
annotations: {kranix.io/ulimit.nofile: "64:128", note: mine}
YAML
    ok kranix deploy -f "$work/app.yaml" --wait=60s
    same "user" "$(said app 'id -un; id -u; id -G; echo $HOME' | tr '\n' ' ')" "www-data 33 33 10 /var/www "
    same "folder" "$(said app pwd)" /made/for/it
    same "environment" "$(said app 'echo "$GREETING $PATH $HOSTNAME $(hostname)"')" "a b /bin told told"
    same "open files at most" "$(said app 'ulimit -Hn')" 128
    # gVisor gives a further process the hard limit
    [ "$runtime" = runsc ] || same "open files" "$(said app 'ulimit -Sn')" 64
    same "capabilities" "$(said app "sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status")" 0000000000000000
    same "a file given" "$(said app 'cat /given/file')" hello
    said app 'touch /x 2>/dev/null || touch /given/x 2>/dev/null || echo refused' >/dev/null
    has "$out" refused
    same "what can be written" "$(said app 'echo y >/scratch/x && echo y >/dev/shm/x && cat /scratch/x /dev/shm/x' | tr -d '\n')" yy
    said app 'head -c 3000000 /dev/zero >/small/x 2>/dev/null; wc -c </small/x' >/dev/null
    [ "$(cat "$out")" -le 1048576 ] || fail "1Mi hold $(cat "$out") bytes"
    pid=$(oci_container "$(replicas app)" | jq '.init[0]')
    same "limit of memory" "$(memory_limit "$pid")" 67108864
    same "who it is" "$(jq -r '.annotations | "\(.["kranix.io/workload"]) \(.["kranix.io/replica"]) \(.note)"' \
        "$oci_root/containers/$(replicas app)/bundle/config.json")" "app 1 mine"
    ok kranix destroy app -n "$ns"
}

# Root of a container is less than root of the machine.
check_root() {
    from_tree top >"$work/top.yaml" <<YAML
$sleeper
runtime: $runtime
network: none
capabilities: {drop: [ALL], add: [CHOWN]}
YAML
    ok kranix deploy -f "$work/top.yaml" --wait=60s
    same "capabilities" "$(said top "sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status")" 0000000000000001
    same "home" "$(said top 'echo $HOME')" /root
    for forbidden in 'mount -t tmpfs x /mnt' 'hostname other' 'echo 1 >/proc/sys/vm/panic_on_oom' \
        'head -c 1 /proc/kcore | grep -q .'; do
        same "$forbidden" "$(said top "$forbidden 2>/dev/null || echo refused")" refused
    done
    if [ "$runtime" != runsc ]; then # which has a kernel of its own in between
        same "a user namespace" "$(said top 'unshare -U true 2>/dev/null || echo refused')" refused
        same "a device" "$(said top 'mknod /tmp/sda b 8 0 2>/dev/null || echo refused')" refused
        same "filter of system calls" "$(said top "sed -n 's/^Seccomp:[[:space:]]*//p' /proc/self/status")" 2
    fi
    ok kranix destroy top -n "$ns"
}

refused() {
    run kranix deploy -f "$work/$1.yaml"
    [ "$status" != 0 ] || fail "$1 was deployed"
    has "$err" "$2"
    same "containers of $1" "$(replica_count "$1" -a)" 0
}

make_tree
mkdir -p "$work/given"
echo hello >"$work/given/file"
owner=$(stat -c '%u %g %a' /dev/null)
for runtime in $(oci_runtimes_here); do
    check_user
    check_root
done
same "/dev/null of the machine" "$(stat -c '%u %g %a' /dev/null)" "$owner"

spec ghost 1 <<<"user: ghost" >"$work/ghost.yaml"
refused ghost "the image has no user 'ghost'"
spec absent 1 <<<"mounts: [{source: $work/absent, target: /x}]" >"$work/absent.yaml"
refused absent "$work/absent: No such file"
spec shiny 1 <<<"resources: {gpu: {vendor: amd, count: 64}}" >"$work/shiny.yaml"
refused shiny 'amd.com/gpu'
nothing_left
