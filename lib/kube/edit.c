/* SPDX-License-Identifier: Apache-2.0 */
/* Changing an object under the optimistic lock: read, edit, write, begin again when too late. */
#include "lib/base/clock.h"
#include "lib/kube/internal.h"

#define TRIES 10

/* *again: somebody else was faster. */
static int32_t edit_once(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                         krx_kube_edit_fn *edit, void *ctx, uint32_t flags, cJSON **out,
                         bool *again)
{
    krx_auto_json cJSON *object = NULL;
    *again = false;
    int32_t code = krx_kube_get(call, kube, ref, &object);
    if (code < 0 || (code = edit(ctx, call, object)) < 0)
        return code;
    if (code > 0) {
        if (out)
            *out = krx_move_ptr(object);
        return 0;
    }
    krx_kube_request request = {.method = "PUT",
                                .ref = *ref,
                                .query = "fieldManager=" KRX_KUBE_FIELD_MANAGER,
                                .json = object,
                                .flags = flags};
    code = krx_kube_call(call, kube, &request, out);
    *again = code == KRX_E_ABORTED;
    return code;
}

int32_t krx_kube_edit(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                      krx_kube_edit_fn *edit, void *ctx, uint32_t flags, cJSON **out)
{
    bool again = true;
    int32_t code = 0;
    if (out)
        *out = NULL;
    for (int64_t i = 0; i < TRIES && again; i++) {
        /* the others want to get through, too */
        int64_t jitter = krx_now_monotonic() % (10 * KRX_NS_PER_MS);
        if (i &&
            (krx_forgive(call) || (code = krx_sleep(call, i * 10 * KRX_NS_PER_MS + jitter)) < 0))
            return code;
        code = edit_once(call, kube, ref, edit, ctx, flags, out, &again);
    }
    return again ? krx_hint(call, "somebody else keeps changing it: try again") : code;
}
