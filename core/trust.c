/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define FOLDER_FLAGS (O_PATH | O_NOFOLLOW | O_CLOEXEC)
#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* Where the walk is: `shown` bytes of path are the component in question. */
typedef struct place {
    krx_call *call;
    const char *path;
    int shown;
    uid_t user;
    mode_t type;       /* S_IFDIR or S_IFREG that the component must be */
    bool sticky_is_ok; /* a folder like /tmp may stand here */
} place;

static int32_t refuse(const place *at, const struct stat *st, const char *why)
{
    return krx_fail(at->call, KRX_E_PERMISSION_DENIED,
                    "%s is not trusted: %.*s %s (mode %04o, %s %u)", at->path, at->shown, at->path,
                    why, (unsigned)st->st_mode & 07777u, "owner uid", (unsigned)st->st_uid);
}

static int32_t fail_open(const place *at)
{
    int saved = errno;
    int32_t code = saved == ENOENT || saved == ENOTDIR ? KRX_E_NOT_FOUND
                   : saved == EMFILE || saved == ENFILE || saved == ENOMEM
                       ? KRX_E_RESOURCE_EXHAUSTED
                       : KRX_E_PERMISSION_DENIED;
    krx_fail(at->call, code, "opening %.*s: %s", at->shown, at->path, strerror(saved));
    at->call->error->sys_errno = saved;
    return code;
}

static int32_t judge_type(const place *at, const struct stat *st)
{
    if (S_ISLNK(st->st_mode)) {
        refuse(at, st, "is a symbolic link");
        return krx_hint(at->call, "put the real %s in its place",
                        at->type == S_IFDIR ? "folder" : "file");
    }
    if ((st->st_mode & S_IFMT) == at->type)
        return 0;
    if (at->type == S_IFDIR)
        return refuse(at, st, "is not a folder");
    refuse(at, st, "is not a regular file");
    return krx_hint(at->call, "remove it and install the real file");
}

static int32_t judge(const place *at, const struct stat *st)
{
    bool sticky = st->st_uid == 0 && (st->st_mode & S_ISVTX);
    int32_t rc = judge_type(at, st);
    if (rc < 0)
        return rc;
    if (st->st_uid != 0 && st->st_uid != at->user) {
        refuse(at, st, "belongs to another user");
        return at->user == 0 ? krx_hint(at->call, "chown root %.*s", at->shown, at->path)
                             : krx_hint(at->call,
                                        "it must belong to root or to the user running this (uid "
                                        "%u): chown root %.*s",
                                        (unsigned)at->user, at->shown, at->path);
    }
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) && !(sticky && at->sticky_is_ok)) {
        refuse(at, st,
               st->st_mode & S_IWOTH ? "is writable by everybody" : "is writable by its group");
        return krx_hint(at->call, "chmod go-w %.*s", at->shown, at->path);
    }
    return 0;
}

/* Opens one component below `parent` and judges it before and, for the last one, after opening:
 * a FIFO or device is never opened for reading. */
static int32_t enter(const place *at, int parent, const char *name, bool last, int *out)
{
    struct stat st;
    krx_autoclose int fd = openat(parent, name, FOLDER_FLAGS);
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail_open(at);
    int32_t rc = judge(at, &st);
    if (rc == 0 && last) {
        krx_autoclose int readable =
            openat(parent, name, READ_FLAGS | (at->type == S_IFDIR ? O_DIRECTORY : 0));
        if (readable < 0 || fstat(readable, &st) < 0)
            return fail_open(at);
        rc = judge(at, &st);
        if (rc == 0)
            *out = krx_move_fd(&readable);
    } else if (rc == 0) {
        *out = krx_move_fd(&fd);
    }
    return rc;
}

/* Length of the component at p; *next is where the following one starts, or its end. */
static size_t component(const char *p, const char **next)
{
    size_t length = strcspn(p, "/");
    *next = p + length + strspn(p + length, "/");
    return length;
}

static int32_t open_root(place *at, int *out)
{
    struct stat st;
    krx_autoclose int fd = open("/", FOLDER_FLAGS | O_DIRECTORY);
    at->shown = 1;
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail_open(at);
    int32_t rc = judge(at, &st);
    if (rc == 0)
        *out = krx_move_fd(&fd);
    return rc;
}

/* A sticky folder may stand above, but not hold the file itself. */
static bool is_far_from_end(const char *next, mode_t type)
{
    const char *after;
    (void)component(next, &after);
    return *next && (type == S_IFDIR || *after);
}

static int32_t walk(krx_call *call, const char *path, mode_t type, int *out)
{
    place at = {.call = call, .path = path, .user = geteuid(), .type = S_IFDIR};
    krx_autoclose int fd = -1;
    if (path[0] != '/')
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is not an absolute path", path);
    int32_t rc = open_root(&at, &fd);
    const char *next = path + strspn(path, "/");
    while (rc == 0 && *next) {
        char name[NAME_MAX + 1];
        const char *start = next;
        size_t length = component(start, &next);
        if (length > NAME_MAX || (length == 2 && memcmp(start, "..", 2) == 0))
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is not a plain path", path);
        memcpy(name, start, length);
        name[length] = '\0';
        at.shown = (int)(start + length - path);
        at.type = *next ? S_IFDIR : type;
        at.sticky_is_ok = is_far_from_end(next, type);
        int entered = -1;
        rc = enter(&at, fd, name, !*next, &entered);
        if (fd >= 0)
            close(fd);
        fd = entered;
    }
    if (rc == 0)
        *out = krx_move_fd(&fd);
    return rc;
}

int32_t krx_trust_open_file(krx_call *call, const char *path, int *fd)
{
    return walk(call, path, S_IFREG, fd);
}

int32_t krx_trust_open_dir(krx_call *call, const char *path, int *fd)
{
    return walk(call, path, S_IFDIR, fd);
}

int32_t krx_trust_judge(krx_call *call, const char *path, const struct stat *st, uint32_t user,
                        int is_folder, int sticky_is_ok)
{
    const place at = {.call = call,
                      .path = path,
                      .shown = (int)strlen(path),
                      .user = (uid_t)user,
                      .type = is_folder ? S_IFDIR : S_IFREG,
                      .sticky_is_ok = sticky_is_ok != 0};
    return judge(&at, st);
}
