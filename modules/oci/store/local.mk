# SPDX-License-Identifier: Apache-2.0
modules_oci_libocishared_la_SOURCES += modules/oci/store/paths.h
