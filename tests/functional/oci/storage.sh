#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each way in which containers share layers does the same: an image of several layers with what the
# upper ones remove and hide, what is written stays over a restart, and nothing is left.
. "$(dirname "$0")/../functions.sh"
requires oci
needs_tool fuse-overlayfs
[ -z "${KRX_ROOTLESS:-}" ] || as_made_up_user
setup

# an image of two layers on top of the one that is here
layers=$work/layers
mkdir -p "$layers/one/hidden" "$layers/one/kept" "$layers/two/hidden"
echo low | tee "$layers/one/gone" "$layers/one/hidden/low" "$layers/one/kept/low" >"$layers/one/changed"
ln -s kept "$layers/one/link"
chmod 750 "$layers/one/kept"
chown 1000:1001 "$layers/one/kept"
echo high | tee "$layers/two/changed" >"$layers/two/hidden/high"
touch "$layers/two/.wh.gone" "$layers/two/hidden/.wh..wh..opq"
mkdir "$work/image"
tar -xf "$KRX_OCI/busybox.tar" -C "$work/image" || fail "unpacking the image"
config=$work/image/$(jq -r '.[0].Config' "$work/image/manifest.json")
for layer in one two; do
    tar -C "$layers/$layer" -cf "$work/image/$layer.tar" .
    jq --arg d "sha256:$(sha256sum "$work/image/$layer.tar" | cut -d ' ' -f 1)" \
        '.rootfs.diff_ids += [$d] | del(.history)' "$config" >"$work/config" && cp "$work/config" "$config"
    jq --arg l "$layer.tar" '.[0].Layers += [$l] | .[0].RepoTags = ["made/layers:1"]' \
        "$work/image/manifest.json" >"$work/manifest" && cp "$work/manifest" "$work/image/manifest.json"
done
tar -C "$work/image" -cf "$work/layers.tar" .
ok kranix images import "$work/layers.tar"

# way NAME: how the root file system of the one that runs is made, as it sees it itself
way() { kranix exec "$1" -n "$ns" -- grep ' / ' /proc/self/mounts | tail -n 1 | cut -d ' ' -f 3; }

fuse_ended() {
    local name
    while read -r name; do
        ! grep -qsF "$oci_root/" "${name%comm}cmdline" || return 1
    done < <(grep -lsx fuse-overlayfs /proc/[0-9]*/comm)
}
sums() { find "$oci_root"/layers/*/fs -type f -exec sha256sum {} + | sort | sha256sum; }

for runtime in $(oci_runtimes_here); do
    before=""
    for storage in overlay fuse-overlayfs copy; do
        write_oci_config
        printf '  storage: %s\n' "$storage" >>"$work/config.yaml"
        spec layered 2 <<YAML | sed 's|^image: .*|image: made/layers:1|' >"$work/spec.yaml"
runtime: $runtime
network: none
command: [sh, -c, 'while :; do sleep 0.1; done']
stopSignal: SIGKILL
YAML
        ok kranix deploy -f "$work/spec.yaml" --wait=60s
        [ -n "$before" ] || before=$(sums)
        ok kranix exec layered -n "$ns" -- sh -c 'cd /; ls hidden kept/ link/; cat changed; ls gone 2>&1; stat -c "%u:%g %a" kept'
        same "$runtime, $storage: what the layers make" "$(tr '\n' ' ' <"$out")" \
            "hidden: high  kept/: low  link/: low high ls: gone: No such file or directory 1000:1001 750 "
        if [ "$runtime" != runsc ]; then
            case $storage in
            overlay) same "$runtime: its root" "$(way layered)" overlay ;;
            fuse-overlayfs) same "$runtime: its root" "$(way layered)" fuse.fuse-overlayfs ;;
            copy) has_not <(way layered) overlay ;;
            esac
        fi
        for id in $(replicas layered); do
            same "$runtime, $storage: a copy" "$([ ! -d "$oci_root/containers/$id/copy" ] || echo copy)" \
                "$([ "$storage" != copy ] || echo copy)"
        done
        ok kranix exec layered -n "$ns" -- sh -c 'echo mine >/changed; echo mine >/written; rm -r /kept'
        ok kranix restart layered -n "$ns"
        ok kranix exec layered -n "$ns" -- sh -c 'cat /changed /written; ls -d /kept 2>/dev/null || :'
        same "$runtime, $storage: what was written, after a restart" "$(tr '\n' ' ' <"$out")" "mine mine "
        ok kranix exec layered -n "$ns" --replica 2 -- cat /changed
        same "$runtime, $storage: what the other one sees" "$(cat "$out")" high
        same "$runtime, $storage: the layers" "$(sums)" "$before"
        fails 1 kranix images remove made/layers:1
        ok kranix images prune --all
        ok kranix exec layered -n "$ns" -- cat /hidden/high
        ok kranix destroy layered -n "$ns"
        same "$runtime, $storage: folders left" "$(ls "$oci_root/containers")" ""
        wait_for 10 "fuse-overlayfs to end" fuse_ended
    done
done
ok kranix images prune --all
same "layers when nothing is left" "$(find "$oci_root/layers" -mindepth 1 -maxdepth 1 -type d)" ""
nothing_left
