/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: the services that the host offers a module, as a table. A module links to nothing of
 * ours: it gets this pointer in load() and keeps it until unload(). All functions may be called
 * from any thread; those that take a call, only while that call runs.
 *
 * The host owns signals, SIGCHLD, umask, working directory, locale, stdio and atexit. A module
 * installs no handlers, never calls exit, abort, setlocale, chdir or fork, and starts programs
 * through spawn().
 */
#ifndef KRANIX_HOST_H
#define KRANIX_HOST_H

#include <kranix/abi.h>
#include <kranix/errors.h>
#include <kranix/sink.h>

KRX_BEGIN_DECLS

typedef struct krx_call krx_call;
typedef struct krx_host krx_host;

enum { KRX_LOG_ERROR = 1000, KRX_LOG_WARN = 2000, KRX_LOG_INFO = 3000, KRX_LOG_DEBUG = 4000 };

/* Wait conditions, in and out. */
enum { KRX_WAIT_READ = 1, KRX_WAIT_WRITE = 2, KRX_WAIT_HANGUP = 4 };

typedef struct krx_wait_fd {
    uint32_t struct_size;
    int32_t fd;
    uint32_t want;  /* KRX_WAIT_READ | KRX_WAIT_WRITE */
    uint32_t ready; /* filled in; KRX_WAIT_HANGUP may come unasked */
} krx_wait_fd;

/*
 * A program to start. argv[0] is looked up in the host's PATH unless it has a slash; no shell is
 * involved and nothing secret belongs in argv or env. env NULL means the host's environment.
 * The fds are borrowed; -1 means /dev/null. Every other descriptor is closed in the child.
 */
typedef struct krx_spawn_req {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *const *argv;
    const char *const *env;
    const char *cwd;
    int32_t stdin_fd;
    int32_t stdout_fd;
    int32_t stderr_fd;
    int32_t reserved2_;
} krx_spawn_req;

/* What became of it: a pidfd to wait on with wait(); reap() collects and closes it. */
typedef struct krx_child {
    uint32_t struct_size;
    int32_t pid;
    int32_t pidfd;
    int32_t status; /* after reap: exit code, or 128 + signal */
} krx_child;

struct krx_host {
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t reserved_;
    void *ctx;           /* the host's own */
    const char *version; /* of the host, never NULL */

    /*
     * Takes one finished line without newline. `call` may be NULL outside a call. The host adds
     * time, module and call prefix. Log or return an error, never both.
     */
    void (*log)(const krx_host *host, const krx_call *call, int32_t level, const char *text);

    /*
     * The only way to block. Waits until one of `fds` is ready, at most timeout_ns (negative: no
     * limit of its own), and never past the call's deadline. Answers the number of ready entries,
     * 0 when timeout_ns passed, KRX_E_CANCELLED or KRX_E_DEADLINE_EXCEEDED (with the slot filled).
     * count 0 is a sleep.
     */
    int32_t (*wait)(const krx_host *host, krx_call *call, krx_wait_fd *fds, uint32_t count,
                    int64_t timeout_ns);

    /* 0, KRX_E_CANCELLED or KRX_E_DEADLINE_EXCEEDED: for loops that do not wait. */
    int32_t (*check)(const krx_host *host, krx_call *call);

    /* Starts a program, fills *child. The module must reap() every child it started. */
    int32_t (*spawn)(const krx_host *host, krx_call *call, const krx_spawn_req *req,
                     krx_child *child);

    /*
     * Waits for the child within the call's deadline and fills status. When the call ends first
     * the child gets SIGTERM, two seconds, SIGKILL, and is reaped all the same.
     */
    int32_t (*reap)(const krx_host *host, krx_call *call, krx_child *child);

    /*
     * Small durable values of this module (at most 64 KiB each), kept in the host's store. get
     * emits one krx_text or answers KRX_E_NOT_FOUND; put with value NULL removes.
     */
    int32_t (*store_get)(const krx_host *host, krx_call *call, const char *key, krx_sink *out);
    int32_t (*store_put)(const krx_host *host, krx_call *call, const char *key, const char *value);
};

KRX_END_DECLS
#endif
