/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/store/launch.h"

#include <fcntl.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/store/fields.h"

#define FIELD(key_, member, kind_, absent_)                                                        \
    {                                                                                              \
        .key = key_, .offset = offsetof(krx_oci_launch, member), .kind = KRX_OCI_##kind_,          \
        .absent = absent_                                                                          \
    }

static const krx_oci_field fields[] = {
    FIELD("runRoot", run_root, TEXT, 0),
    FIELD("runtime", runtime, TEXT, 0),
    FIELD("runtimePath", runtime_path, TEXT, 0),
    FIELD("runtimeArgs", runtime_args, TEXTS, 0),
    FIELD("conmonPath", conmon_path, TEXT, 0),
    FIELD("layers", layers, TEXTS, 0),
    FIELD("rootfs", rootfs, TEXT, 0),
    FIELD("searchPath", search_path, TEXTS, 0),
    FIELD("volumes", volumes, TEXTS, 0),
    FIELD("storage", storage, TEXT, 0),
    FIELD("shed", shed, BOOL, 0),
    FIELD("rootless", rootless, BOOL, 0),
    FIELD("stdinOpen", stdin_open, BOOL, 0),
    FIELD("terminal", terminal, BOOL, 0),
    FIELD("logSizeMax", log_size_max, INT, 0),
    FIELD("network", network, TEXT, 0),
    FIELD("subnet", subnet, TEXT, 0),
    FIELD("cniPath", cni_path, TEXTS, 0),
    FIELD("dns", dns, TEXTS, 0),
    FIELD("hostname", hostname, TEXT, 0),
    FIELD("extraHosts", extra_hosts, TEXTS, 0),
    FIELD("ports", ports, PORTS, 0),
    FIELD("egress", egress_bps, INT, KRX_UNSET),
    FIELD("ingress", ingress_bps, INT, KRX_UNSET),
};

char *krx_oci_launch_text(const krx_oci_launch *launch, const char *run_root)
{
    krx_oci_launch copy = *launch;
    copy.run_root = run_root;
    return krx_oci_fields_text(fields, KRX_COUNT(fields), &copy);
}

int32_t krx_oci_launch_read(krx_call *call, krx_arena *arena, krx_oci_store *store, const char *id,
                            krx_oci_launch *out)
{
    krx_auto_json cJSON *json = NULL;
    char *path = krx_oci_path(arena, store, "containers", id, "launch.json");
    *out = (krx_oci_launch){0};
    if (!path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_oci_json_at(call, AT_FDCWD, path, &json);
    if (code < 0)
        return code;
    if (krx_oci_fields_read(arena, fields, KRX_COUNT(fields), json, out) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (!out->run_root || !out->runtime || !out->runtime_path || !out->conmon_path)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: what starts it is not named", path);
    if (!store->run_root)
        store->run_root = out->run_root;
    return 0;
}

int32_t krx_oci_launch_write(krx_call *call, const krx_oci_store *store, const char *id,
                             const krx_oci_launch *launch)
{
    krx_autofree char *text = krx_oci_launch_text(launch, store->run_root);
    krx_autofree char *path = krx_format("%s/containers/%s/launch.json", store->root, id);
    if (!text || !path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return krx_oci_replace(call, path, text);
}
