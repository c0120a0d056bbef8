# SPDX-License-Identifier: Apache-2.0
# libcore: the host as a convenience library, for libkranix and for the unit tests.
noinst_LTLIBRARIES += core/libcore.la
core_libcore_la_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) \
    -DKRX_SQLITE_SONAME='"$(SQLITE_SONAME)"'
core_libcore_la_LIBADD = lib/base/libbase.la $(DL_LIBS)
core_libcore_la_SOURCES = \
    core/allow.c core/allow.h \
    core/allow_edit.c core/allow_edit.h \
    core/allow_parse.c core/allow_parse.h \
    core/backend.c core/backend.h \
    core/config.c core/config.h \
    core/config_rows.c core/config_rows.h core/config_table.h \
    core/config_value.c core/config_value.h \
    core/descriptor.c core/descriptor.h \
    core/digest.c core/digest.h \
    core/dispatch.c \
    core/faults.c core/faults.h \
    core/host_table.c core/host_table.h \
    core/items.c core/items.h \
    core/job.c core/job.h \
    core/kranix.h \
    core/lifetime.c \
    core/loader.c core/loader.h \
    core/loader_check.c core/loader_check.h \
    core/log.c core/log.h \
    core/note.c core/note.h \
    core/ops.c core/ops.h \
    core/plugins.c core/plugins.h \
    core/plugins_api.c \
    core/plugins_edit.c \
    core/registry.c core/registry.h \
    core/requests.c \
    core/runtime.c core/runtime.h \
    core/selection.c \
    core/services/health.c \
    core/settings.c \
    core/sqlite.c core/sqlite.h \
    core/store.c core/store.h \
    core/trust.c core/trust.h \
    core/turn.c core/turn.h

# Exactly one of these two goes into every program beside libcore: where things are.
EXTRA_DIST += core/paths_installed.c core/paths_build.c

# libkranix: what installed programs link. Only KRX_PUBLIC symbols are visible.
lib_LTLIBRARIES += core/libkranix.la
core_libkranix_la_SOURCES = core/paths_installed.c
core_libkranix_la_CPPFLAGS = $(AM_CPPFLAGS) \
    -DKRX_MODULE_DIR='"$(moduledir)"' \
    -DKRX_VENDOR_ALLOW_DIR='"$(vendorallowdir)"' \
    -DKRX_ADMIN_ALLOW_DIR='"$(adminallowdir)"' \
    -DKRX_CONF_DIR='"$(kranixconfdir)"' \
    -DKRX_LIBEXEC_DIR='"$(kranixlibexecdir)"' \
    -DKRX_STATE_DIR='"$(localstatedir)/lib/kranix"'
core_libkranix_la_LIBADD = core/libcore.la lib/model/libmodel.la
core_libkranix_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0
sdkinclude_HEADERS += core/kranix.h
pkgconfig_DATA += core/libkranix.pc

# libpaths: the same for the build tree, for kranix-dev and the tests.
noinst_LTLIBRARIES += core/libpaths.la
core_libpaths_la_SOURCES = core/paths_build.c

# The build tree's own module and allow folders (see run.in): real copies, since links are refused.
all-local: stage
stage: $(module_LTLIBRARIES) $(kranixlibexec_PROGRAMS)
	$(AM_V_GEN)umask 022; \
	$(MKDIR_P) stage/modules stage/plugins.allow.d stage/etc/plugins.allow.d stage/etc/config.d \
	    stage/state && chmod go-w stage stage/* stage/etc/* && \
	for module in $(module_LTLIBRARIES); do \
	    name=`basename $$module .la`; \
	    $(INSTALL) -m 755 `dirname $$module`/.libs/$$name.so stage/modules/$$name.so || exit 1; \
	done; \
	for program in $(kranixlibexec_PROGRAMS); do \
	    $(MKDIR_P) stage/libexec && \
	    $(INSTALL) -m 755 $$program stage/libexec/ || exit 1; \
	done; \
	for file in $(dist_vendorallow_DATA); do \
	    test -f $$file || file='$(srcdir)'/$$file; \
	    $(INSTALL) -m 644 $$file stage/plugins.allow.d/ || exit 1; \
	done; \
	test -f stage/etc/plugins.allow.d/docker.yaml || test ! -f stage/plugins.allow.d/docker.yaml || \
	    $(SED) 's/^enabled:.*/enabled: true/' stage/plugins.allow.d/docker.yaml \
	        >stage/etc/plugins.allow.d/docker.yaml
clean-local: clean-stage
clean-stage:
	rm -rf stage
.PHONY: stage clean-stage
