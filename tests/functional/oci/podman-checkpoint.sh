#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What podman froze goes on here: its memory, its files, its volumes, /dev/shm, under its own name
# and under another, also when it is frozen once more. What can't be taken over says why.
. "$(dirname "$0")/../functions.sh"
requires oci
# shellcheck source=../../env/criu.sh
. "$tests_dir/env/criu.sh"
criu=$(criu_find) || skip oci "no CRIU that works here: $criu"
command -v podman >/dev/null || skip oci "podman is not installed"
setup

# podman as the user has it, with a store of its own and this CRIU, in a mount namespace that keeps
# what it mounts and takes what it leaves behind, and in which crun finds only one kind of control
# groups.
store=$(mktemp -d /tmp/krx-pod-XXXXXX) # podman refuses long paths
unshare -m --propagation slave sh -c '
    ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
    mkdir -p /var/lib/cni
    mount -t tmpfs podman /var/lib/cni
    mount -t tmpfs podman /dev/shm
    : >"$1/ready"
    exec sleep infinity' sh "$store" >/dev/null 2>&1 </dev/null &
home=$!

pod() {
    PATH=$(dirname "$criu"):$PATH nsenter --target "$home" --mount -- \
        env -u DOCKER_CONFIG podman --root "$store/root" --runroot "$store/run" --tmpdir "$store/tmp" \
        --storage-driver vfs --cgroup-manager cgroupfs --runtime "$runtime" "$@"
}

forget_podman() {
    [ -z "${runtime:-}" ] || pod rm --force --time 0 --all --volumes >/dev/null 2>&1
    kill "$home"
    wait "$home" 2>/dev/null
    rm -rf "$store"
    ip link delete cni-podman0 2>/dev/null
    find /sys/fs/cgroup -depth -type d -path "*/$KRX_RUN/podman*" -exec rmdir {} + 2>/dev/null
    return 0
}
cleanup forget_podman
wait_for 10 "a mount namespace" test -e "$store/ready"

limits=(--cgroup-parent "/$KRX_RUN/podman" --ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
# Counts in memory, a volume and /dev/shm; what it changed in its files is to be there afterwards.
# shellcheck disable=SC2016 # of the container
program='rm /bin/vi; mkdir /made; echo new >/made/file; echo shared >/dev/shm/file; echo kept >/data/file
i=0; while :; do i=$((i+1)); echo $i >/count.new; mv /count.new /count; sleep 0.05; done'

count() {
    kranix exec "$1" -n "$ns" -- cat /count 2>/dev/null
}

at_least() {
    local now
    now=$(count "$1")
    [ "${now:-0}" -ge "$2" ]
}

begun_anew() {
    local now
    now=$(count "$1")
    [ "${now:-$before}" -lt "$before" ]
}

pod_at_least() {
    local now
    now=$(pod exec "$1" cat /count 2>/dev/null)
    [ "${now:-0}" -ge "$2" ]
}

# freeze NAME FILE [OPTION]...: what it had counted is in $before
freeze() {
    local name=$1 file=$2
    shift 2
    wait_for 30 "podman's counter to reach 10" pod_at_least "$name" 10
    before=$(pod exec "$name" cat /count)
    ok pod container checkpoint "$name" --export "$file" "$@"
}

# goes_on NAME: as it was, and on from there
goes_on() {
    ok kranix status "$1" -n "$ns" -o json
    json .state Running
    wait_for 20 "the counter to go on" at_least "$1" "$((before + 5))"
    ok kranix exec "$1" -n "$ns" -- cat /made/file /dev/shm/file
    same "its files" "$(tr '\n' ' ' <"$out")" "new shared "
    run kranix exec "$1" -n "$ns" -- test -e /bin/vi
    same "whether what was removed is there" "$status" 1
}

suite() {
    ok pod run --detach --name some_Counter "${limits[@]}" --network none --volume "${test_name}data:/data" \
        --volume "$work/host:/host:ro" --env A=b --label l=m --memory 64m --stop-timeout 1 \
        --restart on-failure:3 "$image" sh -c "$program"
    freeze some_Counter "$work/some.tar.zst"

    if [ ! -e "$work/image.tar" ]; then
        fails 1 kranix restore --import "$work/some.tar.zst" -n "$ns"
        has "$err" "image $image of archive .* is not here"
        has "$err" 'hint: .*podman save'
        ok pod save --output "$work/image.tar" "$image"
        ok kranix images import "$work/image.tar"
    fi

    # under its own name, as far as ours can be so named
    ok kranix restore --import "$work/some.tar.zst" -n "$ns" -o json
    json .state running
    json .workloadId some-counter
    goes_on some-counter
    ok kranix exec some-counter -n "$ns" -- cat /host/file /data/file
    same "what is mounted" "$(tr '\n' ' ' <"$out")" "outside kept "

    # and once more from a checkpoint of ours, which another name has room for
    before=$(count some-counter)
    ok kranix checkpoint some-counter -n "$ns" --export "$work/ours.tar.gz"
    ok kranix destroy some-counter -n "$ns" --volumes
    nothing_left
    ok kranix restore --import "$work/ours.tar.gz" --name again -n "$ns"
    goes_on again
    ok kranix restart again -n "$ns"
    wait_for 20 "it to begin anew" begun_anew again
    ok kranix destroy again -n "$ns" --volumes
    nothing_left

    # beside each other, whatever it is packed with
    zstd -q -d -c "$work/some.tar.zst" >"$work/some.tar"
    gzip -c "$work/some.tar" >"$work/some.tar.gz"
    before=10
    ok kranix restore --import "$work/some.tar" --name one -n "$ns"
    ok kranix restore --import "$work/some.tar.gz" --name two -n "$ns"
    goes_on one
    goes_on two
    ok kranix destroy one two -n "$ns" --volumes
    nothing_left
    pod rm --force --time 0 --all --volumes >/dev/null 2>&1
}


# With its own address and a published port, which the one here has as well; and a volume at a place
# where the image has something, of which part was removed.
networked() {
    ok pod run --detach --name served "${limits[@]}" --publish 127.0.0.1:18093:8080 \
        --volume "${test_name}bin:/bin" "$image" sh -c 'rm /bin/vi; echo hello >/www; exec httpd -f -p 8080 -h /'
    wait_for 20 "podman's server" busybox wget -q -O /dev/null http://127.0.0.1:18093/www
    ok pod container checkpoint served --export "$work/served.tar" --compress none
    ok pod rm --force --time 0 served
    ok kranix restore --import "$work/served.tar" -n "$ns"
    wait_for 20 "it to be served here" busybox wget -q -O "$work/www" http://127.0.0.1:18093/www
    same "what is served" "$(cat "$work/www")" hello
    run kranix exec served -n "$ns" -- test -e /bin/vi
    same "whether what was removed of a volume is there" "$status" 1
    ok kranix destroy served -n "$ns" --volumes
    nothing_left
}

# altered NAME [JQ]: some.tar unpacked in $tree; JQ changes its config.dump
altered() {
    tree=$work/altered
    rm -rf "$tree"
    mkdir "$tree"
    tar -x -f "$work/some.tar" -C "$tree"
    [ $# = 0 ] || jq "$1" "$tree/config.dump" >"$tree/new"
    [ $# = 0 ] || mv "$tree/new" "$tree/config.dump"
}

# refused STATUS TEXT [TEXT]: what is in $tree
refused() {
    tar -c -f "$work/altered.tar" -C "$tree" .
    fails "$1" kranix restore --import "$work/altered.tar" --name bad -n "$ns"
    has "$err" "$2"
    [ -z "${3:-}" ] || has "$err" "$3"
    fails 3 kranix status bad -n "$ns"
    nothing_left
}

refuses() {
    altered '.pod = "abc"'
    refused 7 'its container is part of a pod' 'hint: run it outside of pods'
    altered '.privileged = true'
    refused 7 'is privileged'
    altered '.runtime = "/usr/bin/kata"'
    refused 7 "was run by 'kata'"
    altered '.Dependencies = ["abc"]'
    refused 7 'needs other containers'
    altered '.rootfsImageName = "localhost/nothing:1"'
    refused 1 'image localhost/nothing:1 of archive .* is not here'
    altered '.namedVolumes[0].volumeName = "another"'
    refused 4 'is not whole: it has no volumes/another.tar'
    # what is not whole, or is none
    altered
    rm "$tree/checkpoint/pstree.img"
    refused 4 'is not whole: it has no checkpoint/pstree.img'
    altered
    echo '{' >"$tree/spec.dump"
    refused 4 'spec.dump'
    altered
    rm "$tree/config.dump"
    refused 4 'is not whole: it has no config.dump'
    head -c 100000 "$work/some.tar" >"$work/cut.tar"
    fails 4 kranix restore --import "$work/cut.tar" -n "$ns"
    # what leads out
    echo precious >"$work/host/precious"
    altered
    mkdir -p "$work/evil"
    tar -c -P -f "$tree/rootfs-diff.tar" --transform "s|^.*precious|../../../../..$work/host/planted|" "$work/host/precious"
    refused 4 'rootfs-diff.tar of the checkpoint: .*is no path inside'
    altered
    ln -sfn "../../../../../../../../..$work/host" "$work/evil/out"
    tar -c -f "$tree/rootfs-diff.tar" -C "$work/evil" out
    echo '["/out/precious"]' >"$tree/deleted.files"
    refused 4 'deleted.files of the checkpoint: .*is no path inside'
    altered
    echo '["/../precious"]' >"$tree/deleted.files"
    refused 4 'deleted.files of the checkpoint: .*is no path inside'
    altered
    ln -s /etc "$tree/checkpoint/parent"
    refused 2 "is refused: .*parent' is a link"
    same "what lies outside" "$(find "$work/host" -type f -printf "%f\n" | sort | tr "\n" " ")" "file precious "
}

image=localhost/busybox:kranix
tried=""
use() {
    runtime=$1
    KRX_OCI_RUNTIME=auto write_oci_config
    printf '%s\n' "  criu_path: $criu" "${@:2}" >>"$KRANIX_CONFIG"
    [ -e "$work/host" ] || ok pod load --input "$KRX_OCI/busybox.tar"
    mkdir -p "$work/host"
    echo outside >"$work/host/file"
    suite
    tried="$tried ${runtime##*/}"
}
if command -v runc >/dev/null; then
    use "$(command -v runc)"
    networked
    refuses
fi
if crun=$(criu_crun_find); then
    use "$crun" "  runtime_path: $crun"
else
    printf 'without crun: %s\n' "$crun"
fi
[ -n "$tried" ] || skip oci "no runtime that makes checkpoints"
