/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "modules/oci/bundle/parts.h"

const char *krx_oci_annotation(const krx_workload *spec, const char *key)
{
    for (size_t i = 0; spec->annotations && spec->annotations[i]; i++)
        if (strcmp(spec->annotations[i]->key, key) == 0)
            return spec->annotations[i]->value;
    return NULL;
}
