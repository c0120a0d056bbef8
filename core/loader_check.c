/* SPDX-License-Identifier: Apache-2.0 */
#include "core/loader_check.h"

#include <string.h>

#include "core/digest.h"
#include "core/trust.h"
#include "lib/base/str.h"

char *krx_loader_path(const char *module_dir, const char *name)
{
    return krx_format("%s/kranix-module-%s.so", module_dir, name);
}

char *krx_module_path(krx_arena *arena, const char *module_dir, const char *name)
{
    return krx_arena_printf(arena, "%s/kranix-module-%s.so", module_dir, name);
}

static int32_t out_of_memory(krx_call *call, const char *name)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory loading module '%s'", name);
}

/* Opens the file once; note and digest are of what was opened. */
static int32_t note_file(krx_call *call, const char *path, const char *name, bool digest, int *fd,
                         krx_noted *out)
{
    krx_autoclose int opened = -1;
    int32_t rc = krx_trust_open_file(call, path, &opened);
    if (rc == KRX_E_NOT_FOUND) {
        krx_fail(call, rc, "module '%s' is not installed: there is no %s", name, path);
        return krx_hint(call, "install the package that has it");
    }
    if (rc == 0)
        rc = krx_note_read(call, opened, path, &out->note);
    if (rc == 0 && strcmp(out->note.name, name) != 0) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "%s is not what its file name says: it is module '%s'", path, out->note.name);
        rc = krx_hint(call, "rename it to kranix-module-%s.so", out->note.name);
    }
    if (rc == 0 && digest)
        rc = krx_digest_fd(call, opened, path, out->sha256);
    if (rc == 0 && fd)
        *fd = krx_move_fd(&opened);
    return rc;
}

int32_t krx_loader_note(krx_call *call, const char *module_dir, const char *name, bool digest,
                        krx_noted *out)
{
    krx_autofree char *path = krx_loader_path(module_dir, name);
    *out = (krx_noted){0};
    return path ? note_file(call, path, name, digest, NULL, out) : out_of_memory(call, name);
}

static int32_t check_isolation(krx_call *call, const krx_allow *allow)
{
    if (krx_streq(allow->isolation, "none"))
        return 0;
    krx_fail(
        call, KRX_E_UNIMPLEMENTED,
        "%s demands isolation: %s for module '%s', which this version of kranix does not offer",
        allow->file, allow->isolation, allow->name);
    return krx_hint(call, "set isolation: none there to let the module run inside the program");
}

static int32_t check_policy(krx_call *call, const krx_allow *allow, const char *path,
                            const krx_noted *noted)
{
    if (allow->min_version && krx_version_compare(noted->note.version, allow->min_version) < 0) {
        krx_fail(call, KRX_E_PERMISSION_DENIED, "%s has version %s; %s demands %s or later", path,
                 noted->note.version, allow->file, allow->min_version);
        return krx_hint(call, "update the module, or lower minVersion");
    }
    if (allow->sha256 && strcmp(allow->sha256, noted->sha256) != 0) {
        krx_fail(call, KRX_E_PERMISSION_DENIED, "%s has the wrong sha256: it is %s, %s demands %s",
                 path, noted->sha256, allow->file, allow->sha256);
        return krx_hint(call, "if you changed the module on purpose: kranix plugins pin %s",
                        allow->name);
    }
    return 0;
}

int32_t krx_loader_check_file(krx_call *call, const char *path, const krx_allow *allow, bool digest,
                              int *fd, krx_noted *out)
{
    krx_autoclose int opened = -1;
    int32_t rc = krx_allow_check(call, allow);
    if (rc == 0)
        rc = check_isolation(call, allow);
    if (rc == 0)
        rc = note_file(call, path, allow->name, digest || allow->sha256, &opened, out);
    if (rc == 0)
        rc = krx_note_compatible(call, &out->note, path);
    if (rc == 0)
        rc = check_policy(call, allow, path, out);
    if (rc == 0 && fd)
        *fd = krx_move_fd(&opened);
    return rc;
}

int32_t krx_loader_check(krx_call *call, const char *module_dir, const krx_allow *allow,
                         bool digest, krx_noted *out)
{
    krx_autofree char *path = krx_loader_path(module_dir, allow->name);
    *out = (krx_noted){0};
    return path ? krx_loader_check_file(call, path, allow, digest, NULL, out)
                : out_of_memory(call, allow->name);
}
