/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/store/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

/* Up to this depth each folder's descriptor stays open; deeper ones are moved up first. */
#define FOLDERS_OPEN 64

typedef struct removal {
    krx_call *call;
    const char *path;
    int top; /* where what is too deep is moved to */
    dev_t device;
    unsigned moved;
} removal;

static int32_t fail_removal(const removal *r, const char *name)
{
    int saved = errno;
    krx_fail(r->call, saved == EBUSY ? KRX_E_FAILED_PRECONDITION : KRX_E_PERMISSION_DENIED,
             "removing %s: '%.200s': %s", r->path, name, strerror(saved));
    r->call->error->sys_errno = saved;
    return r->call->error->code;
}

static int32_t empty_folder(removal *r, int folder, const char *name, unsigned depth);

/* Renamed to the top, where the outermost folder finds it. */
static int32_t move_up(removal *r, int parent, const char *name)
{
    char flat[32];
    for (unsigned tries = 0; tries < 1000; tries++) {
        (void)snprintf(flat, sizeof flat, ".deep-%u", r->moved++);
        if (faccessat(r->top, flat, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
            renameat(parent, name, r->top, flat) == 0)
            return 0;
    }
    return fail_removal(r, name);
}

static int32_t remove_item(removal *r, int parent, const char *name, unsigned depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR)
        return fail_removal(r, name);
    if (depth > FOLDERS_OPEN)
        return move_up(r, parent, name);
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
        folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT ? 0 : fail_removal(r, name);
    int32_t code = empty_folder(r, folder, name, depth);
    if (code == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return fail_removal(r, name);
    return code;
}

/* Takes the descriptor over. Goes on until a pass finds nothing, as what was moved up is new. */
static int32_t empty_folder(removal *r, int folder, const char *name, unsigned depth)
{
    struct stat st;
    krx_autodir DIR *dir = fdopendir(folder);
    if (!dir) {
        close(folder);
        return fail_removal(r, name);
    }
    if (fstat(folder, &st) < 0 || (depth && st.st_dev != r->device)) {
        errno = EBUSY;
        return fail_removal(r, name);
    }
    if (fchmod(folder, 0700) < 0 && errno != EPERM)
        return fail_removal(r, name);
    for (bool found = true; found;) {
        const struct dirent *item;
        found = false;
        rewinddir(dir);
        while ((item = readdir(dir))) {
            if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
                continue;
            found = true;
            int32_t code = krx_check(r->call);
            if (code == 0)
                code = remove_item(r, folder, item->d_name, depth + 1);
            if (code < 0)
                return code;
        }
    }
    return 0;
}

int32_t krx_oci_tree_remove(krx_call *call, int parent, const char *name, const char *path)
{
    struct stat st;
    removal r = {.call = call, .path = path};
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : fail_removal(&r, name);
    if (!S_ISDIR(st.st_mode))
        return unlinkat(parent, name, 0) < 0 && errno != ENOENT ? fail_removal(&r, name) : 0;
    krx_autoclose int top = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (top < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
        top = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (top < 0)
        return fail_removal(&r, name);
    r.top = top;
    r.device = st.st_dev;
    int folder = fcntl(top, F_DUPFD_CLOEXEC, 0);
    if (folder < 0)
        return fail_removal(&r, name);
    int32_t code = empty_folder(&r, folder, name, 0);
    if (code == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return fail_removal(&r, name);
    return code;
}
