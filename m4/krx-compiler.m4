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
