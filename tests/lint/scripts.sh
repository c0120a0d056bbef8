#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shell scripts pass shellcheck; those with a first line that says what runs them can be run.
. "${srcdir:-.}/tests/lint/lib.sh"

needs shellcheck
scripts="quickstart .ci/run tests/env/with-env tests/env/kubernetes-build tests/env/criu-build
    tests/env/kubernetes-control tests/env/kubernetes-node tests/fuzz/fuzz-for tests/unit/in-folder examples/busybox-image $(sources -name '*.sh')"
for script in $scripts; do
    ! head -n 1 "$script" 2>/dev/null | grep -q '^#!' || [ -x "$script" ] ||
        complain "$script is not executable"
    [ ! -e "$script" ] || shellcheck -x -P SCRIPTDIR -e SC1091,SC2016 "$script" >&2 || complain "$script"
done
done_linting
