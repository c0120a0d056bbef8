/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"

#define FIRST_PAUSE (KRX_NS_PER_MS / 2)
#define LAST_PAUSE (20 * KRX_NS_PER_MS)

static int32_t fail_lock(krx_call *call, const char *what)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return krx_fail(call, KRX_E_NOT_FOUND, "%s does not exist", what);
    return krx_fail(call, KRX_E_PERMISSION_DENIED, "locking %s: %s", what, strerror(errno));
}

/* Taken within the call's bounds. */
static int32_t take(krx_call *call, int fd, const char *what)
{
    int64_t pause = FIRST_PAUSE;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail_lock(call, what);
        if (krx_sleep(call, pause) < 0)
            return krx_wrap(call, "%s is busy", what);
        pause = pause * 2 < LAST_PAUSE ? pause * 2 : LAST_PAUSE;
    }
    return 0;
}

/* Whoever removes a thing removes its lock file while others wait for it. */
static bool is_still_there(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

int32_t krx_oci_lock(krx_call *call, const char *path, const char *what)
{
    for (;;) {
        krx_autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return fail_lock(call, what);
        int32_t code = take(call, fd, what);
        if (code < 0)
            return code;
        if (is_still_there(fd, path))
            return krx_move_fd(&fd);
    }
}

static int32_t lock_named(krx_call *call, const krx_oci_store *store, const char *folder,
                          const char *kind, const char *name, const char *end)
{
    krx_autofree char *path = krx_format("%s/%s/%s%s", store->root, folder, name, end);
    krx_autofree char *what = krx_format("%s '%s'", kind, name);
    if (!path || !what)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (!krx_oci_id_valid(name))
        return krx_fail(call, KRX_E_NOT_FOUND, "%s does not exist", what);
    return krx_oci_lock(call, path, what);
}

int32_t krx_oci_lock_container(krx_call *call, const krx_oci_store *store, const char *id)
{
    return lock_named(call, store, "containers", "container", id, "/lock");
}

int32_t krx_oci_lock_workload(krx_call *call, const krx_oci_store *store, const char *base)
{
    return lock_named(call, store, "workloads", "workload", base, ".lock");
}

bool krx_oci_lock_is_free(const krx_oci_store *store, const char *id)
{
    krx_autofree char *path = krx_format("%s/containers/%s/lock", store->root, id);
    krx_autoclose int fd = path ? open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0)
        return errno == ENOENT;
    return flock(fd, LOCK_EX | LOCK_NB) == 0;
}
