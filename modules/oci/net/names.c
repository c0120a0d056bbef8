/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/names.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"

#define DEFAULT_RUN_ROOT "/run/kranix/oci"

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t hash_of(const char *first, const char *second)
{
    uint64_t hash = mix(mix(UINT64_C(14695981039346656037), first), "\n");
    return mix(hash, second);
}

static void name(char out[KRX_OCI_IFNAME_MAX], const char *prefix, uint64_t hash)
{
    /* 3 and 12 letters: 15 is all that an interface may have */
    (void)snprintf(out, KRX_OCI_IFNAME_MAX, "%.3s%012" PRIx64, prefix, hash & 0xffffffffffff);
}

void krx_oci_bridge_name(const krx_oci_store *store, char out[KRX_OCI_IFNAME_MAX])
{
    if (krx_streq(store->run_root, DEFAULT_RUN_ROOT))
        (void)snprintf(out, KRX_OCI_IFNAME_MAX, "kranix0");
    else
        name(out, "krx", hash_of(store->run_root, ""));
}

void krx_oci_ifb_name(const krx_oci_store *store, const char *id, char out[KRX_OCI_IFNAME_MAX])
{
    name(out, "kri", hash_of(store->run_root, id));
}

void krx_oci_short_name(const char *id, char out[KRX_OCI_IFNAME_MAX])
{
    name(out, "net", hash_of(id, ""));
}

bool krx_oci_ifname_valid(const char *text)
{
    size_t length = strlen(text);
    if (!length || length >= KRX_OCI_IFNAME_MAX || krx_streq(text, ".") || krx_streq(text, ".."))
        return false;
    for (const char *p = text; *p; p++)
        if (!isgraph((unsigned char)*p) || *p == '/' || *p == ':')
            return false;
    return true;
}
