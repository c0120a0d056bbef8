# SPDX-License-Identifier: Apache-2.0
include programs/kranix/local.mk
include programs/conformance/local.mk
