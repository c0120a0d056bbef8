/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a store of the oci module in it, a call whose log is kept, and programs to run. */
#ifndef KRX_TESTS_OCI_FOLDER_H
#define KRX_TESTS_OCI_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "modules/oci/store/paths.h"
#include "tests/unit/unit.h"

typedef struct oci_folder {
    char root[64];
    char run[80];
    krx_error error;
    krx_call call;
    krx_host host;
    krx_arena *arena;
    krx_oci_store store;
    krx_str log;
} oci_folder;

static inline void oci_folder_log(const krx_host *host, const krx_call *call, int32_t level,
                                  const char *text)
{
    oci_folder *f = host->ctx;
    (void)call, (void)level;
    krx_str_addf(&f->log, "%s\n", text);
}

static inline int oci_folder_setup(void **state)
{
    oci_folder *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    (void)unit_template(f->root, sizeof f->root, "oci");
    if (!mkdtemp(f->root))
        return -1;
    (void)snprintf(f->run, sizeof f->run, "%s/run", f->root);
    krx_call_init(&f->call, &f->error);
    f->host = *krx_local_host();
    f->host.ctx = f;
    f->host.log = oci_folder_log;
    f->call.host = &f->host;
    f->arena = krx_arena_new();
    *state = f;
    return krx_oci_store_open(&f->call, f->arena, f->root, f->run, &f->store) ||
           krx_oci_store_ready(&f->call, &f->store);
}

static inline int oci_folder_remove_(const char *path, const struct stat *st, int type,
                                     struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static inline int oci_folder_teardown(void **state)
{
    oci_folder *f = *state;
    int code = nftw(f->root, oci_folder_remove_, 8, FTW_DEPTH | FTW_PHYS);
    krx_arena_free(f->arena);
    krx_str_free(&f->log);
    free(f);
    return code;
}

/* In the arena. */
static inline char *oci_path(oci_folder *f, const char *path)
{
    char *full = krx_arena_printf(f->arena, "%s/%s", f->root, path);
    assert_non_null(full);
    return full;
}

static inline char *oci_write(oci_folder *f, const char *path, const char *text, mode_t mode)
{
    char *full = oci_path(f, path), *slash = strrchr(full, '/');
    *slash = '\0';
    assert_int_equal(krx_make_dirs(&f->call, full, 0755), 0);
    *slash = '/';
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(full, mode), 0);
    return full;
}

/* A shell script that can be run. */
static inline char *oci_script(oci_folder *f, const char *path, const char *body)
{
    char *text = krx_arena_printf(f->arena, "#!/bin/sh\n%s", body);
    assert_non_null(text);
    return oci_write(f, path, text, 0755);
}

static inline char *oci_read(oci_folder *f, const char *path)
{
    krx_str text = {0};
    int32_t code = krx_read_file(&f->call, oci_path(f, path), 1024 * 1024, &text);
    char *copy = code == 0 ? krx_arena_strndup(f->arena, krx_str_get(&text), text.length) : NULL;
    krx_str_free(&text);
    return copy;
}

#define assert_in(text, part)                                                                      \
    do {                                                                                           \
        const char *whole_ = (text);                                                               \
        if (!whole_ || !strstr(whole_, (part)))                                                    \
            fail_msg("'%s' is not in '%s'", (part), whole_ ? whole_ : "(nothing)");                \
    } while (0)
#define assert_not_in(text, part)                                                                  \
    do {                                                                                           \
        const char *whole_ = (text);                                                               \
        if (whole_ && strstr(whole_, (part)))                                                      \
            fail_msg("'%s' is in '%s'", (part), whole_);                                           \
    } while (0)

#endif
