/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/replicas/names.h"

#include <ctype.h>
#include <inttypes.h>

#include "lib/base/str.h"

char *krx_replica_base_name(krx_arena *arena, const char *namespace_, const char *workload)
{
    if (krx_blank(namespace_) || krx_streq(namespace_, "default"))
        return krx_arena_strdup(arena, workload);
    return krx_arena_printf(arena, "%s.%s", namespace_, workload);
}

char *krx_replica_name(krx_arena *arena, const char *namespace_, const char *workload,
                       int64_t replica)
{
    char *base = krx_replica_base_name(arena, namespace_, workload);
    return base ? krx_arena_printf(arena, "%s-%" PRId64, base, replica) : NULL;
}

char *krx_replica_volume_name(krx_arena *arena, const char *namespace_, const char *workload,
                              const char *volume)
{
    char *base = krx_replica_base_name(arena, namespace_, workload);
    char *name = base ? krx_arena_printf(arena, "%s-%s", base, volume) : NULL;
    for (char *c = name; c && *c; c++)
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    return name;
}

bool krx_label_reserved(const char *key)
{
    static const char *const reserved[] = {
        KRX_LABEL_MANAGED_BY, KRX_LABEL_WORKLOAD,    KRX_LABEL_NAMESPACE,  KRX_LABEL_REPLICA,
        KRX_LABEL_SPEC,       KRX_LABEL_SPEC_HASH,   KRX_LABEL_GENERATION, KRX_LABEL_RECORD,
        KRX_LABEL_VOLUME,     KRX_LABEL_AUTO_CLEANUP};
    for (size_t i = 0; i < KRX_COUNT(reserved); i++)
        if (krx_streq(key, reserved[i]))
            return true;
    return false;
}
