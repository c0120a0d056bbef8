/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of each field of a spec. The walk is made from the SDK's schema table. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "sample.h"

typedef struct field {
    const char *key;
    const char *type; /* of the struct below, or NULL */
} field;

#define TYPE_STR(type) NULL
#define TYPE_ENUM(type) NULL
#define TYPE_BOOL(type) NULL
#define TYPE_INT(type) NULL
#define TYPE_NUM(type) NULL
#define TYPE_CPU(type) NULL
#define TYPE_BYTES(type) NULL
#define TYPE_BITRATE(type) NULL
#define TYPE_DURATION(type) NULL
#define TYPE_STRS(type) NULL
#define TYPE_WORDS(type) NULL
#define TYPE_MAP(type) NULL
#define TYPE_ENV(type) NULL
#define TYPE_OBJ(type) #type
#define TYPE_OBJS(type) #type
#define FIELD(kind, member, key, type, def, allowed, flags, help) {key, TYPE_##kind(type)},
#define STRUCT(name, help)                                                                         \
    static const field fields_of_##name[] = {KRX_FIELDS_##name(FIELD){NULL, NULL}};
KRX_SCHEMA_STRUCTS(STRUCT)

#define ENTRY(name, help) {#name, fields_of_##name},
static const struct {
    const char *type;
    const field *fields;
} structs[] = {KRX_SCHEMA_STRUCTS(ENTRY){NULL, NULL}};

/* All that is not named here is not supported. */
static const struct {
    const char *path;
    uint32_t level;
    const char *reason;
} levels[] = {
    {"name", KRX_CAP_NATIVE, NULL},
    {"namespace", KRX_CAP_NATIVE, NULL},
    {"image", KRX_CAP_EMULATED, "shown, but the program comes from this machine"},
    {"replicas", KRX_CAP_NATIVE, NULL},
    {"env", KRX_CAP_NATIVE, NULL},
    {"command", KRX_CAP_NATIVE, NULL},
    {"args", KRX_CAP_NATIVE, NULL},
    {"labels", KRX_CAP_NATIVE, NULL},
    {"workingDir", KRX_CAP_NATIVE, NULL},
    {"stopGracePeriod", KRX_CAP_NATIVE, NULL},
};

static int32_t emit_field(krx_sink *out, const char *path)
{
    krx_capability item = {.struct_size = sizeof item,
                           .kind = KRX_CAP_FIELD,
                           .name = path,
                           .level = KRX_CAP_UNSUPPORTED,
                           .reason = "plain processes have nothing like it; it is passed over"};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(levels[i].path, path) == 0) {
            item.level = levels[i].level;
            item.reason = levels[i].reason;
        }
    return krx_emit(out, KRX_ITEM_CAPABILITY, &item);
}

static int32_t emit_fields(krx_sink *out, const char *type, const char *prefix)
{
    const field *f = NULL;
    int32_t code = 0;
    for (size_t i = 0; structs[i].type; i++)
        if (strcmp(structs[i].type, type) == 0)
            f = structs[i].fields;
    for (; f && f->key && code == 0; f++) {
        char path[256];
        (void)snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", f->key);
        code = emit_field(out, path);
        if (code == 0 && f->type)
            code = emit_fields(out, f->type, path);
    }
    return code;
}

static int32_t emit_ops(krx_sink *out)
{
    static const char *const ops[] = {
        "driver.deploy",         "driver.destroy",     "driver.restart", "driver.get_status",
        "driver.list_workloads", "driver.stream_logs", "driver.ping",    "driver.backend"};
    int32_t code = 0;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0] && code == 0; i++) {
        krx_capability item = {.struct_size = sizeof item,
                               .kind = KRX_CAP_OP,
                               .name = ops[i],
                               .level = KRX_CAP_NATIVE};
        code = krx_emit(out, KRX_ITEM_CAPABILITY, &item);
    }
    return code;
}

int32_t sample_backend(krx_call *call, void *backend, const krx_backend_req *req, krx_sink *out)
{
    struct utsname system = {.sysname = ""};
    krx_backend_info info = {.struct_size = sizeof info, .name = "sample", .version = "1.0.0"};
    int32_t code = krx_check(call);
    (void)backend;
    if (code != 0)
        return code;
    (void)uname(&system);
    info.os = system.sysname;
    info.architecture = system.machine;
    code = krx_emit(out, KRX_ITEM_BACKEND, &info);
    if (code == 0)
        code = emit_fields(req->capabilities, "workload", "");
    return code ? code : emit_ops(req->capabilities);
}
