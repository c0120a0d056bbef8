# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += programs/conformance/kranix-conformance
programs_conformance_kranix_conformance_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
programs_conformance_kranix_conformance_SOURCES = \
    programs/conformance/child.c programs/conformance/child.h \
    programs/conformance/guard.c \
    programs/conformance/host.c \
    programs/conformance/items.c \
    programs/conformance/kit.h \
    programs/conformance/main.c \
    programs/conformance/module.c \
    programs/conformance/ops.c \
    programs/conformance/requests.c \
    programs/conformance/runner.c \
    programs/conformance/specs.c \
    programs/conformance/steps.c \
    programs/conformance/test_capabilities.c \
    programs/conformance/test_container.c \
    programs/conformance/test_driver.c \
    programs/conformance/test_extended.c \
    programs/conformance/test_image.c \
    programs/conformance/test_logs.c \
    programs/conformance/test_manifest.c \
    programs/conformance/test_module.c \
    programs/conformance/test_node.c \
    programs/conformance/test_specs.c \
    programs/conformance/test_threads.c \
    programs/conformance/test_waits.c
dist_man_MANS += docs/man/kranix-conformance.1
programs_conformance_kranix_conformance_LDADD = \
    lib/model/libmodel.la lib/base/libbase.la $(YAML_LIBS) $(CJSON_LIBS) $(DL_LIBS)
