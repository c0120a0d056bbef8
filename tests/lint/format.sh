#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The C code is as .clang-format wants it.
. "${srcdir:-.}/tests/lint/lib.sh"

needs clang-format
sources -name '*.[ch]' | xargs clang-format --dry-run --Werror >&2 || complain "run clang-format -i on these"
done_linting
