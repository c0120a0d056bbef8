/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/store/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/store/lock.h"

#define ROTATE_AT (4 << 20)
#define LINE_LIMIT 65536u

static char *line_of(const krx_oci_container *container, const char *type, int64_t exit_code,
                     const char *message)
{
    char time[KRX_TIME_TEXT_MAX];
    krx_json_maker maker = {0};
    krx_auto_json cJSON *json = cJSON_CreateObject();
    krx_json_add_text(&maker, json, "time", krx_time_text(krx_now_unix(), time));
    krx_json_add_text(&maker, json, "type", type);
    krx_json_add_text(&maker, json, "id", container->id);
    krx_json_add_text(&maker, json, "instance", container->name);
    krx_json_add_text(&maker, json, "workload", container->workload);
    krx_json_add_text(&maker, json, "namespace", container->namespace_);
    krx_json_add_int(&maker, json, "exitCode", exit_code);
    krx_json_add_text(&maker, json, "message", message);
    krx_autofree char *text = json && !maker.failed ? cJSON_PrintUnformatted(json) : NULL;
    return text ? krx_format("%s\n", text) : NULL;
}

/* The log, locked, and the one that its name stands for. */
static int open_log(krx_call *call, const char *path)
{
    return krx_oci_lock(call, path, "the event log");
}

static int rotate(krx_call *call, const char *path, int fd)
{
    struct stat st;
    krx_autofree char *old = krx_format("%s.1", path);
    if (fstat(fd, &st) < 0 || st.st_size < ROTATE_AT || !old || rename(path, old) < 0)
        return fd;
    close(fd);
    return open_log(call, path);
}

void krx_oci_event_note(krx_call *call, const krx_oci_store *store,
                        const krx_oci_container *container, const char *type, int64_t exit_code,
                        const char *message)
{
    krx_side_call side; /* what happened is noted even by one that is given up */
    krx_call *bounded = krx_undo_call(&side, call);
    krx_autofree char *path = krx_format("%s/events.log", store->root);
    krx_autofree char *line = line_of(container, type, exit_code, message);
    krx_autoclose int fd = path && line ? open_log(bounded, path) : -1;
    if (fd >= 0)
        fd = rotate(bounded, path, fd);
    if (fd < 0 || lseek(fd, 0, SEEK_END) < 0 ||
        write(fd, line, strlen(line)) != (ssize_t)strlen(line))
        krx_log(call, KRX_LOG_WARN, "event '%s' of container '%s' could not be noted: %s", type,
                container->id, path && line ? strerror(errno) : "out of memory");
}

bool krx_oci_event_parse(krx_arena *arena, const char *line, size_t length, krx_event *out)
{
    *out = (krx_event){.struct_size = sizeof *out};
    if (length > LINE_LIMIT)
        return false;
    krx_auto_json cJSON *json = cJSON_ParseWithLength(line, length);
    const char *type = krx_json_text(json, "type"), *instance = krx_json_text(json, "instance");
    const cJSON *message = krx_json_get(json, "message");
    if (!*type || !*instance || !krx_time_parse(krx_json_text(json, "time"), &out->time_ns))
        return false;
    out->type = krx_arena_strdup(arena, type);
    out->instance = krx_arena_strdup(arena, instance);
    out->workload = krx_arena_strdup(arena, krx_json_text(json, "workload"));
    out->namespace_ = krx_arena_strdup(arena, krx_json_text(json, "namespace"));
    out->exit_code = krx_json_int(json, "exitCode", KRX_UNSET);
    out->message = cJSON_IsString(message) ? krx_arena_strdup(arena, message->valuestring) : NULL;
    return !krx_arena_failed(arena);
}

bool krx_oci_oom_take(krx_call *call, const krx_oci_store *store, krx_oci_container *container)
{
    krx_autofree char *from =
        krx_format("%s/containers/%s/persist/oom", store->root, container->id);
    krx_autofree char *to = krx_format("%s.noted", from ? from : "");
    if (!from || !to || rename(from, to) < 0)
        return false;
    container->oom_killed = true;
    krx_oci_event_note(call, store, container, "oom", KRX_UNSET, "out of memory");
    return true;
}

bool krx_oci_oom_note(krx_call *call, const krx_oci_store *store, const char *id)
{
    krx_side_call side;
    krx_oci_container container;
    krx_call *own = krx_side_call_init(&side, call);
    krx_autofree char *mark = krx_format("%s/containers/%s/persist/oom", store->root, id);
    if (!mark || !krx_oci_id_valid(id) || access(mark, F_OK) < 0)
        return false;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_autoclose int lock = arena ? krx_oci_lock_container(own, store, id) : -1;
    if (lock < 0 || krx_oci_container_read(own, arena, store, id, &container) < 0 ||
        !krx_oci_oom_take(own, store, &container))
        return false;
    if (krx_oci_container_write(own, store, &container) < 0)
        krx_log(call, KRX_LOG_WARN, "%s", own->error->message);
    return true;
}
