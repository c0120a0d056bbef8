/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_DEPLOY_H
#define KRX_OCI_DEPLOY_H

#include "modules/oci/backend/backend.h"

int32_t krx_oci_deploy_op(krx_call *call, void *backend, const krx_deploy_req *req,
                          krx_sink *status);
int32_t krx_oci_destroy_op(krx_call *call, void *backend, const krx_destroy_req *req,
                           krx_sink *none);

/* Volumes, revisions, bandwidth. */
int32_t krx_oci_provision_volumes_op(krx_call *call, void *backend, const krx_volumes_req *req,
                                     krx_sink *volume);
int32_t krx_oci_cleanup_volumes_op(krx_call *call, void *backend, const krx_volumes_req *req,
                                   krx_sink *volume);
int32_t krx_oci_list_volumes_op(krx_call *call, void *backend, const krx_volumes_req *req,
                                krx_sink *volume);
int32_t krx_oci_set_bandwidth_op(krx_call *call, void *backend, const krx_bandwidth_req *req,
                                 krx_sink *none);
int32_t krx_oci_list_revisions_op(krx_call *call, void *backend, const krx_revision_req *req,
                                  krx_sink *revision);
int32_t krx_oci_rollback_op(krx_call *call, void *backend, const krx_revision_req *req,
                            krx_sink *revision);

/*
 * Makes a container complete on disk, not started: everything of it comes from the spec, the image
 * and the backend. The workload's lock is held. Used by deploy and by restore under another name.
 */
int32_t krx_oci_make_container(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                               const krx_workload *spec, const char *spec_json, int64_t replica,
                               int64_t generation, const char **id);

#endif
