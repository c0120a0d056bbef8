/* SPDX-License-Identifier: Apache-2.0 */
/* exited DIR: called by conmon when its container has ended. */
#include <signal.h>
#include <unistd.h>

#include "modules/oci/keeper/keeper.h"
#include "modules/oci/keeper/life.h"

int32_t krx_oci_verb_exited(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_job krx_oci_job job = {.lock = -1};
    krx_oci_process conmon;
    krx_oci_turns turns = {.told = -1, .left_ns = KRX_UNSET};
    (void)argc, (void)answer;
    if (!krx_oci_process_of(getppid(), &conmon))
        return krx_fail(call, KRX_E_FAILED_PRECONDITION, "nobody has called");
    int32_t code = krx_oci_job_open(call, arena, argv[1], &job);
    if (code == 0)
        code = krx_oci_job_lock(&job);
    if (code < 0 || !krx_oci_life_is_ours(&job, &conmon))
        return code == KRX_E_NOT_FOUND ? 0 : code;
    /* It has done its work, and would take the next one's processes for its own children. */
    krx_oci_signal_process(&conmon, SIGKILL);
    /* CREATED and EXITED otherwise: nobody began anything */
    turns.again = job.container.starting || job.container.phase == KRX_OCI_RUNNING ||
                  job.container.phase == KRX_OCI_PAUSED || job.container.phase == KRX_OCI_WAITING;
    code = krx_oci_life_settle_for(&job, NULL, &turns);
    if (code < 0)
        turns.again = false;
    int32_t gone_on = krx_oci_life_go_on(&job, &turns);
    return code < 0 ? code : gone_on;
}
