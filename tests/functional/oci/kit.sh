# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The conformance kit on the installed oci module, with the runtime of $KRX_OCI_RUNTIME: all ok,
# nothing skipped. run_kit COMMAND...: the kit runs under that command.
run_kit() {
    local kit=${KRX_CONFORMANCE:-$(dirname "$krx_bin")/kranix-conformance}
    local module=${KRX_CONFORMANCE_OCI:-$krx_modules/kranix-module-oci.so}
    [ -x "$kit" ] || fail "$kit is not there"
    run "$@" "$kit" --setting "root=$oci_root" --setting "run_root=$oci_run_root" \
        --setting "cgroup_parent=$oci_cgroup" --setting "runtime=$KRX_OCI_RUNTIME" \
        --image busybox:kranix --namespace "$ns" --no-server \
        --prompt 10s --timeout 10m --jobs 4 "$module"
    cat "$out"
    [ "$status" = 0 ] || fail "the kit ended with $status"
    has "$out" '^1\.\.[0-9]+'
    has "$out" '^ok 1'
    has_not "$out" '^not ok'
    has_not "$out" '# SKIP'
}
