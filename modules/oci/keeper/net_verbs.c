/* SPDX-License-Identifier: Apache-2.0 */
/* attach DIR, detach DIR, bandwidth DIR EGRESS INGRESS */
#include <stdlib.h>
#include <unistd.h>

#include "lib/json/json.h"
#include "modules/oci/keeper/job.h"
#include "modules/oci/keeper/keeper.h"
#include "modules/oci/keeper/userns.h"
#include "modules/oci/net/net.h"

/* With its lock, and where its network namespace can be seen. */
static int32_t open_job(krx_call *call, krx_arena *arena, const char *folder, krx_oci_job *job)
{
    int32_t code = krx_oci_job_open(call, arena, folder, job);
    if (code == 0)
        code = krx_oci_job_lock(job);
    if (code == 0 && job->launch.rootless && krx_oci_process_alive(&job->container.conmon)) {
        code = krx_oci_userns_join(call, job->container.conmon.pid);
        job->inside = code == 0;
    }
    return code;
}

int32_t krx_oci_verb_attach(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    krx_json_maker maker = {0};
    (void)argc;
    int32_t code = open_job(call, arena, argv[1], &job);
    if (code == 0)
        code = krx_oci_net_attach(call, arena, &job.store, &job.launch, &job.container);
    if (code == 0)
        code = krx_oci_job_write(&job);
    if (code < 0)
        return code;
    krx_json_add_text(&maker, answer, "network", job.container.network);
    krx_json_add_text(&maker, answer, "ip", job.container.ip);
    cJSON *ports = krx_json_add_array(&maker, answer, "ports");
    for (const krx_oci_port *const *p = job.container.ports; p && *p; p++)
        krx_json_add_int(&maker, ports, NULL, (*p)->host_port);
    return 0;
}

int32_t krx_oci_verb_detach(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    (void)argc, (void)answer;
    int32_t code = open_job(call, arena, argv[1], &job);
    if (code == 0)
        code = krx_oci_net_detach(call, arena, &job.store, &job.launch, &job.container);
    return code < 0 ? code : krx_oci_job_write(&job);
}

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
    (void)argc, (void)answer;
    if (!parse_rate(argv[2], &egress) || !parse_rate(argv[3], &ingress))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "bandwidth DIR EGRESS INGRESS: bits per second, 0 or -");
    int32_t code = open_job(call, arena, argv[1], &job);
    return code < 0
               ? code
               : krx_oci_net_bandwidth(call, arena, &job.store, &job.container, egress, ingress);
}
