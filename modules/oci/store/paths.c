/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/store/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"

#define ID_MAX 160

bool krx_oci_id_valid(const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    if (krx_blank(id) || id[0] == '.' || id[0] == '-')
        return false;
    size_t length = strspn(id, letters);
    return !id[length] && length <= ID_MAX;
}

bool krx_oci_plain_path(const char *path, int depth)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-+:@,=";
    if (krx_blank(path) || strlen(path) >= KRX_OCI_PLAIN_MAX)
        return false;
    for (const char *part = path; depth >= 0; part++, depth--) {
        size_t n = strspn(part, letters);
        if (!n || (part[0] == '.' && (n == 1 || (n == 2 && part[1] == '.'))))
            return false;
        part += n;
        if (*part != '/')
            return *part == '\0';
    }
    return false;
}

static void read_boot(char boot[40])
{
    boot[0] = '\0';
    krx_autoclose int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, boot, 39);
    boot[n > 0 ? n : 0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] == '/' ? value : NULL;
}

static char *default_root(krx_arena *arena)
{
    const char *data = from_environment("XDG_DATA_HOME"), *home = from_environment("HOME");
    if (geteuid() == 0)
        return krx_arena_strdup(arena, "/var/lib/kranix/oci");
    if (data)
        return krx_arena_printf(arena, "%s/kranix/oci", data);
    return krx_arena_printf(arena, "%s/.local/share/kranix/oci", home ? home : "");
}

static char *default_run_root(krx_arena *arena)
{
    const char *run = from_environment("XDG_RUNTIME_DIR");
    if (geteuid() == 0)
        return krx_arena_strdup(arena, "/run/kranix/oci");
    if (run)
        return krx_arena_printf(arena, "%s/kranix/oci", run);
    char *systemd = krx_arena_printf(arena, "/run/user/%u", (unsigned)geteuid());
    if (systemd && access(systemd, W_OK) == 0)
        return krx_arena_printf(arena, "%s/kranix/oci", systemd);
    return krx_arena_printf(arena, "/tmp/kranix-%u/oci", (unsigned)geteuid());
}

int32_t krx_oci_store_open(krx_call *call, krx_arena *arena, const char *root, const char *run_root,
                           krx_oci_store *out)
{
    const char *home = from_environment("HOME");
    *out = (krx_oci_store){0};
    read_boot(out->boot);
    if (krx_blank(root) && geteuid() != 0 && !home && !from_environment("XDG_DATA_HOME"))
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "neither HOME nor XDG_DATA_HOME says where the oci backend's files go");
    out->root = krx_blank(root) ? default_root(arena) : krx_arena_strdup(arena, root);
    out->run_root =
        krx_blank(run_root) ? default_run_root(arena) : krx_arena_strdup(arena, run_root);
    if (!out->root || !out->run_root)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (out->root[0] != '/' || out->run_root[0] != '/')
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "folder '%s' is not an absolute path",
                        out->root[0] != '/' ? out->root : out->run_root);
    return 0;
}

int32_t krx_oci_store_of_folder(krx_call *call, krx_arena *arena, const char *folder,
                                krx_oci_store *out, const char **id)
{
    static const char between[] = "/containers/";
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    char *root = krx_arena_strndup(arena, folder, length);
    char *slash = root ? strrchr(root, '/') : NULL;
    *out = (krx_oci_store){.root = root};
    if (!root)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (slash)
        *slash = '\0';
    size_t head = strlen(root), tail = sizeof between - 2;
    if (!slash || root[0] != '/' || head <= tail || !krx_oci_id_valid(slash + 1) ||
        memcmp(root + head - tail, between, tail) != 0)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is not the folder of a container",
                        folder);
    root[head - tail] = '\0';
    *id = slash + 1;
    read_boot(out->boot);
    return 0;
}

/* Nobody but us (and root) may be able to put another folder in the place of this one. */
static int32_t check_owner(krx_call *call, const char *path, bool last)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "looking at folder %s: %s", path,
                        strerror(errno));
    if (S_ISLNK(st.st_mode) && !last)
        return 0; /* where it leads is checked by its real path */
    bool ours = st.st_uid == geteuid() || (!last && st.st_uid == 0);
    bool open = st.st_mode & (S_IWGRP | S_IWOTH) && (last || !(st.st_mode & S_ISVTX));
    if (!S_ISDIR(st.st_mode) || !ours || open) {
        krx_fail(call, KRX_E_PERMISSION_DENIED, "folder %s %s", path,
                 !S_ISDIR(st.st_mode) ? "is not a folder"
                 : !ours              ? "belongs to another user"
                                      : "can be changed by other users");
        return krx_hint(call, "it must belong to user %u and be writable by nobody else",
                        (unsigned)geteuid());
    }
    return 0;
}

static int32_t check_trust(krx_call *call, const char *folder)
{
    krx_autofree char *real = realpath(folder, NULL);
    if (!real)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "looking at folder %s: %s", folder,
                        strerror(errno));
    int32_t code = check_owner(call, real, true);
    for (char *slash = strrchr(real, '/'); code == 0 && slash; slash = strrchr(real, '/')) {
        slash[slash == real ? 1 : 0] = '\0';
        code = check_owner(call, real, false);
        if (slash == real)
            break;
    }
    return code;
}

int32_t krx_oci_store_ready(krx_call *call, const krx_oci_store *store)
{
    static const char *const below[] = {"images",    "layers",      "containers", "volumes",
                                        "workloads", "checkpoints", NULL};
    const char *tops[] = {store->root, store->run_root};
    int32_t code = 0;
    for (size_t i = 0; code == 0 && i < KRX_COUNT(tops); i++) {
        code = krx_make_dirs(call, tops[i], 0700);
        if (code == 0)
            code = check_trust(call, tops[i]);
    }
    for (size_t i = 0; code == 0 && below[i]; i++) {
        krx_autofree char *path = krx_format("%s/%s", store->root, below[i]);
        if (!path)
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            code = krx_fail(call, KRX_E_PERMISSION_DENIED, "creating folder %s: %s", path,
                            strerror(errno));
    }
    return code;
}

static char *join(krx_arena *arena, const char *root, const char *folder, const char *item,
                  const char *file)
{
    if (!folder)
        return krx_arena_strdup(arena, root);
    if (!item)
        return krx_arena_printf(arena, "%s/%s", root, folder);
    if (!file)
        return krx_arena_printf(arena, "%s/%s/%s", root, folder, item);
    return krx_arena_printf(arena, "%s/%s/%s/%s", root, folder, item, file);
}

char *krx_oci_path(krx_arena *arena, const krx_oci_store *store, const char *folder,
                   const char *item, const char *file)
{
    return join(arena, store->root, folder, item, file);
}

char *krx_oci_run_path(krx_arena *arena, const krx_oci_store *store, const char *folder,
                       const char *item, const char *file)
{
    return join(arena, store->run_root, folder, item, file);
}
