/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allow-list: which modules may be loaded, and how. Deny by default.
 *
 *   - One file `<name>.yaml` for each module; nothing else in a folder is read.
 *   - A file in the administrator's folder decides alone; the vendor's file of the same name is
 * then not even read. So `enabled: false` there masks a module that the vendor enabled.
 *   - Without one, the vendor's file decides. The templates that we ship say `enabled: false`, so
 *     installing a module's package never switches it on; `kranix plugins enable` does.
 *   - No file: not allowed.
 */
#ifndef KRX_CORE_ALLOW_H
#define KRX_CORE_ALLOW_H

#include "core/allow_parse.h"
#include "lib/base/str.h"

/* No sane allow file comes near. */
#define KRX_ALLOW_BYTES_MAX (64u * 1024)
#define KRX_ALLOW_FILES_MAX 1024u

/*
 * Reads both folders into one entry per module, NULL-terminated, sorted bytewise by name, all of it
 * in `arena`. A wrong or untrusted file is kept as an entry with error_code, so it refuses its own
 * module only. Fails as a whole when a folder can't be read or trusted; a folder that does not
 * exist is an empty one.
 */
int32_t krx_allow_load(krx_call *call, krx_arena *arena, const char *vendor_dir,
                       const char *admin_dir, krx_allow ***out);

/* The entry of that name, or NULL. */
const krx_allow *krx_allow_find(krx_allow *const *list, const char *name);

/* The entry that lets the module of that name be loaded; else fails, saying which file is missing
 * or wrong and what to do. */
int32_t krx_allow_get(krx_call *call, krx_allow *const *list, const char *name,
                      const char *admin_dir, const krx_allow **out);

/* 0 when the entry lets its module be loaded; else fails as above. */
int32_t krx_allow_check(krx_call *call, const krx_allow *allow);

/* Adds the text of a trusted file of at most KRX_ALLOW_BYTES_MAX. KRX_E_NOT_FOUND. */
int32_t krx_allow_read(krx_call *call, const char *path, krx_str *out);

/* ^[a-z0-9][a-z0-9-]{0,62}$ */
bool krx_module_name_valid(const char *name);

#endif
