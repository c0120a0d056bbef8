/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/keeper/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"

#define ROOT "/sys/fs/cgroup"
#define FILE_MAX_ 16384u
#define CONFIG_MAX ((size_t)4 * 1024 * 1024)
#define DEPTH_MAX 16

static char *read_text(krx_oci_job *job, const char *path)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    if (!path || krx_read_file(krx_side_call_init(&side, job->call), path, FILE_MAX_, &text) < 0)
        return NULL;
    return krx_arena_strdup(job->arena, krx_str_get(&text));
}

static char *group_line(const char *text, const char *begin)
{
    char *found = strstr(text, begin);
    while (found && found != text && found[-1] != '\n')
        found = strstr(found + 1, begin);
    return found;
}

/* What a line of the first version would be in the second. */
static char *second_line(krx_oci_job *job, const char *line)
{
    const char *path = strchr(line + 2, ':');
    return path ? krx_arena_printf(job->arena, "0::%s", path + 1) : NULL;
}

/*
 * A runtime that does not know hybrid machines leaves its container in the root of the second
 * version: CRIU would take all groups of the machine for the container's, and bring them back below
 * it. It gets a group there as in the first version.
 */
static void join_second(krx_oci_job *job, int64_t pid)
{
    char *text = read_text(job, krx_arena_printf(job->arena, "/proc/%" PRId64 "/cgroup", pid));
    char *first = text ? group_line(text, "1:") : NULL;
    char *second = text ? group_line(text, "0::/\n") : NULL;
    krx_side_call side;
    char number[24];
    if (!job->runtime.shed || !first || !second || access(ROOT "/unified/cgroup.procs", W_OK) < 0)
        return;
    char *line = second_line(job, first);
    char *folder = line ? krx_oci_cgroup_folder(job->arena, ROOT "/unified", line, job->id) : NULL;
    char *procs = folder ? krx_arena_printf(job->arena, "%s/cgroup.procs", folder) : NULL;
    if (!procs || krx_make_dirs(krx_side_call_init(&side, job->call), folder, 0755) < 0)
        return;
    krx_autoclose int fd = open(procs, O_WRONLY | O_CLOEXEC);
    int length = snprintf(number, sizeof number, "%" PRId64, pid);
    if (fd < 0 || krx_write_all(fd, number, (size_t)length) < 0)
        krx_log(job->call, KRX_LOG_WARN, "container '%s' has no group in %s: %s", job->id, folder,
                strerror(errno));
}

void krx_oci_cgroup_keep(krx_oci_job *job, int64_t pid)
{
    join_second(job, pid);
    char *text = read_text(job, krx_arena_printf(job->arena, "/proc/%" PRId64 "/cgroup", pid));
    const char *path = krx_oci_job_path(job, "cgroup");
    if (!text || !strstr(text, job->id))
        return; /* it has ended */
    krx_autoclose int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || krx_write_all(fd, text, strlen(text)) < 0)
        krx_log(job->call, KRX_LOG_WARN, "control groups of container '%s' are not known", job->id);
}

bool krx_oci_cgroup_is_hybrid(void)
{
    return access(ROOT "/unified/cgroup.procs", F_OK) == 0;
}

const char *krx_oci_cgroup_root(const char *line, bool hybrid)
{
    return hybrid && krx_has_prefix(line, "0::") ? ROOT "/unified" : ROOT;
}

/* "4:memory:/a/ID/b" */
char *krx_oci_cgroup_folder(krx_arena *arena, const char *root, const char *line, const char *id)
{
    size_t length = id ? strlen(id) : 0;
    const char *controllers = strchr(line, ':');
    const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    const char *end = path;
    if (!path || path[1] != '/')
        return NULL;
    for (const char *at = path + 1; *at == '/'; at = end) {
        size_t step = strcspn(at + 1, "/\n");
        end = at + 1 + step;
        if (step == 2 && memcmp(at + 1, "..", 2) == 0)
            return NULL;
        if (id ? step != length || memcmp(at + 1, id, length) != 0 : *end == '/')
            continue;
        int shown = (int)(end - path - 1);
        controllers++;
        if (controllers == path) /* version 2, alone or beside others */
            return krx_arena_printf(arena, "%s%s%.*s", root, "", shown, path + 1);
        if (krx_has_prefix(controllers, "name="))
            controllers += strlen("name=");
        return krx_arena_printf(arena, "%s/%.*s%.*s", root, (int)(path - controllers), controllers,
                                shown, path + 1);
    }
    return NULL;
}

int64_t krx_oci_cgroup_value(const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = text; line && *line; line += strcspn(line, "\n")) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == ' ')
            return strtoll(line + length + 1, NULL, 10);
    }
    return -1;
}

/* Of one whose init was not seen, as its start failed or it ended at once: where config.json wanted
 * them. A restore by crun that fails leaves groups in all hierarchies. */
static bool each_wanted(krx_oci_job *job, krx_oci_cgroup_fn *visit)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    bool any = false;
    const char *path = krx_oci_job_path(job, "bundle/config.json");
    if (!path || krx_read_file(krx_side_call_init(&side, job->call), path, CONFIG_MAX, &text) < 0)
        return false;
    krx_auto_json cJSON *json = cJSON_ParseWithLength(krx_str_get(&text), text.length);
    const char *wanted = krx_json_text(krx_json_object(json, "linux"), "cgroupsPath");
    const char *name = strrchr(wanted, '/');
    if (wanted[0] != '/' || strstr(wanted, "..") || !name || strcmp(name + 1, job->id) != 0)
        return false;
    krx_autodir DIR *dir = opendir(ROOT);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char *group = strcmp(entry->d_name, "..") == 0
                          ? NULL
                          : krx_arena_printf(job->arena, ROOT "/%s%s", entry->d_name, wanted);
        if (group)
            any |= visit(job, group);
    }
    return any;
}

bool krx_oci_cgroup_each(krx_oci_job *job, krx_oci_cgroup_fn *visit)
{
    const char *path = krx_oci_job_path(job, "cgroup");
    if (path && access(path, F_OK) < 0)
        return each_wanted(job, visit);
    char *text = read_text(job, path);
    char *rest = text, *line;
    bool any = false;
    bool hybrid = krx_oci_cgroup_is_hybrid();
    while (rest && (line = strsep(&rest, "\n"))) {
        const char *folder =
            krx_oci_cgroup_folder(job->arena, krx_oci_cgroup_root(line, hybrid), line, job->id);
        if (folder)
            any |= visit(job, folder);
        /* made for an init that ended before it could be put there */
        char *second =
            folder && hybrid && krx_has_prefix(line, "1:") ? second_line(job, line) : NULL;
        folder =
            second ? krx_oci_cgroup_folder(job->arena, ROOT "/unified", second, job->id) : NULL;
        if (folder)
            any |= visit(job, folder);
    }
    return any;
}

static bool had_oom(krx_oci_job *job, const char *folder)
{
    static const char *const files[] = {"memory.events", "memory.oom_control", NULL};
    for (size_t i = 0; files[i]; i++) {
        char *path = krx_arena_printf(job->arena, "%s/%s", folder, files[i]);
        char *text = path && access(path, F_OK) == 0 ? read_text(job, path) : NULL;
        if (krx_oci_cgroup_value(text, "oom_kill") > 0)
            return true;
    }
    return false;
}

bool krx_oci_cgroup_oom(krx_oci_job *job)
{
    return krx_oci_cgroup_each(job, had_oom);
}
