/* SPDX-License-Identifier: Apache-2.0 */
/* Weak stand-ins for what is still being written, so that the module links: whoever lands the real
 * function deletes the one here. */
#include "lib/json/items.h"
#include "modules/kubernetes/backend.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

__attribute__((weak)) krx_json_items *krx_json_items_new(const krx_json_items_options *options)
{
    return NULL;
}

__attribute__((weak)) void krx_json_items_free(krx_json_items *items)
{
}

__attribute__((weak)) int32_t krx_json_items_feed(krx_call *call, krx_json_items *items,
                                                  const char *data, size_t length)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_json_items_feed is not there yet");
}

__attribute__((weak)) int32_t krx_json_items_end(krx_call *call, krx_json_items *items,
                                                 cJSON **rest)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_json_items_end is not there yet");
}

__attribute__((weak)) int32_t krx_kube_open(krx_call *call, krx_kube_config *config, krx_kube **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_open is not there yet");
}

__attribute__((weak)) void krx_kube_close(krx_kube *kube)
{
}

__attribute__((weak)) const krx_kube_config *krx_kube_config_of(const krx_kube *kube)
{
    return NULL;
}

__attribute__((weak)) const char *krx_kube_label(const krx_kube *kube)
{
    return "";
}

__attribute__((weak)) const char *krx_kube_kind_name(krx_kube_kind kind)
{
    return "";
}

__attribute__((weak)) const char *krx_kube_kind_plural(krx_kube_kind kind)
{
    return "";
}

__attribute__((weak)) krx_kube_kind krx_kube_kind_of(const char *name)
{
    return KRX_KUBE_KIND_COUNT_;
}

__attribute__((weak)) int32_t krx_kube_api_version(krx_call *call, krx_kube *kube,
                                                   krx_kube_kind kind, const char **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_api_version is not there yet");
}

__attribute__((weak)) int32_t krx_kube_server_version(krx_call *call, krx_kube *kube,
                                                      int32_t *number, const char **text)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_server_version is not there yet");
}

__attribute__((weak)) int32_t krx_kube_call(krx_call *call, krx_kube *kube,
                                            const krx_kube_request *request, cJSON **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_call is not there yet");
}

__attribute__((weak)) int32_t krx_kube_get(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                                           cJSON **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_get is not there yet");
}

__attribute__((weak)) int32_t krx_kube_look(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                                            cJSON **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_look is not there yet");
}

__attribute__((weak)) int32_t krx_kube_create(krx_call *call, krx_kube *kube,
                                              const krx_kube_ref *ref, const cJSON *object,
                                              uint32_t flags, cJSON **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_create is not there yet");
}

__attribute__((weak)) int32_t krx_kube_apply(krx_call *call, krx_kube *kube,
                                             const krx_kube_ref *ref, const cJSON *object,
                                             uint32_t flags, cJSON **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_apply is not there yet");
}

__attribute__((weak)) int32_t krx_kube_patch(krx_call *call, krx_kube *kube,
                                             const krx_kube_ref *ref, const char *type,
                                             const cJSON *patch, uint32_t flags, cJSON **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_patch is not there yet");
}

__attribute__((weak)) int32_t krx_kube_edit(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                                            krx_kube_edit_fn *edit, void *ctx, uint32_t flags,
                                            cJSON **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_edit is not there yet");
}

__attribute__((weak)) int32_t krx_kube_delete(krx_call *call, krx_kube *kube,
                                              const krx_kube_ref *ref,
                                              const krx_kube_delete_options *options)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_delete is not there yet");
}

__attribute__((weak)) int32_t krx_kube_list(krx_call *call, krx_kube *kube,
                                            const krx_kube_select *select, krx_kube_item_fn *fn,
                                            void *ctx, char **version)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_list is not there yet");
}

__attribute__((weak)) int32_t krx_kube_watch(krx_call *call, krx_kube *kube,
                                             const krx_kube_select *select,
                                             const krx_kube_watch_options *options,
                                             krx_kube_change_fn *fn, void *ctx)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_watch is not there yet");
}

__attribute__((weak)) int32_t krx_kube_log(krx_call *call, krx_kube *kube,
                                           const krx_kube_log_options *options,
                                           krx_kube_bytes_fn *fn, void *ctx)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_log is not there yet");
}

__attribute__((weak)) int32_t
krx_kube_config_load(krx_call *call, const krx_kube_config_options *options, krx_kube_config **out)
{
    return krx_fail(call, KRX_E_UNIMPLEMENTED, "krx_kube_config_load is not there yet");
}

__attribute__((weak)) void krx_kube_config_free(krx_kube_config *config)
{
}
