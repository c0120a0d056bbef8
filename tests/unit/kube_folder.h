/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of its own for the tests of Kubernetes configuration, which then is HOME and PATH. */
#ifndef KRX_TESTS_UNIT_KUBE_FOLDER_H
#define KRX_TESTS_UNIT_KUBE_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/kube/config/config.h"
#include "tests/unit/unit.h"

typedef struct folder {
    krx_error error;
    krx_call call;
    char path[64];
    char kubeconfig[96]; /* path/config */
} folder;

static inline void put(folder *f, const char *name, const char *text, mode_t mode)
{
    krx_autofree char *path = krx_format("%s/%s", f->path, name);
    assert_non_null(path);
    assert_int_equal(krx_replace_file(&f->call, path, text, strlen(text), mode), 0);
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline int folder_setup(void **state)
{
    folder *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    krx_call_init(&f->call, &f->error);
    f->call.deadline_ns = krx_now_monotonic() + 60 * KRX_NS_PER_S;
    (void)unit_template(f->path, sizeof f->path, "kube");
    if (!mkdtemp(f->path))
        return -1;
    (void)snprintf(f->kubeconfig, sizeof f->kubeconfig, "%s/config", f->path);
    krx_autofree char *search = krx_format("%s:/usr/bin:/bin", f->path);
    *state = f;
    return setenv("HOME", f->path, 1) || setenv("PATH", search, 1) || unsetenv("KUBECONFIG") ||
           unsetenv("KUBERNETES_SERVICE_HOST") || unsetenv("KUBERNETES_SERVICE_PORT") ||
           unsetenv("POD_NAMESPACE");
}

static inline int folder_teardown(void **state)
{
    folder *f = *state;
    int code = nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return code;
}

#endif
