# SPDX-License-Identifier: Apache-2.0
# core: allow-list, trust, note, digest, loader, plugins
SANDBOX = tests/unit/sandbox.c tests/unit/sandbox.h
CORE_UNIT_LIBS = core/libcore.la $(UNIT_LIBS) $(SQLITE_LIBS) $(DL_LIBS)
WITH_BADMODS = $(AM_CPPFLAGS) -DKRX_BADMODS='"$(abs_top_builddir)/tests/badmods/.libs"'
UNIT_TESTS += \
    tests/unit/test-allow \
    tests/unit/test-digest \
    tests/unit/test-loader \
    tests/unit/test-note \
    tests/unit/test-plugins \
    tests/unit/test-trust
tests_unit_test_allow_SOURCES = tests/unit/test-allow.c $(SANDBOX)
tests_unit_test_allow_CPPFLAGS = $(AM_CPPFLAGS) -DKRX_TEMPLATES='"$(abs_top_srcdir)/plugins.allow.d"'
tests_unit_test_allow_LDADD = $(CORE_UNIT_LIBS)
tests_unit_test_digest_SOURCES = tests/unit/test-digest.c $(SANDBOX)
tests_unit_test_digest_LDADD = $(CORE_UNIT_LIBS)
tests_unit_test_loader_SOURCES = tests/unit/test-loader.c $(SANDBOX)
tests_unit_test_loader_CPPFLAGS = $(WITH_BADMODS)
tests_unit_test_loader_LDADD = $(CORE_UNIT_LIBS)
tests_unit_test_note_SOURCES = tests/unit/test-note.c $(SANDBOX)
tests_unit_test_note_CPPFLAGS = $(WITH_BADMODS)
tests_unit_test_note_LDADD = $(CORE_UNIT_LIBS)
tests_unit_test_plugins_SOURCES = tests/unit/test-plugins.c $(SANDBOX)
tests_unit_test_plugins_CPPFLAGS = $(WITH_BADMODS)
tests_unit_test_plugins_LDADD = $(CORE_UNIT_LIBS)
tests_unit_test_trust_SOURCES = tests/unit/test-trust.c $(SANDBOX)
tests_unit_test_trust_LDADD = $(CORE_UNIT_LIBS)
