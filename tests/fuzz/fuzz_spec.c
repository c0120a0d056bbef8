/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a workload file. What is accepted must survive both emitters unchanged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_again(const char *what, const char *text, size_t length, const char *json)
{
    krx_error error;
    krx_call call;
    krx_diags diags;
    krx_specs specs;
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    int32_t rc = krx_specs_parse(&call, what, text, length, KRX_SPEC_NO_FILES, &specs, &diags);
    if (rc != 0 || specs.count != 1 || !krx_streq(specs.items[0]->json, json)) {
        fprintf(stderr, "%s does not read back (%s):\n%s\n", what, rc ? error.message : "other",
                text);
        abort();
    }
    krx_specs_free(&specs);
    krx_diags_free(&diags);
}

static void check(const krx_spec *spec)
{
    krx_str text = {0};
    same_again("json", spec->json, strlen(spec->json), spec->json);
    krx_workload_json(spec->workload, KRX_JSON_PRETTY | KRX_JSON_DEFAULTS, &text);
    same_again("pretty", krx_str_get(&text), text.length, spec->json);
    krx_str_reset(&text);
    krx_workload_yaml(spec->workload, &text);
    same_again("yaml", krx_str_get(&text), text.length, spec->json);
    krx_str_free(&text);
    if (krx_workload_diff(spec->workload, spec->workload, NULL, NULL) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krx_error error;
    krx_call call;
    krx_diags diags;
    krx_specs specs;
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    int32_t rc =
        krx_specs_parse(&call, "fuzz", (const char *)data, size, KRX_SPEC_NO_FILES, &specs, &diags);
    if ((rc == 0) != (diags.count == 0 && diags.more == 0) && rc != KRX_E_RESOURCE_EXHAUSTED)
        abort();
    for (size_t i = 0; i < specs.count && i < 8; i++)
        check(specs.items[i]);
    krx_specs_free(&specs);
    krx_diags_free(&diags);
    return 0;
}
