# SPDX-License-Identifier: Apache-2.0
LINT_TESTS = \
    tests/lint/arrows.sh \
    tests/lint/format.sh \
    tests/lint/licence.sh \
    tests/lint/links.sh \
    tests/lint/scripts.sh \
    tests/lint/sizes.sh \
    tests/lint/symbols.sh
TESTS += $(LINT_TESTS)
EXTRA_DIST += $(LINT_TESTS) tests/lint/lib.sh
