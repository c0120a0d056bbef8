/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/store/fields.h"

#define FIELD(key_, member, kind_)                                                                 \
    {                                                                                              \
        key_, offsetof(krx_oci_net, member), KRX_OCI_##kind_, 0                                    \
    }

static const krx_oci_field fields[] = {
    FIELD("mode", mode, TEXT),
    FIELD("boot", boot, TEXT),
    FIELD("complete", complete, BOOL),
    FIELD("bridge", bridge, TEXT),
    FIELD("subnet", subnet, TEXT),
    FIELD("hostInterface", host_interface, TEXT),
    FIELD("ip", ip, TEXT),
    FIELD("gateway", gateway, TEXT),
    FIELD("dns", dns, TEXT),
    FIELD("result", result, TEXT),
    FIELD("cniPath", cni_path, TEXTS),
    FIELD("ports", ports, PORTS),
    FIELD("helper", helper, PROCESS),
    FIELD("egress", egress_bps, INT),
    FIELD("ingress", ingress_bps, INT),
};

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* Below run_root: nothing of it outlives the machine. */
static char *record_path(krx_arena *arena, const krx_oci_store *store, const char *id)
{
    const char *file = krx_arena_printf(arena, "%s.json", id);
    return file ? krx_oci_run_path(arena, store, "networks", file, NULL) : NULL;
}

int32_t krx_oci_net_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         const char *id, krx_oci_net *out)
{
    krx_auto_json cJSON *json = NULL;
    const char *path = record_path(arena, store, id);
    *out = (krx_oci_net){0};
    if (!path)
        return no_memory(call);
    int32_t code = krx_oci_json_at(call, AT_FDCWD, path, &json);
    if (code < 0)
        return code;
    if (krx_oci_fields_read(arena, fields, KRX_COUNT(fields), json, out) < 0)
        return no_memory(call);
    if (!out->mode)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged", path);
    if (krx_streq(out->boot, store->boot))
        return 0;
    return krx_fail(call, KRX_E_NOT_FOUND,
                    "container '%s' has no network since the machine "
                    "started anew",
                    id);
}

int32_t krx_oci_net_write(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          const char *id, const krx_oci_net *net)
{
    krx_oci_net copy = *net;
    copy.boot = store->boot;
    const char *path = record_path(arena, store, id);
    krx_autofree char *text = krx_oci_fields_text(fields, KRX_COUNT(fields), &copy);
    return path && text ? krx_oci_replace(call, path, text) : no_memory(call);
}

/* What a writer that was killed has left: <id>.json and six letters more. */
static void sweep(krx_arena *arena, const krx_oci_store *store, const char *id)
{
    const char *folder = krx_oci_run_path(arena, store, "networks", NULL, NULL);
    const char *start = krx_arena_printf(arena, "%s.json.", id);
    krx_autodir DIR *dir = folder && start ? opendir(folder) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        const char *end = krx_has_prefix(e->d_name, start) ? e->d_name + strlen(start) : "";
        if (strlen(end) == 6 && !strchr(end, '.'))
            (void)unlinkat(dirfd(dir), e->d_name, 0);
    }
}

int32_t krx_oci_net_forget(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *id)
{
    const char *path = record_path(arena, store, id);
    if (!path)
        return no_memory(call);
    if (unlink(path) < 0 && errno != ENOENT)
        return krx_fail(call, KRX_E_UNKNOWN, "removing %s: %s", path, strerror(errno));
    sweep(arena, store, id);
    return 0;
}
