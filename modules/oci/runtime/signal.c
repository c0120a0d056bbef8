/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "modules/oci/runtime/table.h"

static int32_t fail_gone(krx_call *call, const krx_oci_container *container)
{
    return krx_fail(call, KRX_E_FAILED_PRECONDITION, "container %s is not running",
                    container->name);
}

static int32_t send_directly(krx_call *call, const krx_oci_container *container, int signal_number)
{
    krx_autoclose int fd =
        container->init.pid > 0 ? (int)syscall(SYS_pidfd_open, (pid_t)container->init.pid, 0) : -1;
    /* the token is looked at only now: what the descriptor stands for can't change any more */
    if (fd < 0 || !krx_oci_process_alive(&container->init))
        return fail_gone(call, container);
    if (syscall(SYS_pidfd_send_signal, fd, signal_number, NULL, 0) == 0)
        return 0;
    if (errno == ESRCH)
        return fail_gone(call, container);
    return krx_fail(call, errno == EPERM ? KRX_E_PERMISSION_DENIED : KRX_E_INVALID_ARGUMENT,
                    "signal %d to container %s: %s", signal_number, container->name,
                    strerror(errno));
}

int32_t krx_oci_runtime_signal(krx_call *call, const krx_oci_runtime *runtime, const char *keeper,
                               const krx_oci_container *container, int signal_number)
{
    char number[16];
    if (runtime->can & KRX_OCI_CAN_SEE_INIT)
        return send_directly(call, container, signal_number);
    (void)snprintf(number, sizeof number, "%d", signal_number);
    krx_oci_command command = {.keeper = keeper,
                               .name = "kill",
                               .id = container->id,
                               .trailing = (const char *const[]){number, NULL},
                               .inside = runtime->rootless ? container->conmon.pid : 0};
    int32_t code = krx_oci_runtime_run(call, runtime, &command, NULL);
    return code == KRX_E_NOT_FOUND ? fail_gone(call, container) : code;
}
