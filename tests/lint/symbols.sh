#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What built objects export, import and need.
. "${srcdir:-.}/tests/lint/lib.sh"
cd "$top_builddir" || exit 99

# A module exports its descriptor and nothing else, and calls nothing that hits the whole process.
forbidden='system|exit|_exit|_Exit|quick_exit|abort|popen|setlocale|chdir|fchdir|fork|vfork|setenv|putenv|signal|sigaction|dlopen'
for module in modules/*/.libs/kranix-module-*.so; do
    [ -e "$module" ] || continue
    name=$(basename "$module" .so)
    symbol=krx_module_$(printf '%s' "${name#kranix-module-}" | tr - _)
    exported=$(nm -D --defined-only "$module" | awk '{ print $3 }' | grep -vE '^(__(asan|ubsan|odr|gcov)|_init$|_fini$)')
    [ "$exported" = "$symbol" ] || complain "$module should export $symbol alone, not: $exported"
    imported=$(nm -D --undefined-only "$module" | awk '{ sub(/@.*/, "", $2); print $2 }' | grep -xE "$forbidden")
    [ -z "$imported" ] || complain "$module must not call: $imported"
    readelf -n "$module" 2>/dev/null | grep -q kranix || complain "$module has no kranix note"
    ! readelf -d "$module" | grep -q libkranix || complain "$module links to libkranix: modules link to nothing of ours"
done

# The library exports its public functions only.
for library in core/.libs/libkranix.so .libs/libkranix.so; do
    [ -e "$library" ] || continue
    exported=$(nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' |
        grep -vE '^(krx_|KRX_|KRANIX_|__(asan|ubsan|odr|gcov)|_init$|_fini$)')
    [ -z "$exported" ] || complain "$library exports what is not krx_*: $exported"
done

# The host stays small: what single modules need comes in with them.
for program in programs/kranix/kranix programs/kranix/.libs/kranix core/.libs/libkranix.so; do
    readelf -h "$program" >/dev/null 2>&1 || continue
    needed=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        grep -vE '^(libc|libm|libdl|libpthread|libyaml-0|libcjson|libsqlite3|libltdl|libkranix|ld-linux.*|libasan|libubsan|libgcc_s|libgcov|libclang_rt.*)\.so')
    [ -z "$needed" ] || complain "$program needs a library that belongs to a module: $needed"
done
done_linting
