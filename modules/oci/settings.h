/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_SETTINGS_H
#define KRX_OCI_SETTINGS_H

#include "modules/oci/backend/backend.h"

extern const krx_setting *const krx_oci_settings[];

/* Fills the backend from them; its arena is there already. */
int32_t krx_oci_settings_read(krx_call *call, const krx_open_req *req, krx_oci_backend *backend);

#endif
