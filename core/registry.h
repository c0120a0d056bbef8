/* SPDX-License-Identifier: Apache-2.0 */
/* What registry.c and selection.c share. */
#ifndef KRX_CORE_REGISTRY_H
#define KRX_CORE_REGISTRY_H

#include "core/backend.h"

/* The backend of exactly that name, opened when it is not yet. */
int32_t krx_registry_open(krx_call *call, krx_runtime *runtime, const char *name,
                          krx_backend **out);

/* Whether the module may be used at all; nothing of it is read. *allow gets its entry. */
int32_t krx_registry_admit(krx_call *call, const krx_runtime *runtime, const char *name,
                           krx_allow *const *list, const krx_allow **allow);

/* What open() gets: the configuration's section overlaid by the allow file, checked. */
int32_t krx_backend_settings(krx_call *call, krx_arena *arena, const krx_config *config,
                             const krx_module *module, const krx_allow *allow,
                             const krx_kv *const **out);

#endif
