# SPDX-License-Identifier: Apache-2.0
sdkincludedir = $(includedir)/kranix
sdkinclude_HEADERS = \
    sdk/include/kranix/abi.h \
    sdk/include/kranix/call.h \
    sdk/include/kranix/errors.h \
    sdk/include/kranix/host.h \
    sdk/include/kranix/module.h \
    sdk/include/kranix/ops.h \
    sdk/include/kranix/results.h \
    sdk/include/kranix/schema.h \
    sdk/include/kranix/sink.h \
    sdk/include/kranix/workload.h
pkgconfig_DATA += sdk/kranix-sdk.pc

# What a backend author copies, and what configures against it.
templatedir = $(datadir)/kranix/template
dist_template_DATA = \
    sdk/template/Makefile \
    sdk/template/README.md \
    sdk/template/capabilities.c \
    sdk/template/deploy.c \
    sdk/template/driver.c \
    sdk/template/life.c \
    sdk/template/logs.c \
    sdk/template/process.c \
    sdk/template/sample.c \
    sdk/template/sample.h \
    sdk/template/sample.yaml \
    sdk/template/store.c

aclocaldir = $(datadir)/aclocal
dist_aclocal_DATA = sdk/kranix.m4
