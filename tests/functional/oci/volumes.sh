#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Volumes without root: they outlive a workload unless told otherwise, and they can be removed
# whoever of the container's users owns what is in them.
. "$(dirname "$0")/../functions.sh"
requires oci
as_made_up_user
setup

spec store 1 >"$work/spec.yaml" <<YAML
$sleeper
network: none
volumes:
  - {name: keep, mountPath: /data/keep}
  - {name: scratch, mountPath: /data/scratch, autoCleanup: true}
  - {name: fixed, mountPath: /data/fixed, accessMode: ReadOnlyMany, autoCleanup: true}
YAML
volumes() { find "$oci_root/volumes" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' '; }

ok kranix deploy -f "$work/spec.yaml" --wait=60s
same "volumes" "$(volumes)" "$ns.store-fixed $ns.store-keep $ns.store-scratch "
ok kranix exec store -n "$ns" -- sh -c 'umask 077; mkdir /data/keep/of-app /data/scratch/of-app &&
    echo precious >/data/keep/of-app/file && chown -R 1000:1000 /data/keep/of-app /data/scratch/of-app'
fails 1 kranix exec store -n "$ns" -- touch /data/fixed/file
ok kranix destroy store -n "$ns"
same "volumes after destroy" "$(volumes)" "$ns.store-keep "

ok kranix deploy -f "$work/spec.yaml" --wait=60s
ok kranix exec store -n "$ns" -- sh -c 'cat /data/keep/of-app/file; stat -c %u /data/keep/of-app/file'
same "what was kept, and whose it is" "$(tr '\n' ' ' <"$out")" "precious 1000 "
ok kranix volumes list -n "$ns"
has "$out" 'keep'
ok kranix destroy store -n "$ns" --volumes
nothing_left
