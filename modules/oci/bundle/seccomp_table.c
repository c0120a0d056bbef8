/* SPDX-License-Identifier: Apache-2.0 */
/* The set that container engines agree on: what ordinary programs use, without what changes or
 * watches the machine as a whole. */
#include "modules/oci/bundle/seccomp_table.h"

#define CLONE_NEW_ANY UINT64_C(2114060288) /* NEWNS|CGROUP|UTS|IPC|USER|PID|NET */

const char *const krx_oci_seccomp_always[] = {
    /* files */
    "access", "cachestat", "chdir", "chmod", "chown", "chown32", "close", "close_range",
    "copy_file_range", "creat", "dup", "dup2", "dup3", "faccessat", "faccessat2", "fadvise64",
    "fadvise64_64", "fallocate", "fanotify_mark", "fchdir", "fchmod", "fchmodat", "fchmodat2",
    "fchown", "fchown32", "fchownat", "fcntl", "fcntl64", "fdatasync", "fgetxattr", "flistxattr",
    "flock", "fremovexattr", "fsetxattr", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64",
    "fsync", "ftruncate", "ftruncate64", "futimesat", "getcwd", "getdents", "getdents64",
    "getxattr", "getxattrat", "ioctl", "lchown", "lchown32", "lgetxattr", "link", "linkat",
    "listxattr", "listxattrat", "llistxattr", "_llseek", "lremovexattr", "lseek", "lsetxattr",
    "lstat", "lstat64", "mkdir", "mkdirat", "mknod", "mknodat", "name_to_handle_at", "newfstatat",
    "open", "openat", "openat2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2",
    "read", "readahead", "readlink", "readlinkat", "readv", "removexattr", "removexattrat",
    "rename", "renameat", "renameat2", "rmdir", "sendfile", "sendfile64", "setxattr", "setxattrat",
    "splice", "stat", "stat64", "statfs", "statfs64", "statx", "symlink", "symlinkat", "sync",
    "sync_file_range", "syncfs", "tee", "truncate", "truncate64", "umask", "unlink", "unlinkat",
    "utime", "utimensat", "utimensat_time64", "utimes", "vmsplice", "write", "writev",
    /* waiting and notifying */
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_pwait2",
    "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "inotify_add_watch", "inotify_init",
    "inotify_init1", "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents",
    "io_pgetevents_time64", "io_setup", "io_submit", "pipe", "pipe2", "poll", "ppoll",
    "ppoll_time64", "pselect6", "pselect6_time64", "select", "_newselect", "signalfd", "signalfd4",
    "timerfd_create", "timerfd_gettime", "timerfd_gettime64", "timerfd_settime",
    "timerfd_settime64",
    /* memory */
    "brk", "madvise", "map_shadow_stack", "membarrier", "memfd_create", "memfd_secret", "mincore",
    "mlock", "mlock2", "mlockall", "mmap", "mmap2", "mprotect", "mremap", "mseal", "msync",
    "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect",
    "process_mrelease", "remap_file_pages",
    /* processes, threads, signals */
    "alarm", "arch_prctl", "capget", "capset", "execve", "execveat", "exit", "exit_group", "fork",
    "futex", "futex_requeue", "futex_time64", "futex_wait", "futex_waitv", "futex_wake",
    "get_robust_list", "get_thread_area", "getcpu", "getpgid", "getpgrp", "getpid", "getppid",
    "getpriority", "getrlimit", "getrusage", "getsid", "gettid", "kill", "landlock_add_rule",
    "landlock_create_ruleset", "landlock_restrict_self", "nanosleep", "pause", "pidfd_open",
    "pidfd_send_signal", "prctl", "prlimit64", "restart_syscall", "rseq", "rt_sigaction",
    "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sched_get_priority_max",
    "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam",
    "sched_getscheduler", "sched_rr_get_interval", "sched_rr_get_interval_time64",
    "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield",
    "seccomp", "set_robust_list", "set_thread_area", "set_tid_address", "setpgid", "setpriority",
    "setrlimit", "setsid", "sigaction", "sigaltstack", "signal", "sigpending", "sigprocmask",
    "sigreturn", "sigsuspend", "tgkill", "tkill", "ugetrlimit", "uretprobe", "vfork", "wait4",
    "waitid", "waitpid",
    /* users */
    "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups",
    "getgroups32", "getresgid", "getresgid32", "getresuid", "getresuid32", "getuid", "getuid32",
    "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups",
    "setgroups32", "setregid", "setregid32", "setresgid", "setresgid32", "setresuid", "setresuid32",
    "setreuid", "setreuid32", "setuid", "setuid32",
    /* network; socket() itself is looked at more closely */
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
    "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg",
    "sendto", "setsockopt", "shutdown", "socketcall", "socketpair",
    /* time */
    "adjtimex", "clock_adjtime", "clock_adjtime64", "clock_getres", "clock_getres_time64",
    "clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "getitimer",
    "gettimeofday", "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun",
    "timer_gettime", "timer_gettime64", "timer_settime", "timer_settime64", "times",
    /* between processes */
    "ipc", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedreceive_time64",
    "mq_timedsend", "mq_timedsend_time64", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd",
    "semctl", "semget", "semop", "semtimedop", "semtimedop_time64", "shmat", "shmctl", "shmdt",
    "shmget",
    /* the rest */
    "getrandom", "ioprio_get", "ioprio_set", "ptrace", "riscv_hwprobe", "sysinfo",
    "process_vm_readv", "process_vm_writev", "uname", NULL};

#define NAMES(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

const krx_oci_seccomp_more krx_oci_seccomp_more_rows[] = {
    {NULL, "x86_64", NAMES("arch_prctl", "modify_ldt")},
    {NULL, "i", NAMES("modify_ldt")},
    {NULL, "arm",
     NAMES("arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint",
           "cacheflush", "set_tls")},
    {NULL, "aarch64",
     NAMES("arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint",
           "cacheflush", "set_tls")},
    {NULL, "ppc64", NAMES("sync_file_range2", "swapcontext")},
    {NULL, "s390", NAMES("s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr")},
    {NULL, "riscv64", NAMES("riscv_flush_icache")},
    {"DAC_READ_SEARCH", NULL, NAMES("open_by_handle_at")},
    {"SYS_ADMIN", NULL,
     NAMES("bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick",
           "lookup_dcookie", "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr",
           "listmount", "mount", "mount_setattr", "move_mount", "open_tree", "perf_event_open",
           "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns", "statmount",
           "syslog", "umount", "umount2", "unshare")},
    {"SYS_BOOT", NULL, NAMES("reboot")},
    {"SYS_CHROOT", NULL, NAMES("chroot")},
    {"SYS_MODULE", NULL, NAMES("delete_module", "init_module", "finit_module")},
    {"SYS_PACCT", NULL, NAMES("acct")},
    {"SYS_PTRACE", NULL, NAMES("kcmp", "pidfd_getfd", "process_madvise")},
    {"SYS_RAWIO", NULL, NAMES("iopl", "ioperm")},
    {"SYS_TIME", NULL, NAMES("settimeofday", "stime", "clock_settime", "clock_settime64")},
    {"SYS_TTY_CONFIG", NULL, NAMES("vhangup")},
    {"SYS_NICE", NULL,
     NAMES("get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node", "migrate_pages",
           "move_pages")},
    {"SYSLOG", NULL, NAMES("syslog")},
    {"BPF", NULL, NAMES("bpf")},
    {"PERFMON", NULL, NAMES("perf_event_open")},
    {NULL, NULL, NULL},
};

const krx_oci_seccomp_machine krx_oci_seccomp_machines[] = {
    {"x86_64", NAMES("SCMP_ARCH_X86_64", "SCMP_ARCH_X86")},
    {"i686", NAMES("SCMP_ARCH_X86")},
    {"aarch64", NAMES("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM")},
    {"armv7l", NAMES("SCMP_ARCH_ARM")},
    {"ppc64le", NAMES("SCMP_ARCH_PPC64LE")},
    {"s390x", NAMES("SCMP_ARCH_S390X", "SCMP_ARCH_S390")},
    {"riscv64", NAMES("SCMP_ARCH_RISCV64")},
    {"mips64", NAMES("SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64N32")},
    {NULL, NULL},
};

const krx_oci_seccomp_arg krx_oci_seccomp_args[] = {
    /* the execution domains that keep everything else as it is */
    {"personality", NULL, 0, 0x0, 0, "SCMP_CMP_EQ"},
    {"personality", NULL, 0, 0x8, 0, "SCMP_CMP_EQ"},
    {"personality", NULL, 0, 0x20000, 0, "SCMP_CMP_EQ"},
    {"personality", NULL, 0, 0x20008, 0, "SCMP_CMP_EQ"},
    {"personality", NULL, 0, 0xffffffff, 0, "SCMP_CMP_EQ"},
    /* AF_VSOCK (40) reaches the host of a virtual machine */
    {"socket", NULL, 0, 40, 0, "SCMP_CMP_NE"},
    /* threads and processes, but no namespaces */
    {"clone", "SYS_ADMIN", 0, CLONE_NEW_ANY, 0, "SCMP_CMP_MASKED_EQ"},
    {NULL, NULL, 0, 0, 0, NULL},
};
