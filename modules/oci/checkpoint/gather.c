/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On machines with both versions of control groups, what a runtime of the first version alone puts
 * into a container later (exec) stays in the caller's group of the second. CRIU keeps every group
 * that it finds a process in with all that is below: it must find one.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/fd.h"
#include "modules/oci/checkpoint/saved.h"

#define ROOT "/sys/fs/cgroup"
#define TEXT_MAX_ ((size_t)4 * 1024 * 1024)

static const char *read_text(krx_call *call, krx_arena *arena, const char *path)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    if (!path || krx_read_file(krx_side_call_init(&side, call), path, TEXT_MAX_, &text) < 0)
        return NULL;
    return krx_arena_strdup(arena, krx_str_get(&text));
}

/* Behind the second colon of the line that has `controllers`; NULL unless it leads to `id`. */
static const char *group_of(krx_arena *arena, const char *text, const char *controllers,
                            const char *id)
{
    char *found = text ? strstr(text, controllers) : NULL;
    if (!found)
        return NULL;
    found += strlen(controllers);
    char *path = krx_arena_strndup(arena, found, strcspn(found, "\n"));
    const char *last = path ? strrchr(path, '/') : NULL;
    return last && strcmp(last + 1, id) == 0 && !strstr(path, "/../") ? path : NULL;
}

void krx_oci_gather(krx_call *call, krx_arena *arena, const krx_oci_container *c)
{
    const char *text =
        read_text(call, arena, krx_arena_printf(arena, "/proc/%" PRId64 "/cgroup", c->init.pid));
    const char *first = group_of(arena, text, ":pids:", c->id);
    const char *second = group_of(arena, text, "0::", c->id);
    if (!first || !second)
        return;
    const char *list =
        read_text(call, arena, krx_arena_printf(arena, ROOT "/pids%s/cgroup.procs", first));
    const char *path = krx_arena_printf(arena, ROOT "/unified%s/cgroup.procs", second);
    krx_autoclose int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    for (; fd >= 0 && list && *list; list += strcspn(list, "\n")) {
        list += *list == '\n';
        size_t length = strcspn(list, "\n");
        if (length && write(fd, list, length) < 0 && errno != ESRCH)
            krx_log(call, KRX_LOG_WARN, "process %.*s of container %s stays in its group: %s",
                    (int)length, list, c->name, strerror(errno));
    }
}
