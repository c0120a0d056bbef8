# SPDX-License-Identifier: Apache-2.0
# A fuzz target NAME is tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput and seeds in
# tests/fuzz/corpus/NAME/. It adds itself here with
#   FUZZ_TARGETS += NAME
#   check_PROGRAMS += tests/fuzz/fuzz-NAME
#   tests_fuzz_fuzz_NAME_SOURCES = tests/fuzz/fuzz_NAME.c $(FUZZ_MAIN)
#   tests_fuzz_fuzz_NAME_LDFLAGS = $(FUZZ_LINK)
#   tests_fuzz_fuzz_NAME_LDADD = ...
# make check replays the seeds; with --enable-fuzzers (clang), `make fuzz` looks for more.
FUZZ_TARGETS =
FUZZ_SECONDS = 20

if FUZZERS
FUZZ_MAIN =
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
else
FUZZ_MAIN = tests/fuzz/replay.c
FUZZ_LINK = $(AM_LDFLAGS)
endif

FUZZ_TESTS = tests/fuzz/replay.sh
TESTS += $(FUZZ_TESTS)
EXTRA_DIST += tests/fuzz/replay.sh tests/fuzz/replay.c tests/fuzz/fuzz-for tests/fuzz/corpus

fuzz: $(check_PROGRAMS)
	$(srcdir)/tests/fuzz/fuzz-for $(FUZZ_SECONDS) $(FUZZ_TARGETS)
.PHONY: fuzz

# core: allow files and module notes
FUZZ_TARGETS += allow note
check_PROGRAMS += tests/fuzz/fuzz-allow tests/fuzz/fuzz-note
FUZZ_CORE_LIBS = core/libcore.la lib/model/libmodel.la lib/base/libbase.la $(SQLITE_LIBS) $(DL_LIBS)
tests_fuzz_fuzz_allow_SOURCES = tests/fuzz/fuzz_allow.c $(FUZZ_MAIN)
tests_fuzz_fuzz_allow_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_allow_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_note_SOURCES = tests/fuzz/fuzz_note.c $(FUZZ_MAIN)
tests_fuzz_fuzz_note_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_note_LDADD = $(FUZZ_CORE_LIBS)

FUZZ_MODEL_LIBS = lib/model/libmodel.la lib/base/libbase.la
FUZZ_TARGETS += spec doc
check_PROGRAMS += tests/fuzz/fuzz-spec tests/fuzz/fuzz-doc
tests_fuzz_fuzz_spec_SOURCES = tests/fuzz/fuzz_spec.c $(FUZZ_MAIN)
tests_fuzz_fuzz_spec_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_spec_LDADD = $(FUZZ_MODEL_LIBS)
tests_fuzz_fuzz_doc_SOURCES = tests/fuzz/fuzz_doc.c $(FUZZ_MAIN)
tests_fuzz_fuzz_doc_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_doc_LDADD = $(FUZZ_MODEL_LIBS)

# core: configuration
FUZZ_TARGETS += config
check_PROGRAMS += tests/fuzz/fuzz-config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(FUZZ_MAIN)
tests_fuzz_fuzz_config_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_config_LDADD = core/libcore.la core/libpaths.la lib/model/libmodel.la \
    lib/base/libbase.la $(SQLITE_LIBS) $(DL_LIBS)

# lib/kube: kubeconfig
if HAVE_CURL
FUZZ_TARGETS += kubeconfig
check_PROGRAMS += tests/fuzz/fuzz-kubeconfig
tests_fuzz_fuzz_kubeconfig_SOURCES = tests/fuzz/fuzz_kubeconfig.c $(FUZZ_MAIN)
tests_fuzz_fuzz_kubeconfig_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_kubeconfig_LDADD = lib/kube/libkube.la lib/http/libhttp.la lib/json/libjson.la \
    lib/model/libmodel.la lib/base/libbase.la
endif

# lib/json: long streams taken apart
FUZZ_TARGETS += items
check_PROGRAMS += tests/fuzz/fuzz-items
tests_fuzz_fuzz_items_SOURCES = tests/fuzz/fuzz_items.c $(FUZZ_MAIN)
tests_fuzz_fuzz_items_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_items_LDADD = lib/json/libjson.la lib/base/libbase.la

# lib/kube: what a SPDY peer sends
if HAVE_KUBE
FUZZ_TARGETS += spdy
check_PROGRAMS += tests/fuzz/fuzz-spdy
tests_fuzz_fuzz_spdy_SOURCES = tests/fuzz/fuzz_spdy.c $(FUZZ_MAIN)
tests_fuzz_fuzz_spdy_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_spdy_LDADD = lib/kube/libkube.la lib/http/libhttp.la lib/json/libjson.la \
    lib/model/libmodel.la lib/base/libbase.la
endif

# modules/oci: documents and users of images, descriptions of devices, answers of plugins
if BUILD_OCI
FUZZ_TARGETS += oci_image oci_user oci_cdi oci_cni
check_PROGRAMS += tests/fuzz/fuzz-oci_image tests/fuzz/fuzz-oci_user tests/fuzz/fuzz-oci_cdi \
    tests/fuzz/fuzz-oci_cni
tests_fuzz_fuzz_oci_image_SOURCES = tests/fuzz/fuzz_oci_image.c $(FUZZ_MAIN)
tests_fuzz_fuzz_oci_image_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_fuzz_fuzz_oci_image_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_oci_image_LDADD = modules/oci/libocimodule.la
tests_fuzz_fuzz_oci_user_SOURCES = tests/fuzz/fuzz_oci_user.c tests/fuzz/folder.h $(FUZZ_MAIN)
tests_fuzz_fuzz_oci_user_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_fuzz_fuzz_oci_user_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_oci_user_LDADD = modules/oci/libocimodule.la
tests_fuzz_fuzz_oci_cdi_SOURCES = tests/fuzz/fuzz_oci_cdi.c tests/fuzz/folder.h $(FUZZ_MAIN)
tests_fuzz_fuzz_oci_cdi_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_oci_cdi_LDADD = modules/oci/libocimodule.la
tests_fuzz_fuzz_oci_cni_SOURCES = tests/fuzz/fuzz_oci_cni.c $(FUZZ_MAIN)
tests_fuzz_fuzz_oci_cni_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_fuzz_fuzz_oci_cni_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_oci_cni_LDADD = modules/oci/libocikeeper.la
endif
