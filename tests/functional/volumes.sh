#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Volumes outlive a workload unless told otherwise; autoCleanup ones go with it.
. "$(dirname "$0")/functions.sh"
requires docker
setup

spec store 1 >"$work/spec.yaml" <<YAML
$sleeper
volumes:
  - {name: keep, mountPath: /data/keep}
  - {name: scratch, mountPath: /data/scratch, autoCleanup: true}
YAML
volumes() { engine volume ls -q --filter "label=$label_namespace=$ns" | sort | tr '\n' ' '; }

ok kranix deploy -f "$work/spec.yaml" --wait=180s
same "volumes" "$(volumes)" "$ns.store-keep $ns.store-scratch "
ok kranix exec store -n "$ns" -- sh -c 'echo precious >/data/keep/file'
ok kranix destroy store -n "$ns"
same "volumes after destroy" "$(volumes)" "$ns.store-keep "

ok kranix deploy -f "$work/spec.yaml" --wait=180s
ok kranix exec store -n "$ns" -- cat /data/keep/file
same "what was kept" "$(cat "$out")" precious
ok kranix destroy store -n "$ns" --volumes
same "volumes after destroy --volumes" "$(volumes)" ""

printf 'volumes:\n  auto_cleanup_on_destroy: true\n' >"$work/config.yaml"
ok kranix deploy -f "$work/spec.yaml" --wait=180s
ok kranix --config "$work/config.yaml" destroy store -n "$ns"
same "volumes after destroy with auto_cleanup_on_destroy" "$(volumes)" ""
nothing_left
