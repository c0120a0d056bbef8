# SPDX-License-Identifier: Apache-2.0
# The conformance kit on the template, and on a module that sins.
TEMPLATE_SOURCES = \
    sdk/template/capabilities.c \
    sdk/template/deploy.c \
    sdk/template/driver.c \
    sdk/template/life.c \
    sdk/template/logs.c \
    sdk/template/process.c \
    sdk/template/sample.h \
    sdk/template/store.c
KIT_MODULE_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

check_LTLIBRARIES += tests/kit/kranix-module-sample.la tests/kit/kranix-module-sinner.la
tests_kit_kranix_module_sample_la_SOURCES = $(TEMPLATE_SOURCES) sdk/template/sample.c
tests_kit_kranix_module_sample_la_LDFLAGS = $(KIT_MODULE_LDFLAGS)
tests_kit_kranix_module_sinner_la_SOURCES = $(TEMPLATE_SOURCES) tests/kit/sinner.c
tests_kit_kranix_module_sinner_la_LDFLAGS = $(KIT_MODULE_LDFLAGS)

KIT_TESTS = tests/kit/template.sh tests/kit/sinner.sh
TESTS += $(KIT_TESTS)
EXTRA_DIST += $(KIT_TESTS)
