#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The kit without root: as a user that exists in this test only, with ids of its own in a mount
# namespace, where newuidmap finds them.
. "$(dirname "$0")/../functions.sh"
. "$(dirname "$0")/kit.sh"
export KRX_OCI_RUNTIME=${KRX_OCI_RUNTIME:-crun}
requires oci
needs_runtime "$KRX_OCI_RUNTIME"
as_made_up_user
setup

run_kit as_user
nothing_left
