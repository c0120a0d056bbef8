/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of hostile files as root of this process, which then runs no code but its own. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "modules/oci/packer/unpack.h"

#ifdef __NR_mmap2
#define NR_MMAP __NR_mmap2
#else
#define NR_MMAP __NR_mmap
#endif

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_HALF 4
#else
#define LOW_HALF 0
#endif

/* Else the C library would load its plugins (of iconv, say) from the new root. Not a fence around
 * hostile code, so that other ABIs of the machine need no thought. */
static int forbid_foreign_code(void)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_execve, 6, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_execveat, 5, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NR_MMAP, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]) + LOW_HALF),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog filter = {.len = (unsigned short)KRX_COUNT(program), .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

int32_t krx_oci_cage(krx_call *call, int folder, const char *path)
{
    if (fchdir(folder) == 0 && chroot(".") == 0 && chdir("/") == 0 && forbid_foreign_code() == 0)
        return 0;
    krx_fail(call, errno == EPERM ? KRX_E_PERMISSION_DENIED : KRX_E_UNSUPPORTED, "entering %s: %s",
             path, strerror(errno));
    return krx_hint(call, "unpacking a layer takes the right to change the root folder");
}
