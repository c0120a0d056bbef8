#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Images without an engine: from files and a registry, with credentials; kept while they are used.
. "$(dirname "$0")/../functions.sh"
requires oci registry
setup

registry_image=$KRX_REGISTRY/$ns/app:1
tags() { kranix images list -o json | jq -r '[.[].tags[]?] | sort | join(" ")'; }
count() { find "$1" -mindepth 1 -maxdepth 1 -not -name '*.lock' | wc -l; }

spec() {
    printf 'name: %s\nnamespace: %s\nimage: %s\ncommand: [sleep, "1000"]\nnetwork: none\n' "$1" "$ns" "$2"
    [ $# -lt 3 ] || printf '%s\n' "$3"
}

refuses_to_deploy() {
    run kranix deploy -f "$work/spec.yaml"
    [ "$status" != 0 ] || fail "this should not be deployed"
    has "$err" "$1"
}

# ------------------------------------------------------------------------------ what is here, by name

same "tags at first" "$(tags)" busybox:kranix
ok kranix images list busybox
has "$out" 'busybox:kranix'
ok kranix images list nginx
has_not "$out" busybox
ok kranix images tag busybox:kranix app:1
ok kranix images tag busybox:kranix "$registry_image"
same "tags after tagging" "$(tags)" "$KRX_REGISTRY/$ns/app:1 app:1 busybox:kranix"
fails 3 kranix images tag nothing:1 other:1
fails 3 kranix images remove nothing:1

# ----------------------------------------------------------------------------- registry, credentials

rm -f "$DOCKER_CONFIG/config.json"
run kranix images push "$registry_image"
[ "$status" != 0 ] || fail "pushed without credentials"
auth=$(printf '%s:%s' "$KRX_REGISTRY_USER" "$KRX_REGISTRY_PASSWORD" | base64 -w 0)
printf '{"auths":{"%s":{"auth":"%s"}}}' "$KRX_REGISTRY" "$auth" >"$DOCKER_CONFIG/config.json"
ok kranix -v images push "$registry_image"
has_not "$err" "$KRX_REGISTRY_PASSWORD"
has_not "$err" "$auth"

ok kranix images remove "$registry_image"
ok kranix images remove app:1
same "tags after removing" "$(tags)" busybox:kranix
rm -f "$DOCKER_CONFIG/config.json"
run kranix images pull "$registry_image"
[ "$status" != 0 ] || fail "pulled without credentials"
printf '{"auths":{"%s":{"auth":"%s"}}}' "$KRX_REGISTRY" "$(printf 'tester:wrong-secret' | base64)" \
    >"$DOCKER_CONFIG/config.json"
run kranix images pull "$registry_image"
[ "$status" != 0 ] || fail "pulled with a wrong password"
has_not "$err" wrong-secret

# A helper gets the server on standard input and answers JSON.
mkdir "$work/bin"
cat >"$work/bin/docker-credential-test" <<HELPER
#!/bin/sh
[ "\$1" = get ] || exit 1
read -r server
echo "\$server" >>"$work/asked"
printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}' \
    "\$server" "$KRX_REGISTRY_USER" "$KRX_REGISTRY_PASSWORD"
HELPER
chmod 755 "$work/bin/docker-credential-test"
printf '{"credHelpers":{"%s":"test"}}' "$KRX_REGISTRY" >"$DOCKER_CONFIG/config.json"
PATH=$work/bin:$PATH
ok kranix images pull "$registry_image"
has "$work/asked" "$KRX_REGISTRY"
fails 3 kranix images pull "$KRX_REGISTRY/$ns/app:none"
fails 3 kranix images pull "$KRX_REGISTRY/$ns/nothing:1"
digest=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] | endswith("/app:1")) | .digest' \
    "$oci_root/images/index.json")
ok kranix images pull "$KRX_REGISTRY/$ns/app@$digest"
same "an image by its digest" "$(kranix images list -o json | jq -r '[.[].digests[]?] | length')" 1
fails 3 kranix images pull "$KRX_REGISTRY/$ns/app@sha256:$(printf '0%.0s' {1..64})"

# Many at once: none is lost, each layer is there once.
for i in 1 2 3 4 5 6; do
    ok kranix images tag busybox:kranix "$KRX_REGISTRY/$ns/many:$i"
    ok kranix images push "$KRX_REGISTRY/$ns/many:$i"
done
ok kranix images prune --all
same "tags after pruning" "$(tags)" ""
same "layers after pruning" "$(count "$oci_root/layers")" 0
same "blobs after pruning" "$(count "$oci_root/images/blobs/sha256")" 0
pids=()
for i in 1 2 3 4 5 6 1 2 3; do
    kranix images pull "$KRX_REGISTRY/$ns/many:$i" >"$work/pull.$i" 2>&1 &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || fail "one of several pulls at once: $(cat "$work"/pull.*)"
done
same "tags after pulling many at once" "$(tags | wc -w)" 6
same "layers after pulling many at once" "$(count "$oci_root/layers")" 1
same "leftovers" "$(find "$oci_root/images" -name 'tmp-*')" ""

# ------------------------------------------------------------------------------- killed in the middle

ok kranix images prune --all
kranix images pull "$KRX_REGISTRY/$ns/many:1" >/dev/null 2>&1 &
kill -9 $!
wait $! 2>/dev/null
ok kranix images pull "$KRX_REGISTRY/$ns/many:1"
ok kranix images prune --all
same "what a killed pull leaves" "$(count "$oci_root/layers")$(find "$oci_root/images" -name 'tmp-*')" 0

# One that takes too long, or that somebody gives up, takes its program and its files along.
fails 5 kranix images pull --timeout 500ms 192.0.2.9:5000/far:1
env --default-signal=INT "$krx_bin" images pull 192.0.2.9:5000/far:1 >/dev/null 2>&1 &
puller=$!
for _ in $(seq 100); do
    [ -z "$(find "$oci_root/images" -name 'tmp-*')" ] || break
    sleep 0.1
done
kill -INT "$puller"
wait "$puller"
same "what a pull that was given up leaves" "$(find "$oci_root/images" -name 'tmp-*')" ""

# -------------------------------------------------------------------------------------------- files

ok kranix images import "$KRX_OCI/busybox.tar"
skopeo --tmpdir "$work" copy -q --src-tls-verify=false \
    --src-creds "$KRX_REGISTRY_USER:$KRX_REGISTRY_PASSWORD" \
    "docker://$KRX_REGISTRY/$ns/many:1" "oci:$work/layout:v1" || fail "skopeo copy to a layout"
skopeo --tmpdir "$work" copy -q "oci:$work/layout:v1" "oci-archive:$work/oci.tar:made/here:7" ||
    fail "skopeo copy to an archive"
gzip -k "$work/oci.tar"
gzip -c "$KRX_OCI/busybox.tar" >"$work/docker.tar.gz"
ok kranix images import "$work/oci.tar"
same "tags after importing an OCI archive" "$(tags)" "busybox:kranix made/here:7"
ok kranix images remove made/here:7
ok kranix images import "$work/oci.tar.gz"
ok kranix images import "$work/docker.tar.gz"
same "tags after importing packed archives" "$(tags)" "busybox:kranix made/here:7"
echo "no archive" >"$work/none.tar"
fails 4 kranix images import "$work/none.tar"
mkdir -p "$work/rootfs/bin" "$work/rootfs/tmp"
cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
ln -s busybox "$work/rootfs/bin/sleep"
tar -C "$work/rootfs" -cf "$work/rootfs.tar" .
fails 2 kranix images import "$work/rootfs.tar"
ok kranix images import "$work/rootfs.tar" made/rootfs:1

# Each of them runs, what it writes is not seen by the others, and a folder stays as it is.
before=$(cd "$work/rootfs" && find . -printf '%p %T@\n' | sort | sha256sum)
n=0
for image in "oci:$work/layout:v1" "oci:$work/layout" "docker-archive:$KRX_OCI/busybox.tar" \
    "oci-archive:$work/oci.tar" "rootfs:$work/rootfs" made/rootfs:1; do
    n=$((n + 1))
    spec "form$n" "$image" >"$work/spec.yaml"
    ok kranix deploy -f "$work/spec.yaml" --wait=60s
    ok kranix exec "form$n" -n "$ns" -- /bin/busybox touch /tmp/written
done
same "the folder of rootfs:" "$(cd "$work/rootfs" && find . -printf '%p %T@\n' | sort | sha256sum)" "$before"
spec wrong "oci:$work/layout:v2" >"$work/spec.yaml"
refuses_to_deploy "has no image 'v2'"
spec wrong "oci:$work/nothing" >"$work/spec.yaml"
refuses_to_deploy "no OCI layout is there"
spec wrong "rootfs:$work/nothing" >"$work/spec.yaml"
refuses_to_deploy "No such file"
spec wrong "rootfs:./layout" >"$work/spec.yaml"
fails 2 kranix deploy -f "$work/spec.yaml"
has "$err" "absolute path"

# --------------------------------------------------------------------------------- what is used stays

fails 1 kranix images remove made/rootfs:1
has "$err" "form6"
tar -C "$work" -cf "$work/other.tar" none.tar
ok kranix images import "$work/other.tar" made/unused:1
has <(tags) made/unused:1
ok kranix images prune
has <(tags) made/unused:1
ok kranix images prune --all
same "tags after pruning what nobody uses" "$(tags)" \
    "busybox:kranix docker-archive:$KRX_OCI/busybox.tar made/here:7 made/rootfs:1 oci-archive:$work/oci.tar"
for i in 1 2 3 4 5 6; do
    ok kranix exec "form$i" -n "$ns" -- /bin/busybox true
done
ok kranix images remove made/rootfs:1 --force
ok kranix exec form6 -n "$ns" -- /bin/busybox true
for i in 1 2 3 4 5 6; do
    ok kranix destroy "form$i" -n "$ns" --grace 1s
done
ok kranix images prune --all
same "layers when nothing is left" "$(count "$oci_root/layers")" 0

# ------------------------------------------------------------------------------------- hostile ones

# A layer whose contents were changed after it was named is not used.
cp -r "$work/layout" "$work/changed"
blob=$(find "$work/changed/blobs/sha256" -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)
tar -C "$work" -czf "$blob" none.tar
spec changed "oci:$work/changed" >"$work/spec.yaml"
refuses_to_deploy "not what its image says"
fails 3 kranix status changed -n "$ns"

# One that would write outside: the archive of a root file system with a path that leads out.
(cd "$work/rootfs/tmp" && tar -P -cf "$work/hostile.tar" ../../none.tar)
fails 4 kranix images import "$work/hostile.tar" made/hostile:1
has "$err" "refused"
# a device
mknod "$work/rootfs/null" c 1 3
tar -C "$work/rootfs" -cf "$work/device.tar" .
fails 4 kranix images import "$work/device.tar" made/device:1
has "$err" "device"
same "leftovers of the refused" "$(count "$oci_root/layers")$(find "$oci_root/images" -name 'tmp-*')" 0
nothing_left
