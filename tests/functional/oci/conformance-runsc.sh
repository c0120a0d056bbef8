#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../functions.sh"
. "$(dirname "$0")/kit.sh"
export KRX_OCI_RUNTIME=runsc
requires oci
needs_runtime runsc
setup

run_kit env
nothing_left
