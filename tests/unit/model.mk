# SPDX-License-Identifier: Apache-2.0
# lib/base and lib/model
UNIT_TESTS += \
    tests/unit/test-arena \
    tests/unit/test-clock \
    tests/unit/test-diff \
    tests/unit/test-doc \
    tests/unit/test-env-file \
    tests/unit/test-fd \
    tests/unit/test-oom \
    tests/unit/test-results \
    tests/unit/test-rules \
    tests/unit/test-schema \
    tests/unit/test-spec \
    tests/unit/test-str \
    tests/unit/test-units
tests_unit_test_arena_SOURCES = tests/unit/test_arena.c tests/unit/unit.h
tests_unit_test_arena_LDADD = $(UNIT_LIBS)
tests_unit_test_clock_SOURCES = tests/unit/test_clock.c tests/unit/unit.h
tests_unit_test_clock_LDADD = $(UNIT_LIBS)
tests_unit_test_diff_SOURCES = tests/unit/test_diff.c tests/unit/unit.h tests/unit/specs.h
tests_unit_test_diff_LDADD = $(UNIT_LIBS)
tests_unit_test_doc_SOURCES = tests/unit/test_doc.c tests/unit/unit.h
tests_unit_test_doc_LDADD = $(UNIT_LIBS)
tests_unit_test_env_file_SOURCES = tests/unit/test_env_file.c tests/unit/unit.h tests/unit/specs.h
tests_unit_test_env_file_LDADD = $(UNIT_LIBS)
tests_unit_test_fd_SOURCES = tests/unit/test_fd.c tests/unit/unit.h
tests_unit_test_fd_LDADD = $(UNIT_LIBS)
tests_unit_test_oom_SOURCES = tests/unit/test_oom.c tests/unit/unit.h tests/unit/specs.h
tests_unit_test_oom_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_unit_test_oom_LDADD = $(UNIT_LIBS)
tests_unit_test_results_SOURCES = tests/unit/test_results.c tests/unit/unit.h
tests_unit_test_results_LDADD = $(UNIT_LIBS) $(CJSON_LIBS)
tests_unit_test_rules_SOURCES = tests/unit/test_rules.c tests/unit/unit.h
tests_unit_test_rules_LDADD = $(UNIT_LIBS)
tests_unit_test_schema_SOURCES = tests/unit/test_schema.c tests/unit/unit.h tests/unit/specs.h
tests_unit_test_schema_LDADD = $(UNIT_LIBS) $(CJSON_LIBS)
tests_unit_test_spec_SOURCES = tests/unit/test_spec.c tests/unit/unit.h tests/unit/specs.h
tests_unit_test_spec_LDADD = $(UNIT_LIBS)
tests_unit_test_str_SOURCES = tests/unit/test_str.c tests/unit/unit.h
tests_unit_test_str_LDADD = $(UNIT_LIBS)
tests_unit_test_units_SOURCES = tests/unit/test_units.c tests/unit/unit.h
tests_unit_test_units_LDADD = $(UNIT_LIBS)
