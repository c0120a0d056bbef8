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
EXTRA_DIST += $(CLI_TESTS) tests/cli/functions.sh
$(CLI_TESTS:.sh=.log): programs/kranix/kranix-dev tests/cli/kranix-module-memory.la
