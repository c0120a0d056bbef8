/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, as control groups and as rlimits. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "modules/oci/bundle/parts.h"

#define VALUE_MAX (INT64_C(1) << 51)
#define PERIOD_US INT64_C(100000)
#define QUOTA_MIN_US INT64_C(1000)
#define SHARES_PER_CORE 1024
#define SHARES_MIN 2
#define SHARES_DEFAULT 1024
#define PIDS_DEFAULT 4096
#define NOFILE_WANTED ((rlim_t)1048576)

/* More than JSON carries exactly is no limit. */
static int64_t given(int64_t value)
{
    return value > 0 && value < VALUE_MAX ? value : 0;
}

/* Kernels can be built without, and then a limit of it is an error. */
static bool swap_counted(void)
{
    krx_autodir DIR *dir = NULL;
    if (krx_oci_cgroup_mode() != KRX_OCI_CGROUP_V2)
        return access("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK) == 0;
    dir = opendir("/sys/fs/cgroup"); /* the root has none, so one of those below it is asked */
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[NAME_MAX + 64];
        (void)snprintf(path, sizeof path, "/sys/fs/cgroup/%s/memory.swap.max", e->d_name);
        if (e->d_type == DT_DIR && e->d_name[0] != '.' && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static void put_or_none(krx_json_maker *maker, cJSON *object, const char *key, int64_t value,
                        int64_t none, bool whole)
{
    if (value || whole)
        krx_json_add_int(maker, object, key, value ? value : none);
}

static void put_cpu(krx_json_maker *maker, cJSON *resources, const krx_resources *limits,
                    bool whole)
{
    int64_t request = limits ? given(limits->cpu_request_milli) : 0;
    int64_t limit = limits ? given(limits->cpu_limit_milli) : 0;
    int64_t shares = request * SHARES_PER_CORE / 1000, quota = limit * PERIOD_US / 1000;
    if (!request && !limit && !whole)
        return;
    cJSON *cpu = krx_json_add_object(maker, resources, "cpu");
    put_or_none(maker, cpu, "shares", request && shares < SHARES_MIN ? SHARES_MIN : shares,
                SHARES_DEFAULT, whole);
    put_or_none(maker, cpu, "quota", limit && quota < QUOTA_MIN_US ? QUOTA_MIN_US : quota, -1,
                whole);
    if (limit || whole)
        krx_json_add_int(maker, cpu, "period", PERIOD_US);
}

/* Swap as `docker run --memory` has it: as much again as memory. */
void krx_oci_put_limits(krx_json_maker *maker, cJSON *resources, const krx_resources *limits,
                        bool whole)
{
    int64_t limit = limits ? given(limits->memory_limit_bytes) : 0;
    int64_t reserved = limits ? given(limits->memory_request_bytes) : 0;
    put_cpu(maker, resources, limits, whole);
    if (!limit && !reserved && !whole)
        return;
    cJSON *memory = krx_json_add_object(maker, resources, "memory");
    put_or_none(maker, memory, "limit", limit, -1, whole);
    if (swap_counted())
        put_or_none(maker, memory, "swap", limit * 2, -1, whole);
    put_or_none(maker, memory, "reservation", limit && reserved > limit ? limit : reserved, -1,
                whole);
}

char *krx_oci_resources_json(krx_arena *arena, const krx_workload *spec)
{
    krx_auto_json cJSON *resources = cJSON_CreateObject();
    krx_json_maker maker = {.failed = !resources};
    krx_oci_put_limits(&maker, resources, spec->resources, true);
    krx_autofree char *text = maker.failed ? NULL : cJSON_PrintUnformatted(resources);
    return krx_arena_strdup(arena, text);
}

static int64_t pids_limit(krx_oci_config *m)
{
    const char *text = krx_oci_annotation(m->spec, KRX_OCI_ANNOTATION_PIDS);
    char *end;
    if (!text)
        return PIDS_DEFAULT;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end)
        krx_log(m->call, KRX_LOG_WARN, "annotation %s: '%s' is no number; it is left out",
                KRX_OCI_ANNOTATION_PIDS, text);
    return end == text || *end ? PIDS_DEFAULT : value > 0 ? value : -1;
}

void krx_oci_put_resources(krx_oci_config *m)
{
    const krx_resources *limits = m->spec->resources;
    if (!m->grouped || !m->bundle->cgroup) {
        if (limits && (given(limits->cpu_limit_milli) || given(limits->memory_limit_bytes)))
            krx_log(m->call, KRX_LOG_WARN,
                    "container %s: limits of cpu and memory are not enforced: this user has no "
                    "control groups of its own here",
                    m->bundle->container->name);
        return;
    }
    cJSON *resources = krx_json_add_object(&m->maker, m->linux_, "resources");
    cJSON *rules = krx_json_add_array(&m->maker, resources, "devices");
    cJSON *deny = krx_json_add_object(&m->maker, rules, NULL);
    krx_json_add_bool(&m->maker, deny, "allow", false);
    krx_json_add_text(&m->maker, deny, "access", "rwm");
    krx_oci_put_limits(&m->maker, resources, limits, false);
    krx_json_add_int(&m->maker, krx_json_add_object(&m->maker, resources, "pids"), "limit",
                     pids_limit(m));
    krx_json_add_text(&m->maker, m->linux_, "cgroupsPath",
                      krx_oci_cgroup_path(m->arena, m->bundle->cgroup));
}

/* ------------------------------------------------------------------------------------- rlimits */

static const struct {
    const char *name;
    const char *oci;
    __rlimit_resource_t number;
} rlimits[] = {
    {"core", "RLIMIT_CORE", RLIMIT_CORE},
    {"cpu", "RLIMIT_CPU", RLIMIT_CPU},
    {"data", "RLIMIT_DATA", RLIMIT_DATA},
    {"fsize", "RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"locks", "RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"memlock", "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"msgqueue", "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"nice", "RLIMIT_NICE", RLIMIT_NICE},
    {"nofile", "RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"nproc", "RLIMIT_NPROC", RLIMIT_NPROC},
    {"rss", "RLIMIT_RSS", RLIMIT_RSS},
    {"rtprio", "RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"rttime", "RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"sigpending", "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"stack", "RLIMIT_STACK", RLIMIT_STACK},
};

/* "1024", "1024:4096", "unlimited"; false when it is none. */
static bool parse_ulimit(const char *text, rlim_t *soft, rlim_t *hard)
{
    rlim_t *const out[] = {soft, hard};
    for (size_t i = 0; i < 2; i++) {
        char *end;
        if (krx_has_prefix(text, "unlimited") || krx_has_prefix(text, "-1")) {
            *out[i] = RLIM_INFINITY;
            end = (char *)(uintptr_t)text + (*text == '-' ? 2 : strlen("unlimited"));
        } else {
            if (*text < '0' || *text > '9')
                return false;
            *out[i] = strtoull(text, &end, 10);
        }
        if (*end == '\0' && i == 0)
            *hard = *soft;
        if (*end == '\0')
            return *soft <= *hard;
        if (*end != ':')
            return false;
        text = end + 1;
    }
    return false;
}

static void put_rlimit(krx_oci_config *m, cJSON *list, const char *oci, rlim_t soft, rlim_t hard)
{
    cJSON *item = krx_json_add_object(&m->maker, list, NULL);
    krx_json_add_text(&m->maker, item, "type", oci);
    /* beyond what a double holds exactly: written as the text it is */
    const rlim_t values[] = {hard, soft};
    const char *const keys[] = {"hard", "soft"};
    for (size_t i = 0; i < 2; i++) {
        char *text = krx_arena_printf(m->arena, "%llu", (unsigned long long)values[i]);
        krx_json_add_item(&m->maker, item, keys[i], text ? cJSON_CreateRaw(text) : NULL);
    }
}

static void clamp(krx_oci_config *m, size_t row, rlim_t *soft, rlim_t *hard, bool asked)
{
    struct rlimit own;
    if (getrlimit(rlimits[row].number, &own) < 0 || own.rlim_max >= *hard)
        return;
    if (asked)
        krx_log(m->call, KRX_LOG_WARN,
                "container %s: ulimit %s is %llu instead of %llu: this process may not give more",
                m->bundle->container->name, rlimits[row].name, (unsigned long long)own.rlim_max,
                (unsigned long long)*hard);
    *hard = own.rlim_max;
    if (*soft > *hard)
        *soft = *hard;
}

/* Open files as engines have it; others only when an annotation says so, such as
 * kranix.io/ulimit.nofile: "1024:4096". */
int32_t krx_oci_put_rlimits(krx_oci_config *m, cJSON *process)
{
    cJSON *list = krx_json_add_array(&m->maker, process, "rlimits");
    for (size_t i = 0; i < KRX_COUNT(rlimits); i++) {
        rlim_t soft = NOFILE_WANTED, hard = NOFILE_WANTED;
        krx_autofree char *key = krx_format(KRX_OCI_ANNOTATION_ULIMIT "%s", rlimits[i].name);
        const char *text = key ? krx_oci_annotation(m->spec, key) : NULL;
        if (text && !parse_ulimit(text, &soft, &hard))
            return krx_fail(m->call, KRX_E_INVALID_ARGUMENT,
                            "annotation %s: '%s' is not SOFT or SOFT:HARD", key, text);
        if (!text && rlimits[i].number != RLIMIT_NOFILE)
            continue;
        clamp(m, i, &soft, &hard, text != NULL);
        put_rlimit(m, list, rlimits[i].oci, soft, hard);
    }
    return 0;
}
