#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The SDK as a third party meets it: installed into an empty folder, found by pkg-config, its headers
# in every language and compiler that is promised, the template built with plain make and by autoconf,
# and judged by the installed kit. The same with the .pc file of the build tree.
set -eu
builddir=$PWD
srcdir=$(cd "${srcdir:-.}" && pwd)
make=${MAKE:-make}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR

die() {
    echo "FAIL: $*"
    exit 1
}

# ------------------------------------------------------------------------------------- installed
$make -C "$builddir" install-sdkincludeHEADERS install-pkgconfigDATA install-dist_templateDATA \
    install-dist_aclocalDATA DESTDIR="$work/root" >"$work/install.log" 2>&1 ||
    { cat "$work/install.log" && die "installing the SDK"; }
prefix=$(sed -n 's/^prefix=//p' sdk/kranix-sdk.pc)
root=$work/root
pc=$(find "$root" -name kranix-sdk.pc)
[ -n "$pc" ] || die "no kranix-sdk.pc was installed"
PKG_CONFIG_LIBDIR=$(dirname "$pc")
export PKG_CONFIG_LIBDIR
export PKG_CONFIG_SYSROOT_DIR=$root
installed=$(pkg-config --cflags kranix-sdk)
[ "$(pkg-config --variable=abi_major kranix-sdk)" = 1 ] || die "abi_major"

# headers FLAGS NAME: each header alone and all together
headers() {
    local flags=$1 compiler header language
    for language in "c -std=c11" "c -std=c17" "c++ -std=c++17"; do
        for compiler in gcc clang; do
            [ "${language%% *}" = c ] || compiler=$([ $compiler = gcc ] && echo g++ || echo clang++)
            command -v "$compiler" >/dev/null || continue
            for header in "$srcdir"/sdk/include/kranix/*.h; do
                # shellcheck disable=SC2086
                printf '#include <kranix/%s>\n#include <kranix/%s>\nextern int some_declaration;\n' "$(basename "$header")" \
                    "$(basename "$header")" |
                    "$compiler" -x $language -Wall -Wextra -Wpedantic -Wconversion -Werror $flags \
                        -fsyntax-only - || die "$compiler $language: $header"
            done
        done
    done
}
headers "$installed"
headers "-I$srcdir/sdk/include"

# -------------------------------------------------------------------------------------- template
template=$root$(sed -n 's/^datarootdir=//p' sdk/kranix-sdk.pc | sed "s|\${prefix}|$prefix|")/kranix/template
[ -f "$template/sample.c" ] || die "no template in $template"
kit=$builddir/programs/conformance/kranix-conformance
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    cp -r "$template" "$work/$compiler"
    $make -C "$work/$compiler" CC=$compiler CFLAGS='-O2 -Werror' >"$work/make.log" 2>&1 ||
        { cat "$work/make.log" && die "the template with $compiler"; }
    $make -C "$work/$compiler" check CONFORMANCE="$kit --prompt 10s --only driver/*" \
        >"$work/check.log" 2>&1 || { cat "$work/check.log" && die "the kit on the template"; }
done

# Nothing of ours is linked to, one symbol is exported, and the note is there.
module=$work/gcc/kranix-module-sample.so
! readelf -d "$module" | grep -i 'NEEDED.*kranix' || die "the module links to something of ours"
symbols=$(nm -D --defined-only "$module" | awk '{ print $3 }' | grep -v '^_')
[ "$symbols" = krx_module_sample ] || die "the module exports $symbols"
readelf -n "$module" | grep -q kranix || die "the module has no note"

PKG_CONFIG_SYSROOT_DIR='' $make -C "$work/gcc" install DESTDIR="$work/dest" >/dev/null
[ -n "$(find "$work/dest" -path '*/kranix/modules/kranix-module-sample.so')" ] || die "make install"
[ -n "$(find "$work/dest" -name sample.yaml)" ] || die "make install leaves out the allow template"

# ------------------------------------------------------------------------------------ build tree
(
    unset PKG_CONFIG_SYSROOT_DIR
    export PKG_CONFIG_LIBDIR=$builddir/sdk
    flags=$(pkg-config --cflags kranix-sdk) # prefers kranix-sdk-uninstalled.pc
    found=$(cd "$(printf '%s' "$flags" | sed 's/^-I//; s/ .*//')" && pwd -P)
    [ "$found" = "$(cd "$srcdir/sdk/include" && pwd -P)" ] || die "uninstalled: $flags"
    cp -r "$srcdir/sdk/template" "$work/uninstalled"
    chmod -R u+w "$work/uninstalled"
    $make -C "$work/uninstalled" >"$work/make.log" 2>&1 ||
        { cat "$work/make.log" && die "the template with the uninstalled SDK"; }
)

# -------------------------------------------------------------------------------------- autoconf
if command -v autoconf >/dev/null && command -v aclocal >/dev/null; then
    mkdir "$work/ac"
    cd "$work/ac"
    cat >configure.ac <<'AC'
AC_INIT([consumer], [1])
PKG_PROG_PKG_CONFIG
KRX_CHECK_SDK([0], [have=yes], [have=no])
KRX_CHECK_SDK([999], [newer=yes], [newer=no])
AS_ECHO(["result have=$have newer=$newer"])
AC_OUTPUT
AC
    { aclocal -I "$srcdir/sdk" && autoconf; } || die "kranix.m4"
    ./configure >log 2>&1 || { cat log && die "configure"; }
    grep -qx 'result have=yes newer=no' log || { cat log && die "KRX_CHECK_SDK"; }
fi
