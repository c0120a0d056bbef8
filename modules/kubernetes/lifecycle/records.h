/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpoints of a workload, kept in annotation kranix.io/checkpoint of its Deployment or
 * CronJob: a JSON array, oldest first.
 */
#ifndef KRX_KUBERNETES_RECORDS_H
#define KRX_KUBERNETES_RECORDS_H

#include "modules/kubernetes/backend/backend.h"

/* The array, [] when there is none or it can't be read. NULL: out of memory. */
cJSON *krx_k8s_records(const cJSON *object);
/* Number of the record with this id; NULL: of the one in force, else the newest. -1: none. */
int krx_k8s_record_find(const cJSON *records, const char *id, const char *in_force);
/* Adds one, dropping the oldest beyond a bound. False: out of memory. */
bool krx_k8s_record_add(cJSON *records, const char *id, int64_t created_ns, int64_t replicas,
                        const char *comment, const char *spec_hash);
/* Writes the array back into the object's annotation. False: out of memory. */
bool krx_k8s_records_keep(cJSON *object, const cJSON *records);
/* "a, b", newest first, cut short; into out. */
void krx_k8s_records_text(const cJSON *records, char *out, size_t room);
/* FNV-1a of the spec that is kept with the object, as 16 digits; "" when there is none. */
void krx_k8s_spec_hash(const cJSON *object, char out[17]);

#endif
