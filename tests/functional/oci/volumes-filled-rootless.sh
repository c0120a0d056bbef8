#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a new volume begins with, without root.
export KRX_ROOTLESS=yes
exec "$(dirname "$0")/volumes-filled.sh"
