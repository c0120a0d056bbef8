# SPDX-License-Identifier: Apache-2.0
# The command line as a user meets it, on a backend that keeps workloads as files.
check_LTLIBRARIES += tests/cli/kranix-module-memory.la
tests_cli_kranix_module_memory_la_SOURCES = tests/cli/module_memory.c
tests_cli_kranix_module_memory_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

CLI_TESTS = \
    tests/cli/change.sh \
    tests/cli/completion.sh \
    tests/cli/deploy.sh \
    tests/cli/manual.sh \
    tests/cli/mistakes.sh \
    tests/cli/usage.sh
TESTS += $(CLI_TESTS)
EXTRA_DIST += $(CLI_TESTS) tests/cli/functions.sh tests/cli/ten-mistakes.yaml
$(CLI_TESTS:.sh=.log): programs/kranix/kranix-dev tests/cli/kranix-module-memory.la

CLI_UNIT_LIBS = programs/kranix/libcli.la core/libpaths.la $(CORE_UNIT_LIBS) $(CJSON_LIBS) -lpthread
UNIT_TESTS += tests/unit/test-cli-options tests/unit/test-cli-output
tests_unit_test_cli_options_SOURCES = tests/unit/test-cli-options.c
tests_unit_test_cli_options_LDADD = $(CLI_UNIT_LIBS)
tests_unit_test_cli_output_SOURCES = tests/unit/test-cli-output.c
tests_unit_test_cli_output_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
tests_unit_test_cli_output_LDADD = $(CLI_UNIT_LIBS)
