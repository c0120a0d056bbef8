/* SPDX-License-Identifier: Apache-2.0 */
/* attach DIR, detach DIR */
#include "lib/json/json.h"
#include "modules/oci/keeper/job.h"
#include "modules/oci/keeper/keeper.h"
#include "modules/oci/net/net.h"

int32_t krx_oci_verb_attach(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    krx_json_maker maker = {0};
    (void)argc;
    int32_t code = krx_oci_job_visit(call, arena, argv[1], &job);
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
    int32_t code = krx_oci_job_visit(call, arena, argv[1], &job);
    if (code == 0)
        code = krx_oci_net_detach(call, arena, &job.store, &job.launch, &job.container);
    return code < 0 ? code : krx_oci_job_write(&job);
}
