/* SPDX-License-Identifier: Apache-2.0 */
/* schema-text markdown|json: what the table generates. */
#include <stdio.h>
#include <string.h>

#include "lib/model/model.h"

int main(int argc, char **argv)
{
    krx_auto_str krx_str out = {0};
    if (argc == 2 && strcmp(argv[1], "markdown") == 0) {
        krx_schema_markdown(&out);
    } else if (argc == 2 && strcmp(argv[1], "json") == 0) {
        krx_schema_json(&out);
    } else {
        fprintf(stderr, "usage: %s markdown|json\n", argv[0]);
        return 2;
    }
    if (krx_str_failed(&out)) {
        fprintf(stderr, "out of memory\n");
        return 1;
    }
    return fputs(krx_str_get(&out), stdout) < 0 || fflush(stdout) != 0;
}
