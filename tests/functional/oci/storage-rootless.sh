#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The ways to share layers, without root.
export KRX_ROOTLESS=yes
exec "$(dirname "$0")/storage.sh"
