/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/str.h"
#include "modules/oci/net/net.h"

char *krx_oci_netns_path(krx_arena *arena, const krx_oci_store *store, const char *id,
                         const char *network)
{
    static const char joined[] = "ns:";
    if (krx_has_prefix(network, joined))
        return krx_arena_strdup(arena, network + sizeof joined - 1);
    if (krx_streq(network, "host") || krx_streq(network, "none"))
        return NULL;
    return krx_oci_run_path(arena, store, "netns", id, NULL);
}
