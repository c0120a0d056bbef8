/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/watch.h"

#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

int krx_oci_watch_open(void)
{
    return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

int krx_oci_watch(int fd, const char *folder, uint32_t mask)
{
    return fd < 0 ? -1 : inotify_add_watch(fd, folder, mask | IN_ONLYDIR);
}

void krx_oci_watch_take(int fd, krx_oci_watch_fn *fn, void *ctx)
{
    _Alignas(struct inotify_event) char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    ssize_t n;
    while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0)
        for (const char *at = buffer; at < buffer + n;) {
            const struct inotify_event *e = (const void *)at;
            fn(ctx, e->wd, e->mask, e->len ? e->name : "");
            at += sizeof *e + e->len;
        }
}

typedef struct seeing {
    uint32_t mask;
    bool *seen;
} seeing;

static void see(void *ctx, int watch, uint32_t mask, const char *name)
{
    const seeing *s = ctx;
    (void)watch, (void)name;
    /* when too much happened at once anything may have */
    if (mask & (s->mask | IN_Q_OVERFLOW))
        *s->seen = true;
}

int32_t krx_oci_watch_wait(krx_call *call, int fd, int64_t timeout_ns, uint32_t mask, bool *seen)
{
    krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_READ};
    seeing s = {.mask = mask, .seen = seen};
    int32_t code = call->host->wait(call->host, call, &w, fd >= 0 ? 1 : 0, timeout_ns);
    if (code > 0)
        krx_oci_watch_take(fd, see, &s);
    return code < 0 ? code : 0;
}
