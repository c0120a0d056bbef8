dnl SPDX-License-Identifier: Apache-2.0
dnl The --enable switches and the module switches with their table.

AC_DEFUN([KRX_OPTIONS], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
                [], [enable_werror=no])
  AS_IF([test "$enable_werror" = yes], [KRX_CFLAGS="$KRX_CFLAGS -Werror"])

  AC_ARG_ENABLE([sanitizers],
                [AS_HELP_STRING([--enable-sanitizers],
                                [build with AddressSanitizer and UndefinedBehaviorSanitizer])],
                [], [enable_sanitizers=no])
  AS_IF([test "$enable_sanitizers" = yes],
        [KRX_SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
         KRX_CFLAGS="$KRX_CFLAGS $KRX_SAN"
         KRX_LDFLAGS="$KRX_LDFLAGS $KRX_SAN"],
        [KRX_SAN=""
         dnl undefined symbols of sanitizer runtimes live in the program, so -z defs excludes them
         KRX_ADD_FLAG([KRX_LDFLAGS], [-Wl,-z,defs])
         AS_CASE([" $CFLAGS "], [*" -O0 "*], [],
                 [KRX_CPPFLAGS="$KRX_CPPFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
  AC_SUBST([KRX_SAN])
  AM_CONDITIONAL([SANITIZERS], [test "$enable_sanitizers" = yes])

  AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [build for gcov])],
                [], [enable_coverage=no])
  AS_IF([test "$enable_coverage" = yes],
        [KRX_CFLAGS="$KRX_CFLAGS --coverage -O0"
         KRX_LDFLAGS="$KRX_LDFLAGS --coverage"])

  AS_IF([test "$enable_sanitizers$enable_coverage" != nono],
        [AC_DEFINE([KRX_INSTRUMENTED], [1], [Sanitizers or coverage report at exit])])

  AC_ARG_ENABLE([faults],
                [AS_HELP_STRING([--enable-faults],
                                [compile fault points into the dispatcher, for tests only])],
                [], [enable_faults=no])
  AS_IF([test "$enable_faults" = yes],
        [AC_DEFINE([KRX_FAULTS], [1], [Fault points in the dispatcher])])

  AC_ARG_ENABLE([fuzzers],
                [AS_HELP_STRING([--enable-fuzzers],
                                [link the fuzz targets with libFuzzer (needs clang)])],
                [], [enable_fuzzers=no])
  AS_IF([test "$enable_fuzzers" = yes], [
    KRX_ADD_FLAG([KRX_CFLAGS], [-fsanitize=fuzzer-no-link])
    AS_CASE([" $KRX_CFLAGS "], [*" -fsanitize=fuzzer-no-link "*], [],
            [AC_MSG_ERROR([--enable-fuzzers: $CC has no libFuzzer; use clang with its runtime library])])])
  AM_CONDITIONAL([FUZZERS], [test "$enable_fuzzers" = yes])
  AC_CONFIG_HEADERS([config.h])
])

dnl KRX_MODULE(NAME, DESCRIPTION, CHECK)
dnl --with-NAME / --without-NAME. CHECK sets krx_reason when the module can't be built: silent with
dnl the default, an error with an explicit --with-NAME.
AC_DEFUN([KRX_MODULE], [
  AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [do not build the $1 module ($2)])],
              [], [with_$1=check])
  krx_reason=""
  AS_IF([test "$with_$1" = no], [krx_reason="switched off"], [$3])
  AS_IF([test "$with_$1" = yes && test -n "$krx_reason"],
        [AC_MSG_ERROR([--with-$1: $krx_reason])])
  AS_IF([test -z "$krx_reason"], [build_$1=yes], [build_$1="no: $krx_reason"])
  AM_CONDITIONAL([BUILD_]m4_toupper([$1]), [test "$build_$1" = yes])
  m4_append([krx_module_list], [$1], [ ])
])

AC_DEFUN([KRX_SUMMARY], [
  AS_ECHO([""])
  AS_ECHO(["$PACKAGE_NAME $PACKAGE_VERSION"])
  AS_ECHO(["  prefix       $prefix"])
  AS_ECHO(["  compiler     $CC ($CFLAGS)"])
  AS_ECHO(["  sanitizers   $enable_sanitizers"])
  AS_ECHO(["  coverage     $enable_coverage"])
  AS_ECHO(["  faults       $enable_faults"])
  AS_ECHO(["  fuzzers      $enable_fuzzers"])
  AS_ECHO(["  unit tests   $have_cmocka"])
  AS_ECHO(["  modules:"])
  m4_foreach_w([krx_m], m4_defn([krx_module_list]),
    [AS_ECHO(["    krx_m        $build_]krx_m["])
])
  AS_ECHO([""])
])
