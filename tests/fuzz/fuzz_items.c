/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a JSON stream, whole and in pieces: both must say the same. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "lib/json/items.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct outcome {
    krx_str text;
    int32_t code;
} outcome;

static int32_t gather(void *ctx, const cJSON *item)
{
    outcome *o = ctx;
    krx_autofree char *text = cJSON_PrintUnformatted(item);
    krx_str_addf(&o->text, "%s\n", text ? text : "?");
    return 0;
}

/* The first byte: member or documents, skip, keep, size of the pieces. */
static void run(uint8_t how, const char *text, size_t length, size_t piece, outcome *o)
{
    static const char *const skip[] = {"managedFields", "x", NULL};
    static const char *const keep[] = {"a/b", "c", NULL};
    krx_error error;
    krx_call call;
    krx_auto_json cJSON *rest = NULL;
    krx_json_items_options options = {.label = "fuzz",
                                      .member = how & 1 ? "items" : NULL,
                                      .skip = how & 2 ? skip : NULL,
                                      .keep = how & 4 ? keep : NULL,
                                      .item_max = 4096,
                                      .rest_max = 4096,
                                      .on_item = gather,
                                      .ctx = o};
    krx_auto_json_items krx_json_items *items = krx_json_items_new(&options);
    krx_call_init(&call, &error);
    if (!items)
        return;
    for (size_t at = 0; at < length && o->code == 0; at += piece)
        o->code =
            krx_json_items_feed(&call, items, text + at, length - at < piece ? length - at : piece);
    if (o->code == 0)
        o->code = krx_json_items_end(&call, items, &rest);
    if (o->code && o->code != KRX_E_DATA_LOSS)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    outcome whole = {0}, pieces = {0};
    if (size < 1)
        return 0;
    const char *text = (const char *)data + 1;
    run(data[0], text, size - 1, size, &whole);
    run(data[0], text, size - 1, 1 + (size_t)(data[0] >> 3), &pieces);
    /* a bound is noticed at the end of a piece: what came before it differs, the verdict does not
     */
    if (whole.code != pieces.code ||
        (whole.code == 0 && strcmp(krx_str_get(&whole.text), krx_str_get(&pieces.text)) != 0))
        abort();
    krx_str_free(&whole.text);
    krx_str_free(&pieces.text);
    return 0;
}
