/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader: from an allow entry to a checked copy of the module's descriptor.
 *
 * Order of the checks, each before anything that the next one needs: allow entry, trust of the
 * path, note, version, digest; only then is the file mapped (constructors run here), then the
 * descriptor is checked and load() called. A step that fails undoes the steps before it and nothing
 * else. Nothing is ever unmapped: what was mapped once is used again by a later load.
 *
 * The table of mapped modules is one per process and locked; everything here may be called from any
 * thread.
 */
#ifndef KRX_CORE_LOADER_H
#define KRX_CORE_LOADER_H

#include <kranix/module.h>

#include "core/loader_check.h"

typedef struct krx_loaded krx_loaded;

typedef enum krx_module_state {
    KRX_MODULE_ABSENT = 0, /* nothing is known of it */
    KRX_MODULE_NOTED,      /* file trusted, note and digest read */
    KRX_MODULE_MAPPED,     /* in the process, descriptor checked, load() not called */
    KRX_MODULE_LOADED,     /* load() succeeded */
    KRX_MODULE_FAILED,     /* a step failed; loading again starts over */
    KRX_MODULE_STOPPED     /* unload() was called; stays mapped */
} krx_module_state;

const char *krx_module_state_name(krx_module_state state);

/*
 * Loads the module. `host` is given to load() and must live until krx_loader_unload(). Loading what
 * is loaded already from the same host answers the same object with one more reference; from
 * another host it is KRX_E_FAILED_PRECONDITION.
 */
int32_t krx_loader_load(krx_call *call, const krx_host *host, const char *module_dir,
                        const krx_allow *allow, krx_loaded **out);

/* The checked copy: every table has the host's size, slots the module has not are NULL. It and the
 * strings in it stay valid until the process ends. */
const krx_module *krx_loaded_module(const krx_loaded *loaded);
const char *krx_loaded_path(const krx_loaded *loaded);
/* Drops one reference; the last calls unload(). The code stays mapped. NULL is fine. */
void krx_loader_unload(krx_loaded *loaded);

/* State in this process of the module at that path; message (may be NULL) gets why it failed. */
krx_module_state krx_loader_state(const char *path, char *message, size_t size);

/*
 * Checks settings (of the allow file or of the configuration) against what the module declares:
 * known, right type, allowed value. *out, in the arena, is what open() gets: durations in
 * nanoseconds, sizes in bytes, booleans "true" or "false", `~` expanded in paths. `file` names the
 * place in complaints; `places` (or NULL) is the map node they were read from. A secret's value is
 * never in a complaint.
 */
int32_t krx_settings_check(krx_call *call, krx_arena *arena, const krx_module *module,
                           const krx_kv *const *settings, const char *file, const krx_node *places,
                           const krx_kv *const **out);

#endif
