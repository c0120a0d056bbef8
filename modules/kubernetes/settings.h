/* SPDX-License-Identifier: Apache-2.0 */
/* What the module can be told, and opening a backend with it. */
#ifndef KRX_KUBERNETES_SETTINGS_H
#define KRX_KUBERNETES_SETTINGS_H

#include <kranix/module.h>

extern const krx_setting *const krx_k8s_setting_table[];

int32_t krx_k8s_open(krx_call *call, const krx_open_req *req, void **out);
void krx_k8s_close(void *backend);

#endif
