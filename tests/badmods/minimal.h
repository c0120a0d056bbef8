/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that a module needs, for modules that then get one thing wrong. Each writes to the file
 * named by KRX_TEST_MARKER what of it has run: c constructor, l load, u unload.
 */
#ifndef KRX_TESTS_BADMODS_MINIMAL_H
#define KRX_TESTS_BADMODS_MINIMAL_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <kranix/module.h>

static void mark(char what)
{
    const char *path = getenv("KRX_TEST_MARKER");
    int fd = path ? open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    if (write(fd, &what, 1) != 1)
        abort();
    close(fd);
}

__attribute__((constructor)) static void on_map(void)
{
    mark('c');
}

__attribute__((unused)) static int32_t min_load(krx_call *call, const krx_host *host)
{
    (void)call;
    (void)host;
    mark('l');
    return 0;
}

__attribute__((unused)) static void min_unload(void)
{
    mark('u');
}

__attribute__((unused)) static int32_t min_open(krx_call *call, const krx_open_req *req,
                                                void **backend)
{
    static int the_backend;
    (void)call;
    (void)req;
    *backend = &the_backend;
    return 0;
}

__attribute__((unused)) static void min_close(void *backend)
{
    (void)backend;
}

#define MIN_OP(name, request)                                                                      \
    __attribute__((unused)) static int32_t min_##name(krx_call *call, void *backend,               \
                                                      const request *req, krx_sink *out)           \
    {                                                                                              \
        (void)backend;                                                                             \
        (void)req;                                                                                 \
        (void)out;                                                                                 \
        return krx_fail(call, KRX_E_UNIMPLEMENTED, #name);                                         \
    }

MIN_OP(deploy, krx_deploy_req)
MIN_OP(destroy, krx_destroy_req)
MIN_OP(restart, krx_restart_req)
MIN_OP(get_status, krx_status_req)
MIN_OP(list_workloads, krx_list_req)
MIN_OP(stream_logs, krx_logs_req)
MIN_OP(ping, krx_ping_req)
MIN_OP(backend, krx_backend_req)

#define MIN_OPS_BUT_PING                                                                           \
    .struct_size = sizeof(krx_driver_ops), .deploy = min_deploy, .destroy = min_destroy,           \
    .restart = min_restart, .get_status = min_get_status, .list_workloads = min_list_workloads,    \
    .stream_logs = min_stream_logs, .backend = min_backend

__attribute__((unused)) static const krx_driver_ops min_driver = {MIN_OPS_BUT_PING,
                                                                  .ping = min_ping};

#define MIN_MEMBERS                                                                                \
    .thread_model = KRX_THREADS_SERIAL, .description = "for tests", .license = "Apache-2.0",       \
    .load = min_load, .open = min_open, .close = min_close, .unload = min_unload,                  \
    .driver = &min_driver

/* A descriptor by hand, without note; MEMBERS come after the right ones and override them. */
#define MIN_DESCRIPTOR(...)                                                                        \
    extern KRX_PUBLIC const krx_module krx_module_good;                                            \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Woverride-init\"")           \
        const krx_module krx_module_good = {.magic = KRX_MODULE_MAGIC,                             \
                                            .struct_size = sizeof(krx_module),                     \
                                            .abi_major = KRX_ABI_MAJOR,                            \
                                            .abi_minor = KRX_ABI_MINOR,                            \
                                            .name = "good",                                        \
                                            .version = "1.2.3",                                    \
                                            MIN_MEMBERS,                                           \
                                            __VA_ARGS__};                                          \
    _Pragma("GCC diagnostic pop")

/* A note by hand. */
#define MIN_NOTE(ident, size, magic_, version_, major, minor, min_minor, name_, text)              \
    extern const krx_note_record ident;                                                            \
    const krx_note_record ident KRX_NOTE_SECTION_ = {                                              \
        sizeof KRX_NOTE_OWNER,                                                                     \
        size,                                                                                      \
        KRX_NOTE_TYPE,                                                                             \
        KRX_NOTE_OWNER,                                                                            \
        {magic_, version_, major, minor, min_minor, 0, name_, text}}

#define MIN_GOOD_NOTE KRX_MODULE_NOTE(good, "good", "1.2.3", 0)

#endif
