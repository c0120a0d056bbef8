# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What a run left behind. What carries the run's name is always looked for; with KRX_LEAKS=machine
# (CI, where nothing else runs) the whole machine is compared with what was there before.

# In a subshell without the run's name in its environment, so that it does not find its own helpers.
leaks_processes() {
    local run=$KRX_RUN
    (
        unset KRX_RUN
        {
            grep -ls "/$run" /proc/[0-9]*/cgroup
            grep -lszx "KRX_RUN=$run" /proc/[0-9]*/environ
        } 2>/dev/null | cut -d / -f 3 | sort -u | grep -vx -e "$$" -e "$BASHPID"
    )
}

leaks_none_running() {
    [ -z "$(leaks_processes)" ]
}

leaks_mounts() {
    awk -v run="/$KRX_RUN" 'index($5, run) { print $5 }' /proc/self/mountinfo
}

# Lists what exists now, one "kind name" a line.
leaks_own() {
    local item
    for item in $(leaks_processes); do
        printf 'process %s %s\n' "$item" "$(tr '\0' ' ' 2>/dev/null <"/proc/$item/cmdline")"
    done
    leaks_mounts | sed 's/^/mount /'
    find /run/netns -maxdepth 1 -name "$KRX_RUN*" 2>/dev/null | sed 's/^/netns /'
    find /sys/fs/cgroup -type d -path "*/$KRX_RUN*" 2>/dev/null | sed 's/^/cgroup /'
    find "$KRX_RUN_DIR/tmp" -mindepth 1 -maxdepth 2 2>/dev/null | sed 's/^/file /'
}

leaks_machine() {
    local file
    awk '{ print "mount " $5 }' /proc/self/mountinfo
    find /sys/class/net -mindepth 1 -maxdepth 1 -printf 'link %f\n'
    find /run/netns /run/containerd/s /run/kranix /var/lib/kranix /run/crun /run/runc /run/runsc \
        /dev/shm /var/lib/cni /var/lib/kubelet \
        /var/log/pods /var/log/containers /usr/libexec/kubernetes -mindepth 1 -maxdepth 1 -printf 'file %p\n' 2>/dev/null
    # /tmp belongs to everybody: there only names that we or an engine would make.
    find /tmp -mindepth 1 -maxdepth 1 ! -path "$KRX_RUN_DIR" -regextype posix-extended \
        -regex '/tmp/(krx|kranix|docker|containerd|runc|shim|hostpath_pv)[^/]*' -printf 'file %p\n'
    for file in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
        kernel/keys/root_maxkeys kernel/keys/root_maxbytes net/ipv4/ip_forward; do
        printf 'setting %s=%s\n' "$file" "$(cat "/proc/sys/$file")"
    done
    find /sys/fs/cgroup -mindepth 2 -maxdepth 3 -type d -printf 'cgroup %p\n' 2>/dev/null
}

leaks_before() {
    [ "${KRX_LEAKS:-}" != machine ] || leaks_machine | sort >"$1"
}

leaks_after() {
    local left
    left=$(
        leaks_own
        [ ! -e "$1" ] || leaks_machine | sort | comm -13 "$1" -
    )
    [ -n "$left" ] || return 0
    printf 'env: left behind:\n%s\n' "$left" >&2
    return 1
}

# Takes away what carries the run's name. What can be asked is asked first: a test may have servers of
# its own to stop.
leaks_remove() {
    local item
    for item in $(leaks_processes); do
        kill -TERM "$item" 2>/dev/null
    done
    env_until 40 leaks_none_running || true
    for item in $(leaks_processes); do
        kill -KILL "$item" 2>/dev/null
    done
    env_until 10 leaks_none_running || true
    for item in /run/netns/"$KRX_RUN"*; do
        [ ! -e "$item" ] || ip netns del "${item##*/}"
    done
    leaks_mounts | sort -r | while read -r item; do
        umount -l "$item"
    done
    find /sys/fs/cgroup -depth -type d -path "*/$KRX_RUN*" -exec rmdir {} + 2>/dev/null
    return 0
}
