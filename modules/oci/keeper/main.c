/* SPDX-License-Identifier: Apache-2.0 */
/* kranix-oci-keeper: what the oci module needs namespaces and a process of its own for. */
#include <stdio.h>
#include <string.h>

#include "modules/oci/keeper/verbs.h"

static const krx_oci_verb verbs[] = {{NULL, NULL}};

int main(int argc, char **argv)
{
    for (const krx_oci_verb *v = verbs; argc > 1 && v->name; v++)
        if (strcmp(v->name, argv[1]) == 0)
            return v->run(argc - 1, argv + 1);
    fprintf(stderr, "kranix-oci-keeper: a helper of kranix's oci module, not meant to be called\n");
    return 2;
}
