/* SPDX-License-Identifier: Apache-2.0 */
#include "core/descriptor.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/units.h"

#define DESCRIPTOR_MIN (offsetof(krx_module, driver) + sizeof(const krx_driver_ops *))
#define TABLE_MIN (2 * sizeof(uint32_t))
#define SETTING_MIN (offsetof(krx_setting, secret) + sizeof(uint32_t))

typedef struct subject {
    krx_call *call;
    const char *path;
} subject;

KRX_PRINTF(2, 3)
static int32_t refuse(const subject *s, const char *format, ...)
{
    char why[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, sizeof why, format, args);
    va_end(args);
    krx_fail(s->call, KRX_E_FAILED_PRECONDITION, "%s has a wrong descriptor: %s", s->path, why);
    return krx_hint(s->call, "this is a bug of the module: tell its author");
}

static bool is_aligned(const void *p)
{
    return (uintptr_t)p % _Alignof(void *) == 0;
}

static int32_t check_size(const subject *s, const char *what, uint32_t size, size_t least)
{
    if (size < least || size > KRX_TABLE_BYTES_MAX || size % sizeof(uint32_t))
        return refuse(s, "struct_size of %s is %u, which must be %zu to %u", what, size, least,
                      KRX_TABLE_BYTES_MAX);
    return 0;
}

/* ---------------------------------------------------------------------------------- the tables */

/* Copies min(their size, our size) and says our size. */
static void copy_sized(void *ours, uint32_t our_size, const void *theirs, uint32_t their_size)
{
    memcpy(ours, theirs, their_size < our_size ? their_size : our_size);
    memcpy(ours, &our_size, sizeof our_size);
}

static int32_t copy_table(const subject *s, const char *what, void *ours, uint32_t our_size,
                          const void *theirs)
{
    uint32_t size;
    if (!is_aligned(theirs))
        return refuse(s, "its %s table is not aligned", what);
    memcpy(&size, theirs, sizeof size);
    int32_t rc = check_size(s, what, size, TABLE_MIN);
    if (rc == 0)
        copy_sized(ours, our_size, theirs, size);
    return rc;
}

#define TABLE(name)                                                                                \
    {                                                                                              \
#name, offsetof(krx_module, name), offsetof(krx_descriptor, name),                         \
            (uint32_t)sizeof(((krx_descriptor *)0)->name)                                          \
    }

static const struct {
    const char *name;
    size_t pointer; /* in krx_module */
    size_t copy;    /* in krx_descriptor */
    uint32_t size;
} tables[] = {TABLE(driver), TABLE(node), TABLE(extended), TABLE(container), TABLE(image)};

/* Pointers to the tables are replaced by pointers to the copies. */
static int32_t copy_tables(const subject *s, krx_descriptor *out)
{
    int32_t rc = 0;
    for (size_t i = 0; rc == 0 && i < KRX_COUNT(tables); i++) {
        const void *theirs;
        void *pointer = (char *)&out->module + tables[i].pointer;
        void *ours = (char *)out + tables[i].copy;
        memcpy(&theirs, pointer, sizeof theirs);
        if (!theirs)
            continue;
        rc = copy_table(s, tables[i].name, ours, tables[i].size, theirs);
        memcpy(pointer, &ours, sizeof ours);
    }
    return rc;
}

static int32_t check_required(const subject *s, const krx_descriptor *d)
{
    const struct {
        const char *name;
        bool present;
    } required[] = {
        {"open", d->module.open},
        {"close", d->module.close},
        {"driver", d->module.driver},
        {"driver.deploy", d->driver.deploy},
        {"driver.destroy", d->driver.destroy},
        {"driver.restart", d->driver.restart},
        {"driver.get_status", d->driver.get_status},
        {"driver.list_workloads", d->driver.list_workloads},
        {"driver.stream_logs", d->driver.stream_logs},
        {"driver.ping", d->driver.ping},
        {"driver.backend", d->driver.backend},
    };
    for (size_t i = 0; i < KRX_COUNT(required); i++)
        if (!required[i].present)
            return refuse(s, "%s is required and missing", required[i].name);
    return 0;
}

/* --------------------------------------------------------------------------------- the settings */

static bool setting_name_is_valid(const char *name)
{
    /* dots only between words */
    for (const char *p = name;; p++) {
        size_t length = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_");
        p += length;
        if (!length || (*p && *p != '.'))
            return false;
        if (!*p)
            return true;
    }
}

static int32_t check_setting(const subject *s, const krx_setting *setting)
{
    if (!is_aligned(setting))
        return refuse(s, "a setting is not aligned");
    int32_t rc = check_size(s, "a setting", setting->struct_size, SETTING_MIN);
    if (rc < 0)
        return rc;
    if (!setting->name || !setting_name_is_valid(setting->name))
        return refuse(s, "a setting has no valid name");
    if (krx_blank(setting->help))
        return refuse(s, "setting %s has no help", setting->name);
    if (setting->type < KRX_SETTING_STRING || setting->type > KRX_SETTING_PATH)
        return refuse(s, "setting %s has the unknown type %u", setting->name, setting->type);
    return 0;
}

static int32_t check_settings(const subject *s, const krx_setting *const *settings)
{
    int32_t rc = 0;
    if (!settings)
        return 0;
    if (!is_aligned(settings))
        return refuse(s, "its list of settings is not aligned");
    for (size_t i = 0; rc == 0 && settings[i]; i++) {
        if (i == KRX_SETTINGS_MAX)
            return refuse(s, "more than %u settings", KRX_SETTINGS_MAX);
        rc = check_setting(s, settings[i]);
    }
    return rc;
}

/* ------------------------------------------------------------------------------- the descriptor */

static int32_t check_header(const subject *s, const krx_module *theirs)
{
    if (!is_aligned(theirs))
        return refuse(s, "it is not aligned");
    if (theirs->magic != KRX_MODULE_MAGIC)
        return refuse(s, "wrong magic number");
    return check_size(s, "the descriptor", theirs->struct_size, DESCRIPTOR_MIN);
}

static int32_t check_identity(const subject *s, const krx_module *d, const krx_note *note)
{
    if (d->abi_major != note->abi_major || d->abi_minor != note->abi_minor)
        return refuse(s, "it says SDK %u.%u, its note %u.%u", d->abi_major, d->abi_minor,
                      note->abi_major, note->abi_minor);
    if (!krx_streq(d->name, note->name))
        return refuse(s, "it says name '%.80s', its note '%s'", d->name ? d->name : "", note->name);
    if (!krx_streq(d->version, note->version))
        return refuse(s, "it says version '%.80s', its note '%s'", d->version ? d->version : "",
                      note->version);
    return 0;
}

static int32_t check_model(const subject *s, krx_module *d)
{
    if (d->flags_must) {
        krx_fail(s->call, KRX_E_FAILED_PRECONDITION,
                 "%s demands what this host does not know (flags_must 0x%x)", s->path,
                 d->flags_must);
        return krx_hint(s->call, "update kranix");
    }
    if (d->thread_model < KRX_THREADS_SERIAL)
        return refuse(s, "it has no thread model");
    /* values between ours are of newer modules: the stricter neighbour is right for them */
    d->thread_model = d->thread_model >= KRX_THREADS_PARALLEL  ? KRX_THREADS_PARALLEL
                      : d->thread_model >= KRX_THREADS_BACKEND ? KRX_THREADS_BACKEND
                                                               : KRX_THREADS_SERIAL;
    return 0;
}

int32_t krx_descriptor_copy(krx_call *call, const krx_module *theirs, const krx_note *note,
                            const char *path, krx_descriptor *out)
{
    const subject s = {.call = call, .path = path};
    krx_module *ours = &out->module;
    *out = (krx_descriptor){0};
    int32_t rc = check_header(&s, theirs);
    if (rc < 0)
        return rc;
    memcpy(ours, theirs, theirs->struct_size < sizeof *ours ? theirs->struct_size : sizeof *ours);
    ours->struct_size = sizeof *ours;
    rc = check_identity(&s, ours, note);
    if (rc == 0)
        rc = check_model(&s, ours);
    if (rc == 0)
        rc = check_settings(&s, ours->settings);
    if (rc == 0)
        rc = copy_tables(&s, out);
    if (rc == 0)
        rc = check_required(&s, out);
    ours->description = ours->description ? ours->description : "";
    ours->license = ours->license ? ours->license : "";
    return rc;
}
