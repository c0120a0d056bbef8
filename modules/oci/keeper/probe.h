/* SPDX-License-Identifier: Apache-2.0 */
/* Probes: what they are, how one is made, what follows from them. */
#ifndef KRX_OCI_PROBE_H
#define KRX_OCI_PROBE_H

#include <cjson/cJSON.h>

#include "modules/oci/keeper/job.h"

enum { KRX_OCI_STARTUP, KRX_OCI_LIVENESS, KRX_OCI_READINESS, KRX_OCI_PROBES };

typedef struct krx_oci_probe {
    bool given;
    const char *type; /* http, tcp, exec */
    const char *path;
    bool tls;
    int64_t port;
    const char *const *command;
    int64_t delay_ns, period_ns, timeout_ns;
    int64_t failure_threshold, success_threshold;
    /* how it stands */
    int64_t due_ns;              /* monotonic */
    int64_t failures, successes; /* in a row */
    bool passed;                 /* successes reached the threshold last */
    bool failed;                 /* failures did */
} krx_oci_probe;

/* Of the text of spec.json. False when there is none. Texts live in the arena. */
bool krx_oci_probes_read(krx_arena *arena, const cJSON *spec, krx_oci_probe probes[KRX_OCI_PROBES]);

/* Counts one result. */
void krx_oci_probe_note(krx_oci_probe *probe, bool ok);
/* The next one that is due, NULL when none will ever be: while the start-up probe has not passed,
 * it is alone, and then it is over. */
krx_oci_probe *krx_oci_probe_next(krx_oci_probe probes[KRX_OCI_PROBES]);
/* starting, healthy or unhealthy. */
const char *krx_oci_probes_health(const krx_oci_probe probes[KRX_OCI_PROBES]);
/* The container is to be killed. */
bool krx_oci_probes_hopeless(const krx_oci_probe probes[KRX_OCI_PROBES]);

/* One check, within its timeout: 0, or why not. The process is in the container's network
 * namespace unless `outside`. */
int32_t krx_oci_probe_check(krx_oci_job *job, const krx_oci_probe *probe, bool outside);
/* Does the first line of an answer say 200 to 399? */
bool krx_oci_http_ok(const char *answer);

#endif
