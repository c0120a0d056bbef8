# SPDX-License-Identifier: Apache-2.0
# serial 1
#
# KRX_CHECK_SDK([MINIMUM-MINOR], [ACTION-IF-FOUND], [ACTION-IF-NOT-FOUND])
# ------------------------------------------------------------------------
# Finds the kranix SDK by pkg-config, with major ABI version 1 and at least the given minor (0).
# Sets and substitutes
#   KRX_SDK_CFLAGS     where the headers are
#   KRX_SDK_MODULEDIR  where modules go
#   KRX_SDK_ALLOWDIR   where their allow templates go
# Without ACTION-IF-NOT-FOUND a missing SDK ends configure.
#
#   KRX_CHECK_SDK([0])
#   AC_SUBST([moduledir], [$KRX_SDK_MODULEDIR])
AC_DEFUN([KRX_CHECK_SDK], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  m4_pushdef([krx_minor], m4_default([$1], [0]))
  krx_sdk_why=""
  KRX_SDK_MODULEDIR=""
  KRX_SDK_ALLOWDIR=""
  AC_MSG_CHECKING([for the kranix SDK, ABI 1.]krx_minor[ or newer])
  AS_IF([test -z "$PKG_CONFIG"], [krx_sdk_why="pkg-config is missing"],
        [! $PKG_CONFIG --exists kranix-sdk 2>/dev/null],
          [krx_sdk_why="pkg-config does not know kranix-sdk: install the SDK or set PKG_CONFIG_PATH"],
        [krx_sdk_major=`$PKG_CONFIG --variable=abi_major kranix-sdk`
         krx_sdk_has=`$PKG_CONFIG --variable=abi_minor kranix-sdk`
         AS_IF([test "$krx_sdk_major" != 1 || test "${krx_sdk_has:-0}" -lt krx_minor],
               [krx_sdk_why="it has ABI $krx_sdk_major.$krx_sdk_has"],
               [KRX_SDK_CFLAGS=`$PKG_CONFIG --cflags kranix-sdk`
                KRX_SDK_MODULEDIR=`$PKG_CONFIG --variable=moduledir kranix-sdk`
                KRX_SDK_ALLOWDIR=`$PKG_CONFIG --variable=allowdir kranix-sdk`])])
  AC_SUBST([KRX_SDK_CFLAGS])
  AC_SUBST([KRX_SDK_MODULEDIR])
  AC_SUBST([KRX_SDK_ALLOWDIR])
  AS_IF([test -z "$krx_sdk_why"],
        [AC_MSG_RESULT([yes, 1.$krx_sdk_has])
         $2],
        [AC_MSG_RESULT([no])
         m4_default([$3], [AC_MSG_ERROR([the kranix SDK can't be used: $krx_sdk_why])])])
  m4_popdef([krx_minor])
])
