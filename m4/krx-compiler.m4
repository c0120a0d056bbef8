dnl SPDX-License-Identifier: Apache-2.0
dnl KRX_ADD_FLAG(VARIABLE, FLAG): adds FLAG to VARIABLE when compiler and linker take it.
AC_DEFUN([KRX_ADD_FLAG], [
  AS_VAR_PUSHDEF([cache], [krx_cv_flag_$2])
  AC_CACHE_CHECK([whether $CC takes $2], [cache], [
    krx_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $2"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cache], [yes])],
                   [AS_VAR_SET([cache], [no])])
    CFLAGS=$krx_save_CFLAGS])
  AS_VAR_IF([cache], [yes], [$1="$$1 $2"])
  AS_VAR_POPDEF([cache])
])

dnl Standard, warnings and hardening. User CFLAGS are never edited.
AC_DEFUN([KRX_COMPILER_CHECKS], [
  KRX_CFLAGS="-std=c17"
  for flag in -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
      -Wpointer-arith -Wformat=2 -Wundef -Wvla -Wno-missing-field-initializers; do
    KRX_ADD_FLAG([KRX_CFLAGS], [$flag])
  done
  AC_MSG_CHECKING([for the cleanup attribute])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM(
      [static void f(int *p) { *p = 0; }],
      [__attribute__((cleanup(f))) int x = 1; (void)x;])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([the compiler has no cleanup attribute: use gcc or clang])])
  KRX_ADD_FLAG([KRX_CFLAGS], [-fvisibility=hidden])
  KRX_ADD_FLAG([KRX_CFLAGS], [-fstack-protector-strong])
  KRX_ADD_FLAG([KRX_CFLAGS], [-fstack-clash-protection])
  KRX_LDFLAGS=""
  for flag in -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed; do
    KRX_ADD_FLAG([KRX_LDFLAGS], [$flag])
  done
  KRX_CPPFLAGS=""
  AC_SUBST([KRX_CFLAGS])
  AC_SUBST([KRX_LDFLAGS])
  AC_SUBST([KRX_CPPFLAGS])
])

dnl KRX_SONAME(PREFIX, FUNCTION): PREFIX_SONAME is the name by which programs linked with PREFIX_LIBS
dnl find the library at run time.
AC_DEFUN([KRX_SONAME], [
  AC_CACHE_CHECK([for the run-time name of $1], [krx_cv_soname_$1], [
    krx_save_LIBS=$LIBS
    LIBS="$$1_LIBS $LIBS"
    krx_cv_soname_$1=no
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[char $2(void);]], [[return $2();]])],
      [krx_cv_soname_$1=`LC_ALL=C readelf -d conftest$EXEEXT 2>/dev/null | tr -d '@<:@@:>@' |
         awk '/NEEDED/ && /lib[]m4_tolower([$1])[]/ { print $NF; exit }'`])
    LIBS=$krx_save_LIBS])
  AS_IF([test -z "$krx_cv_soname_$1" || test "$krx_cv_soname_$1" = no],
        [AC_MSG_ERROR([cannot find the run-time name of $1 (is readelf of binutils installed?)])])
  AC_SUBST([$1_SONAME], [$krx_cv_soname_$1])
])
