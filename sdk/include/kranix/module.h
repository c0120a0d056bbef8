/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: the module descriptor. The one header that a backend includes.
 *
 * A module is a shared object named kranix-module-<name>.so. It links to nothing of ours and
 * exports one read-only symbol, which KRX_MODULE() defines together with an ELF note:
 *
 *     KRX_MODULE(hello, "hello", "1.0.0", 0, .thread_model = KRX_THREADS_PARALLEL,
 *                .description = "...", .license = "MIT", .open = hello_open,
 *                .close = hello_close, .driver = &hello_driver);
 *
 * Life of a module
 *
 *     (note read, nothing executed) -> mapped -> load -> open ... ops ... close -> unload
 *
 *   load    keep the host table, allocate what is global. May fail. At most one host has a module
 *           loaded at a time; after unload another may load it again in the same process.
 *   open    one backend from its settings. Does not need the backend to be reachable. May fail.
 *   close   exactly once for each open that succeeded, when no op runs on it. May not fail.
 *   unload  once for each load that succeeded, after every close; join your threads. May not
 *           fail. The code stays mapped.
 *
 * A step that failed never sees its own inverse. The host refuses a module, before any of its code
 * has run, whose note does not fit: other major version, or a minimum host minor above the host's.
 */
#ifndef KRANIX_MODULE_H
#define KRANIX_MODULE_H

#include <string.h>

#include <kranix/abi.h>
#include <kranix/call.h>
#include <kranix/errors.h>
#include <kranix/host.h>
#include <kranix/ops.h>
#include <kranix/results.h>
#include <kranix/sink.h>
#include <kranix/workload.h>

KRX_BEGIN_DECLS

/* ---------------------------------------------------------------------------------- the ELF note
 */

#define KRX_NOTE_OWNER "kranix"
#define KRX_NOTE_TYPE 0x4b52584du /* "KRXM" */
#define KRX_NOTE_MAGIC 0x6b72616eu
#define KRX_NOTE_VERSION 1u
#define KRX_NOTE_NAME_MAX 64
#define KRX_NOTE_TEXT_MAX 32

/* Contents of the note, little- or big-endian as the machine is. Strings end with NUL. */
typedef struct krx_note {
    uint32_t magic;
    uint32_t note_version;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t min_host_minor;
    uint32_t reserved_;
    char name[KRX_NOTE_NAME_MAX];
    char version[KRX_NOTE_TEXT_MAX];
} krx_note;

/* The note as it stands in the section .note.kranix */
typedef struct krx_note_record {
    uint32_t owner_size;
    uint32_t note_size;
    uint32_t type;
    char owner[8];
    krx_note note;
} krx_note_record;

/* ------------------------------------------------------------------------------------ settings */

enum {
    KRX_SETTING_STRING = 1,
    KRX_SETTING_INT = 2,
    KRX_SETTING_BOOL = 3,
    KRX_SETTING_DURATION = 4, /* reaches open() in nanoseconds */
    KRX_SETTING_BYTES = 5,    /* reaches open() in bytes */
    KRX_SETTING_PATH = 6      /* ~ is expanded */
};

/*
 * A setting that the module takes; the host parses, checks, documents and redacts it.
 * A plain name is set in the allow file or in the module's section of the configuration
 * ("host" by docker.host). A name with dots, such as "volumes.default_size", is the key of the
 * configuration that several backends share: it comes with the value in force there, the
 * configuration's default included, unless the allow file sets it under that same name.
 */
typedef struct krx_setting {
    uint32_t struct_size;
    uint32_t type;
    const char *name;    /* lower_case, dots between words; required */
    const char *def;     /* what holds when it is not set, for the documentation; or NULL */
    const char *allowed; /* a|b|c or low..high, or NULL */
    const char *help;    /* required */
    uint32_t secret;     /* 1: never shown */
    uint32_t reserved_;
} krx_setting;

/* What open() gets. Only settings that somebody set, and shared keys, are in the list. */
typedef struct krx_open_req {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *instance; /* name of this backend, the module's unless configured otherwise */
    const krx_kv *const *settings; /* NULL-terminated, never NULL */
} krx_open_req;

/* Value of a setting, or NULL when it was not set. */
static inline const char *krx_setting_get(const krx_open_req *req, const char *name)
{
    size_t i;
    for (i = 0; req->settings[i]; i++)
        if (strcmp(req->settings[i]->key, name) == 0)
            return req->settings[i]->value;
    return NULL;
}

/* ---------------------------------------------------------------------------------- descriptor */

#define KRX_MODULE_MAGIC 0x4b52584d4f44554cull /* "KRXMODUL" */

enum {
    KRX_THREADS_SERIAL = 1000,  /* one op at a time in the whole module */
    KRX_THREADS_BACKEND = 2000, /* one op at a time on each backend */
    KRX_THREADS_PARALLEL = 3000 /* any number */
};

typedef struct krx_module {
    uint64_t magic;
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t thread_model; /* KRX_THREADS_* */
    uint32_t flags_must;   /* a host that does not know a bit refuses the module; 0 */
    uint32_t flags_may;    /* unknown bits are ignored; 0 */
    const char *name;      /* ^[a-z0-9][a-z0-9-]{0,62}$, as in the note and the file name */
    const char *version;   /* as in the note */
    const char *description;
    const char *license;                /* SPDX expression */
    const krx_setting *const *settings; /* NULL-terminated, or NULL */

    int32_t (*load)(krx_call *call, const krx_host *host);
    int32_t (*open)(krx_call *call, const krx_open_req *req, void **backend);
    void (*close)(void *backend);
    void (*unload)(void);

    const krx_driver_ops *driver; /* required */
    const krx_node_ops *node;
    const krx_extended_ops *extended;
    const krx_container_ops *container;
    const krx_image_ops *image;
} krx_module;

/* "krx_module_" + the name with every '-' as '_' */
#define KRX_MODULE_SYMBOL_PREFIX "krx_module_"

#define KRX_JOIN2_(a, b) a##b
#define KRX_JOIN_(a, b) KRX_JOIN2_(a, b)

/* clang's AddressSanitizer would put red zones between notes, which then are no notes any more. */
#if defined(__clang__)
#define KRX_NOTE_PLAIN_ __attribute__((no_sanitize("address")))
#else
#define KRX_NOTE_PLAIN_
#endif

#if defined(__GNUC__)
#define KRX_NOTE_SECTION_                                                                          \
    KRX_NOTE_PLAIN_                                                                                \
    __attribute__((section(".note.kranix"), used, aligned(4), visibility("hidden")))
#else
#error "kranix modules need a compiler with GNU attributes"
#endif

/*
 * KRX_MODULE(ident, "name", "version", min_host_minor, members...)
 *   ident  the name with '_' for '-': makes the symbol
 *   name   the module's name
 * In C the members are designated initialisers of krx_module; in C++17 write the descriptor by hand
 * with KRX_MODULE_NOTE().
 */
#define KRX_MODULE_NOTE(ident, name_, version_, min_host_minor_)                                   \
    extern const krx_note_record KRX_JOIN_(krx_note_, ident);                                      \
    const krx_note_record KRX_JOIN_(krx_note_, ident)                                              \
        KRX_NOTE_SECTION_ = {sizeof KRX_NOTE_OWNER,                                                \
                             sizeof(krx_note),                                                     \
                             KRX_NOTE_TYPE,                                                        \
                             KRX_NOTE_OWNER,                                                       \
                             {KRX_NOTE_MAGIC, KRX_NOTE_VERSION, KRX_ABI_MAJOR, KRX_ABI_MINOR,      \
                              min_host_minor_, 0, name_, version_}}

#define KRX_MODULE(ident, name_, version_, min_host_minor_, ...)                                   \
    KRX_MODULE_NOTE(ident, name_, version_, min_host_minor_);                                      \
    extern KRX_PUBLIC const krx_module KRX_JOIN_(krx_module_, ident);                              \
    const krx_module KRX_JOIN_(krx_module_, ident) = {.magic = KRX_MODULE_MAGIC,                   \
                                                      .struct_size = sizeof(krx_module),           \
                                                      .abi_major = KRX_ABI_MAJOR,                  \
                                                      .abi_minor = KRX_ABI_MINOR,                  \
                                                      .name = name_,                               \
                                                      .version = version_,                         \
                                                      __VA_ARGS__}

KRX_END_DECLS
#endif
