/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for readers that open files themselves; it goes when the program ends. */
#ifndef KRX_TESTS_FUZZ_FOLDER_H
#define KRX_TESTS_FUZZ_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

static char fuzz_folder_path[96];

static int fuzz_folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void fuzz_folder_remove(void)
{
    (void)nftw(fuzz_folder_path, fuzz_folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Made when first asked for. */
static inline const char *fuzz_folder(void)
{
    const char *top = getenv("TMPDIR");
    if (*fuzz_folder_path)
        return fuzz_folder_path;
    (void)snprintf(fuzz_folder_path, sizeof fuzz_folder_path, "%.60s/krx-fuzz-XXXXXX",
                   top && *top ? top : "/tmp");
    if (!mkdtemp(fuzz_folder_path) || atexit(fuzz_folder_remove) != 0)
        abort();
    return fuzz_folder_path;
}

/* Relative to the folder; the folders above it are there already. */
static inline void fuzz_folder_write(const char *name, const uint8_t *data, size_t size)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%.50s", fuzz_folder(), name);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || krx_write_all(fd, data, size) < 0 || close(fd) < 0)
        abort();
}

#endif
