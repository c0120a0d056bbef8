# SPDX-License-Identifier: Apache-2.0
include lib/base/local.mk
include lib/model/local.mk
include lib/http/local.mk
include lib/json/local.mk
include lib/logs/local.mk
include lib/replicas/local.mk
include lib/engine/local.mk
include lib/kube/local.mk
