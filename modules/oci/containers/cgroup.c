/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define TEXT_MAX_ 16384u
#define PATH_MAX_ 4096u
#define NO_LIMIT (INT64_C(1) << 60) /* version 1 writes a very large number where there is none */

/* Of a list of lines "key value" the value; KRX_UNSET when there is none. */
static int64_t value_of(const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == ' ')
            return strtoll(line + length + 1, NULL, 10);
    }
    return KRX_UNSET;
}

/* Of "/sub:line" fields "7:cpu,cpuacct:/a/b" the path of one controller; "" is version 2. */
static bool path_of(const char *cgroups, const char *controller, char out[PATH_MAX_])
{
    size_t want = strlen(controller);
    for (const char *line = cgroups; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        bool found = false;
        for (const char *c = list + 1; c <= path && !found;) {
            size_t n = strcspn(c, ",:");
            found = n == want && strncmp(c, controller, n) == 0;
            c += n + 1;
        }
        if (found) {
            (void)snprintf(out, PATH_MAX_, "%.*s", (int)strcspn(path + 1, "\n"), path + 1);
            return true;
        }
    }
    return false;
}

/* Where a controller is mounted: its own name, or the list that it is mounted with. */
typedef struct place {
    char path[PATH_MAX_];
    bool unified;
} place;

/* What is asked: whose groups, which of them are no groups of its own, where they are mounted. */
typedef struct asked {
    const char *cgroups, *shared, *root;
} asked;

static bool read_file(const place *p, const char *file, char out[TEXT_MAX_])
{
    char path[PATH_MAX_ + 64];
    (void)snprintf(path, sizeof path, "%s/%s", p->path, file);
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, TEXT_MAX_ - 1);
    out[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static bool exists(const char *root, const char *folder, const char *group, char out[PATH_MAX_])
{
    int n = snprintf(out, PATH_MAX_, "%s%s%s%s", root, *folder ? "/" : "", folder, group);
    return n > 0 && (unsigned)n < PATH_MAX_ && access(out, F_OK) == 0;
}

/* Of its own: not the root, nor one that it shares with us. */
static bool own_group(const asked *a, const char *controller, char out[PATH_MAX_])
{
    char ours[PATH_MAX_];
    return path_of(a->cgroups, controller, out) && strcmp(out, "/") != 0 &&
           !(path_of(a->shared, controller, ours) && strcmp(out, ours) == 0);
}

/* Version 1 first: where both are there the controller is in that one. */
static bool find_place(const asked *a, const char *controller, place *out)
{
    char group[PATH_MAX_];
    out->unified = false;
    if (own_group(a, controller, group) && exists(a->root, controller, group, out->path))
        return true;
    out->unified = true;
    return own_group(a, "", group) &&
           (exists(a->root, "unified", group, out->path) || exists(a->root, "", group, out->path));
}

static int64_t number_in(const place *p, const char *file)
{
    char text[TEXT_MAX_];
    if (!read_file(p, file, text) || text[0] < '0' || text[0] > '9')
        return KRX_UNSET;
    errno = 0;
    int64_t value = strtoll(text, NULL, 10);
    return errno ? INT64_MAX : value;
}

static int64_t limited(int64_t value)
{
    return value >= NO_LIMIT ? KRX_UNSET : value;
}

static int64_t multiplied(int64_t value, int64_t by)
{
    return value == KRX_UNSET || value > INT64_MAX / by ? KRX_UNSET : value * by;
}

/* ------------------------------------------------------------------------------------ controllers
 */

static void read_cpu(const asked *a, krx_oci_figures *out)
{
    char text[TEXT_MAX_];
    place p;
    if (find_place(a, "cpuacct", &p)) {
        out->cpu_total_ns = p.unified ? read_file(&p, "cpu.stat", text)
                                            ? multiplied(value_of(text, "usage_usec"), 1000)
                                            : KRX_UNSET
                                      : number_in(&p, "cpuacct.usage");
    }
    if (!find_place(a, "cpu", &p))
        return;
    int64_t quota = KRX_UNSET, period = KRX_UNSET;
    if (!p.unified) {
        quota = number_in(&p, "cpu.cfs_quota_us"); /* -1: none */
        period = number_in(&p, "cpu.cfs_period_us");
    } else if (read_file(&p, "cpu.max", text) &&
               sscanf(text, "%" SCNd64 " %" SCNd64, &quota, &period) != 2) {
        quota = KRX_UNSET; /* "max" */
    }
    if (quota > 0 && period > 0 && quota < INT64_MAX / 1000)
        out->cpu_quota_milli = quota * 1000 / period;
}

static void read_memory(const asked *a, krx_oci_figures *out)
{
    char text[TEXT_MAX_];
    place p;
    if (!find_place(a, "memory", &p))
        return;
    int64_t usage = number_in(&p, p.unified ? "memory.current" : "memory.usage_in_bytes");
    out->memory_limit_bytes =
        limited(number_in(&p, p.unified ? "memory.max" : "memory.limit_in_bytes"));
    if (usage == KRX_UNSET)
        return;
    int64_t cache = read_file(&p, "memory.stat", text)
                        ? value_of(text, p.unified ? "inactive_file" : "total_inactive_file")
                        : KRX_UNSET;
    out->memory_cache_bytes = cache == KRX_UNSET ? 0 : cache;
    out->memory_bytes = out->memory_cache_bytes < usage ? usage - out->memory_cache_bytes : usage;
}

/* "8:0 Read 4096" of version 1, "8:0 rbytes=4096 wbytes=0 ..." of version 2. */
static void add_block(const char *line, krx_oci_figures *out)
{
    int64_t value = 0, written = 0;
    const char *r = strstr(line, "rbytes="), *w = strstr(line, "wbytes=");
    if (r && w) {
        value = strtoll(r + 7, NULL, 10);
        written = strtoll(w + 7, NULL, 10);
    } else if (sscanf(line, "%*u:%*u Read %" SCNd64, &value) != 1) {
        value = 0;
        if (sscanf(line, "%*u:%*u Write %" SCNd64, &written) != 1)
            return;
    }
    if (value > 0 && value < INT64_MAX - out->block_read_bytes)
        out->block_read_bytes += value;
    if (written > 0 && written < INT64_MAX - out->block_write_bytes)
        out->block_write_bytes += written;
}

static void read_block(const asked *a, krx_oci_figures *out)
{
    static const char *const files[] = {"blkio.throttle.io_service_bytes_recursive",
                                        "blkio.throttle.io_service_bytes",
                                        "blkio.io_service_bytes_recursive"};
    char text[TEXT_MAX_], *rest = NULL;
    place p;
    bool found = find_place(a, "blkio", &p);
    bool read = found && p.unified && read_file(&p, "io.stat", text);
    for (size_t i = 0; found && !p.unified && !read && i < KRX_COUNT(files); i++)
        read = read_file(&p, files[i], text);
    if (!read)
        return;
    out->block_read_bytes = out->block_write_bytes = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        add_block(line, out);
}

bool krx_oci_figures_read(const char *cgroups, const char *shared, const char *root,
                          krx_oci_figures *out)
{
    const asked all = {cgroups, shared, root}, *a = &all;
    place p;
    *out = (krx_oci_figures){KRX_UNSET, KRX_UNSET, KRX_UNSET, KRX_UNSET,
                             KRX_UNSET, KRX_UNSET, KRX_UNSET, KRX_UNSET};
    read_cpu(a, out);
    read_memory(a, out);
    read_block(a, out);
    if (find_place(a, "pids", &p))
        out->pids = number_in(&p, "pids.current");
    return out->cpu_total_ns != KRX_UNSET || out->memory_bytes != KRX_UNSET ||
           out->pids != KRX_UNSET;
}

/* --------------------------------------------------------------------------------------- network
 */

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

void krx_oci_network_read(const char *net_dev, int64_t *received, int64_t *sent)
{
    *received = *sent = 0;
    for (const char *line = net_dev; line && *line; line = strchr(line, '\n')) {
        char name[32];
        int64_t rx, tx;
        line += *line == '\n';
        if (sscanf(line, " %31[^: ]: %" SCNd64 " %*d %*d %*d %*d %*d %*d %*d %" SCNd64, name, &rx,
                   &tx) == 3 &&
            strcmp(name, "lo") != 0) {
            *received = add(*received, rx);
            *sent = add(*sent, tx);
        }
    }
}
