# SPDX-License-Identifier: Apache-2.0
include tests/abi/local.mk
include tests/fake/local.mk
include tests/unit/local.mk
include tests/cli/local.mk
include tests/badmods/local.mk
include tests/fuzz/local.mk
include tests/kit/local.mk
include tests/sdk-consumer/local.mk
include tests/lint/local.mk
include tests/functional/local.mk
