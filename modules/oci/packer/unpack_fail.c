/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/base/text.h"
#include "modules/oci/packer/unpack_entry.h"

int32_t krx_oci_unpack_refuse(krx_oci_unpacker *u, const char *path, const char *why)
{
    char clean[200];
    krx_text_clean(clean, sizeof clean, path, strlen(path));
    return krx_fail(u->call, KRX_E_DATA_LOSS, "the layer is refused: '%s' %s", clean, why);
}

int32_t krx_oci_unpack_fail(krx_oci_unpacker *u, const char *path, const char *doing)
{
    int saved = errno;
    char clean[200];
    int32_t code = saved == ENOSPC || saved == EDQUOT  ? KRX_E_RESOURCE_EXHAUSTED
                   : saved == EPERM || saved == EACCES ? KRX_E_PERMISSION_DENIED
                   : saved == EINVAL                   ? KRX_E_FAILED_PRECONDITION
                                                       : KRX_E_UNKNOWN;
    krx_text_clean(clean, sizeof clean, path, strlen(path));
    krx_fail(u->call, code, "%s '%s' of the layer: %s", doing, clean, strerror(saved));
    u->call->error->sys_errno = saved;
    return code;
}
