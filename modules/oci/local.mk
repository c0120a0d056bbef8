# SPDX-License-Identifier: Apache-2.0
# Two programs: the module, and the keeper that it runs for all that needs namespaces. Each room
# says in its own fragment what it gives to which:
#   oci_shared  both        oci_module  the module        oci_keeper  the keeper
if BUILD_OCI
noinst_LTLIBRARIES += modules/oci/libocishared.la modules/oci/libocimodule.la \
    modules/oci/libocikeeper.la
modules_oci_libocishared_la_SOURCES =
modules_oci_libocimodule_la_SOURCES = modules/oci/about.c modules/oci/about.h \
    modules/oci/capabilities.c modules/oci/capabilities.h \
    modules/oci/settings.c modules/oci/settings.h
modules_oci_libocikeeper_la_SOURCES =
modules_oci_libocishared_la_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS) \
    -DKRX_LIBEXEC_DIR='"$(kranixlibexecdir)"'
modules_oci_libocimodule_la_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
modules_oci_libocikeeper_la_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS) $(ARCHIVE_CFLAGS) $(NL_CFLAGS)
modules_oci_libocishared_la_LIBADD = lib/json/libjson.la lib/base/libbase.la $(CJSON_LIBS) -lpthread
modules_oci_libocimodule_la_LIBADD = modules/oci/libocishared.la lib/replicas/libreplicas.la \
    lib/logs/liblogs.la lib/model/libmodel.la $(YAML_LIBS) -lm
modules_oci_libocikeeper_la_LIBADD = modules/oci/libocishared.la $(ARCHIVE_LIBS) $(NL_LIBS)
include modules/oci/store/local.mk
include modules/oci/runtime/local.mk
include modules/oci/backend/local.mk
include modules/oci/image/local.mk
include modules/oci/bundle/local.mk
include modules/oci/net/local.mk
include modules/oci/keeper/local.mk
include modules/oci/packer/local.mk
include modules/oci/containers/local.mk
include modules/oci/deploy/local.mk
include modules/oci/checkpoint/local.mk

module_LTLIBRARIES += kranix-module-oci.la
kranix_module_oci_la_SOURCES = modules/oci/module.c
kranix_module_oci_la_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
kranix_module_oci_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
    -export-symbols-regex '^krx_module_'
kranix_module_oci_la_LIBADD = modules/oci/libocimodule.la

# Loading the libraries of the second costs 20 ms, of the first 1 ms.
kranixlibexec_PROGRAMS += kranix-oci-keeper kranix-oci-packer
kranix_oci_keeper_SOURCES = modules/oci/keeper/main.c modules/oci/keeper/keeper_verbs.c
kranix_oci_keeper_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
kranix_oci_keeper_LDADD = modules/oci/libocikeeper.la
kranix_oci_packer_SOURCES = modules/oci/keeper/main.c modules/oci/packer/packer_verbs.c
kranix_oci_packer_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
kranix_oci_packer_LDADD = modules/oci/libocikeeper.la
endif
