/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/bundle/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define LAYERS_MAX 512u
#define LINKS_MAX 40

/* Where the walk is: a folder, and the layers [0, floor) in which it can be seen. */
typedef struct walk {
    const char *const *layers;
    size_t floor;
    size_t count;
    char at[PATH_MAX];   /* "" or "etc/alternatives" */
    char rest[PATH_MAX]; /* what is still to be walked */
    int links;
} walk;

/* Neither links nor ".." are followed by the kernel: all of them are walked here. */
static int open_in(const char *layer, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    krx_autoclose int root = open(layer, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -1;
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static bool is_opaque(const char *layer, const char *path)
{
    static const char *const names[] = {"trusted.overlay.opaque", "user.overlay.opaque"};
    krx_autoclose int fd = open_in(layer, path, O_RDONLY | O_DIRECTORY);
    char value[4];
    for (size_t i = 0; fd >= 0 && i < KRX_COUNT(names); i++)
        if (fgetxattr(fd, names[i], value, sizeof value) == 1 && value[0] == 'y')
            return true;
    return false;
}

/* The topmost layer that has it; -1: it is not there, or was removed. */
static int find(const walk *w, const char *path, struct stat *st)
{
    for (size_t i = 0; i < w->floor; i++) {
        krx_autoclose int fd = open_in(w->layers[i], path, O_PATH);
        if (fd < 0 || fstat(fd, st) < 0)
            continue;
        return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0) ? -1 : (int)i;
    }
    return -1;
}

/* How far down a folder found in layer `top` shows what lies below it. */
static size_t floor_of(const walk *w, const char *path, size_t top)
{
    for (size_t i = top; i < w->floor; i++) {
        struct stat st;
        krx_autoclose int fd = open_in(w->layers[i], path, O_PATH);
        if (fd < 0 || fstat(fd, &st) < 0)
            continue;
        if (!S_ISDIR(st.st_mode))
            return i;
        if (is_opaque(w->layers[i], path))
            return i + 1;
    }
    return w->floor;
}

/* Begins anew at the root with what the walk has still to do behind `prefix`. */
static bool again(walk *w, const char *prefix, const char *target)
{
    char next[3 * PATH_MAX];
    int n = snprintf(next, sizeof next, "%s/%s/%s", *target == '/' ? "" : prefix, target, w->rest);
    if (n < 0 || (size_t)n >= sizeof w->rest || ++w->links > LINKS_MAX)
        return false;
    memcpy(w->rest, next, (size_t)n + 1);
    w->at[0] = '\0';
    w->floor = w->count;
    return true;
}

static bool follow_link(walk *w, size_t layer, const char *path)
{
    char target[PATH_MAX];
    krx_autoclose int fd = open_in(w->layers[layer], path, O_PATH);
    ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    return again(w, w->at, target);
}

static bool step_up(walk *w)
{
    char *slash = strrchr(w->at, '/');
    char parent[PATH_MAX];
    if (slash)
        *slash = '\0';
    else
        w->at[0] = '\0';
    memcpy(parent, w->at, sizeof parent);
    return again(w, "", parent);
}

/* Takes the next word off `rest`; false at the end. */
static bool next_word(walk *w, char word[PATH_MAX])
{
    size_t blank = strspn(w->rest, "/"), n = strcspn(w->rest + blank, "/");
    memcpy(word, w->rest + blank, n);
    word[n] = '\0';
    memmove(w->rest, w->rest + blank + n, strlen(w->rest + blank + n) + 1);
    return n > 0;
}

/* 1: `at` is the file, found in *layer; 0: walk on; -1: not there. */
static int step(walk *w, const char *word, int *layer)
{
    char path[2 * PATH_MAX];
    struct stat st;
    if (strcmp(word, ".") == 0)
        return 0;
    if (strcmp(word, "..") == 0)
        return step_up(w) ? 0 : -1;
    int n = snprintf(path, sizeof path, "%s%s%s", w->at, w->at[0] ? "/" : "", word);
    *layer = find(w, path, &st);
    if (n < 0 || (size_t)n >= sizeof w->at || *layer < 0)
        return -1;
    if (S_ISLNK(st.st_mode))
        return follow_link(w, (size_t)*layer, path) ? 0 : -1;
    memcpy(w->at, path, (size_t)n + 1);
    if (S_ISDIR(st.st_mode)) {
        w->floor = floor_of(w, path, (size_t)*layer);
        return 0;
    }
    return S_ISREG(st.st_mode) && w->rest[strspn(w->rest, "/")] == '\0' ? 1 : -1;
}

static int open_file(const char *const *layers, const char *path)
{
    walk w = {.layers = layers};
    char word[PATH_MAX];
    int layer = -1, found = 0;
    while (layers && layers[w.count] && w.count < LAYERS_MAX)
        w.count++;
    w.floor = w.count;
    int n = snprintf(w.rest, sizeof w.rest, "%s", path);
    if (n < 0 || (size_t)n >= sizeof w.rest)
        return -1;
    while (found == 0 && next_word(&w, word))
        found = step(&w, word, &layer);
    return found == 1 ? open_in(layers[layer], w.at, O_RDONLY | O_NONBLOCK | O_NOCTTY) : -1;
}

int32_t krx_oci_layers_read(krx_call *call, const char *const *layers, const char *path,
                            size_t limit, krx_str *out)
{
    char chunk[16384];
    struct stat st;
    krx_autoclose int fd = open_file(layers, path);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return krx_fail(call, KRX_E_NOT_FOUND, "the image has no file %s", path);
    for (ssize_t n; (n = read(fd, chunk, sizeof chunk)) != 0;) {
        if (n < 0 && errno != EINTR)
            return krx_fail(call, KRX_E_UNAVAILABLE, "reading %s of the image: %s", path,
                            strerror(errno));
        if (n > 0 && out->length + (size_t)n > limit)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s of the image is larger than %zu KiB",
                            path, limit / 1024);
        krx_str_addn(out, chunk, n > 0 ? (size_t)n : 0);
    }
    return krx_str_failed(out) ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory") : 0;
}
