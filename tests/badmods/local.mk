# SPDX-License-Identifier: Apache-2.0
# Modules that get one thing wrong each, for tests/unit/test-loader.
BADMOD_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
EXTRA_DIST += tests/badmods/minimal.h
check_LTLIBRARIES += \
    tests/badmods/bad_borrowed.la \
    tests/badmods/libdependency.la \
    tests/badmods/bad_flags.la \
    tests/badmods/bad_good.la \
    tests/badmods/bad_load_fails.la \
    tests/badmods/bad_load_silent.la \
    tests/badmods/bad_magic.la \
    tests/badmods/bad_major.la \
    tests/badmods/bad_missing_op.la \
    tests/badmods/bad_newer.la \
    tests/badmods/bad_newer_host.la \
    tests/badmods/bad_no_driver.la \
    tests/badmods/bad_no_note.la \
    tests/badmods/bad_no_symbol.la \
    tests/badmods/bad_no_threads.la \
    tests/badmods/bad_note_magic.la \
    tests/badmods/bad_note_version.la \
    tests/badmods/bad_older.la \
    tests/badmods/bad_other_minor.la \
    tests/badmods/bad_other_name.la \
    tests/badmods/bad_other_version.la \
    tests/badmods/bad_setting.la \
    tests/badmods/bad_short_note.la \
    tests/badmods/bad_size_huge.la \
    tests/badmods/bad_size_zero.la \
    tests/badmods/bad_table_size.la \
    tests/badmods/bad_two_notes.la \
    tests/badmods/bad_undefined.la
tests_badmods_bad_borrowed_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_libdependency_la_LDFLAGS = -avoid-version -shared -rpath /nowhere
tests_badmods_bad_flags_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_good_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_load_fails_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_load_silent_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_magic_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_major_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_missing_op_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_newer_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_newer_host_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_no_driver_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_no_note_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_no_symbol_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_no_threads_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_note_magic_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_note_version_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_older_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_other_minor_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_other_name_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_other_version_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_setting_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_short_note_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_size_huge_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_size_zero_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_table_size_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_two_notes_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_undefined_la_LDFLAGS = $(BADMOD_LDFLAGS)
tests_badmods_bad_borrowed_la_LIBADD = tests/badmods/libdependency.la
