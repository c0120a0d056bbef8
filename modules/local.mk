# SPDX-License-Identifier: Apache-2.0
include modules/docker/local.mk
include modules/kubernetes/local.mk
include modules/oci/local.mk
