/* SPDX-License-Identifier: Apache-2.0 */
/* bandwidth DIR EGRESS INGRESS [--locked] */
#include <stdlib.h>

#include "modules/oci/keeper/job.h"
#include "modules/oci/net/net.h"
#include "modules/oci/packer/packer.h"

static bool parse_rate(const char *text, int64_t *out)
{
    char *end = NULL;
    *out = KRX_UNSET;
    if (krx_streq(text, "-"))
        return true;
    *out = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : -1;
    return end && !*end;
}

int32_t krx_oci_verb_bandwidth(krx_call *call, krx_arena *arena, int argc, char **argv,
                               cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    int64_t egress = KRX_UNSET, ingress = KRX_UNSET;
    bool locked = argc > 4 && krx_streq(argv[4], "--locked"); /* by the keeper that calls */
    (void)answer;
    if (!parse_rate(argv[2], &egress) || !parse_rate(argv[3], &ingress))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "bandwidth DIR EGRESS INGRESS: bits per second, 0 or -");
    int32_t code = locked ? krx_oci_job_open(call, arena, argv[1], &job)
                          : krx_oci_job_visit(call, arena, argv[1], &job);
    if (code == 0 && locked)
        code = krx_oci_container_read(call, arena, &job.store, job.id, &job.container);
    return code < 0
               ? code
               : krx_oci_net_bandwidth(call, arena, &job.store, &job.container, egress, ingress);
}
