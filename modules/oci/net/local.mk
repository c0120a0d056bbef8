# SPDX-License-Identifier: Apache-2.0
modules_oci_libocishared_la_SOURCES += modules/oci/net/path.c
modules_oci_libocikeeper_la_SOURCES += \
    modules/oci/net/bandwidth.c \
    modules/oci/net/link.c \
    modules/oci/net/bridge.c modules/oci/net/bridge.h \
    modules/oci/net/cni.c modules/oci/net/cni.h \
    modules/oci/net/cni_config.c \
    modules/oci/net/cni_result.c \
    modules/oci/net/files.c modules/oci/net/files.h \
    modules/oci/net/gvisor.c \
    modules/oci/net/names.c modules/oci/net/names.h \
    modules/oci/net/net.c modules/oci/net/net.h \
    modules/oci/net/netns.c modules/oci/net/netns.h \
    modules/oci/net/pasta.c \
    modules/oci/net/ports.c modules/oci/net/ports.h \
    modules/oci/net/process.c modules/oci/net/process.h \
    modules/oci/net/programs.c modules/oci/net/programs.h \
    modules/oci/net/record.c modules/oci/net/record.h \
    modules/oci/net/rules.c modules/oci/net/rules.h \
    modules/oci/net/shaper.c modules/oci/net/shaper.h \
    modules/oci/net/slirp.c \
    modules/oci/net/socket_owner.c modules/oci/net/socket_owner.h \
    modules/oci/net/subnet.c modules/oci/net/subnet.h
