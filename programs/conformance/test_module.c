/* SPDX-License-Identifier: Apache-2.0 */
/* The module as a file, its descriptor, its settings and its life. */
#include <fnmatch.h>
#include <string.h>

#include "programs/conformance/kit.h"

static bool is_name(const char *text, const char *allowed)
{
    return text && *text && strlen(text) < KRX_NOTE_NAME_MAX && text[0] != '-' && text[0] != '_' &&
           strspn(text, allowed) == strlen(text);
}

static bool semantic_version(const char *text)
{
    return text && fnmatch("[0-9]*.[0-9]*", text, 0) == 0;
}

static void note_fits(krx_kit *kit, int arg)
{
    (void)arg;
    krx_kit_map(kit);
    const krx_note *n = &kit->note;
    const krx_module *m = kit->module;
    CHECK(kit, n->magic == KRX_NOTE_MAGIC, "the note has the wrong magic");
    CHECK(kit, n->note_version == KRX_NOTE_VERSION, "the note has version %u", n->note_version);
    CHECK(kit, krx_streq(n->name, m->name), "the note says '%s', the descriptor '%s'", n->name,
          m->name ? m->name : "");
    CHECK(kit, memchr(n->version, 0, sizeof n->version) && krx_streq(n->version, m->version),
          "note and descriptor differ in their version: '%.31s', '%s'", n->version,
          m->version ? m->version : "");
    CHECK(kit, n->abi_major == m->abi_major && n->abi_minor == m->abi_minor,
          "note and descriptor differ in their ABI: %u.%u, %u.%u", n->abi_major, n->abi_minor,
          m->abi_major, m->abi_minor);
    CHECK(kit, n->abi_major == KRX_ABI_MAJOR, "ABI %u.%u, this kit knows %d", n->abi_major,
          n->abi_minor, KRX_ABI_MAJOR);
    CHECK(kit, n->min_host_minor <= n->abi_minor,
          "the note wants host minor %u, more than it was built with (%u)", n->min_host_minor,
          n->abi_minor);
}

static void descriptor(krx_kit *kit, int arg)
{
    char file[128];
    (void)arg;
    krx_kit_map(kit);
    const krx_module *m = kit->module;
    CHECK(kit, is_name(m->name, "abcdefghijklmnopqrstuvwxyz0123456789-"), "the name '%s' is none",
          m->name ? m->name : "");
    (void)snprintf(file, sizeof file, "kranix-module-%s.so", m->name ? m->name : "");
    const char *slash = strrchr(kit->options->module, '/');
    CHECK(kit, krx_streq(slash ? slash + 1 : kit->options->module, file),
          "the file must be called %s", file);
    CHECK(kit, semantic_version(m->version), "the version '%s' is none",
          m->version ? m->version : "");
    CHECK(kit, !krx_blank(m->description), "the description is absent");
    CHECK(kit, !krx_blank(m->license), "the license is absent");
    CHECK(kit,
          m->thread_model == KRX_THREADS_SERIAL || m->thread_model == KRX_THREADS_BACKEND ||
              m->thread_model == KRX_THREADS_PARALLEL,
          "unknown thread model %u", m->thread_model);
    CHECK(kit, m->flags_must == 0, "flags_must has unknown bits");
    CHECK(kit, m->open && m->close, "open and close are required");
}

static void tables(krx_kit *kit, int arg)
{
    const void *all[] = {kit->module->driver, kit->module->node, kit->module->extended,
                         kit->module->container, kit->module->image};
    (void)arg;
    for (size_t i = 0; i < KRX_COUNT(all); i++) {
        uint32_t size = 0;
        if (!all[i])
            continue;
        memcpy(&size, all[i], sizeof size);
        CHECK(kit, size >= 8 + sizeof(void *) && size % sizeof(void *) == 0 && size < 65536,
              "ops table %zu has struct_size %u", i + 1, size);
    }
    for (int op = OP(driver, deploy); op <= OP(driver, backend); op++)
        CHECK(kit, krx_kit_offers(&kit->tables, op), "%s is required", krx_kit_ops[op].name);
}

static void settings(krx_kit *kit, int arg)
{
    const krx_setting *const *all = kit->module->settings;
    (void)arg;
    for (size_t i = 0; all && all[i]; i++) {
        const krx_setting *s = all[i];
        CHECK(kit, s->struct_size >= sizeof *s, "setting %zu: struct_size is too small", i);
        if (!CHECK(kit, is_name(s->name, "abcdefghijklmnopqrstuvwxyz0123456789_."),
                   "setting %zu: '%s' is no lower_case name", i, s->name ? s->name : ""))
            continue;
        CHECK(kit, s->type >= KRX_SETTING_STRING && s->type <= KRX_SETTING_PATH,
              "setting %s: unknown type %u", s->name, s->type);
        CHECK(kit, !krx_blank(s->help), "setting %s: help is required", s->name);
        CHECK(kit, s->secret <= 1, "setting %s: secret is neither 0 nor 1", s->name);
        CHECK(kit, !s->secret || krx_blank(s->def), "setting %s: a secret with a default", s->name);
        for (size_t j = 0; j < i; j++)
            CHECK(kit, !krx_streq(all[j]->name, s->name), "setting %s is there twice", s->name);
    }
}

/* ------------------------------------------------------------------------------------- life */

static void *opened(krx_kit *kit, const char *extra)
{
    void *backend;
    krx_error error;
    int32_t code = krx_kit_open(kit, extra, &backend, &error);
    REQUIRE(kit, code == 0, "open answers %s: %s", krx_error_name(code), error.message);
    CHECK(kit, error.code == 0 && !error.message[0], "open succeeds but fills the slot");
    return backend;
}

static void open_twice(krx_kit *kit, int arg)
{
    (void)arg;
    void *first = opened(kit, NULL), *second = opened(kit, NULL);
    CHECK(kit, !first || first != second, "two opens give the same backend");
    krx_kit_ask ask = {0};
    krx_auto_got krx_kit_got got = {0};
    (void)krx_kit_op_on(kit, first, OP(driver, backend), &ask, &got);
    kit->module->close(first);
    CHECK(kit, krx_kit_op_on(kit, second, OP(driver, ping), &ask, &got) == 0,
          "ping fails on one backend after the other was closed: %s", got.error.message);
    kit->module->close(second);
    kit->module->close(opened(kit, NULL));
}

static void no_leftovers(krx_kit *kit, const char *after, size_t fds, size_t threads)
{
    size_t now_fds = krx_kit_count_fds(), now_threads = krx_kit_count_threads();
    if (!CHECK(kit, now_fds <= fds, "%zu descriptors more after %s", now_fds - fds, after))
        krx_kit_show_fds(kit);
    CHECK(kit, now_threads <= threads, "%zu threads more after %s", now_threads - threads, after);
}

static void open_close_many(krx_kit *kit, int arg)
{
    (void)arg;
    krx_kit_ask ask = {0};
    for (int i = 0; i < 20; i++) {
        krx_auto_got krx_kit_got got = {0};
        void *backend = opened(kit, NULL);
        CHECK(kit, krx_kit_op_on(kit, backend, OP(driver, ping), &ask, &got) == 0, "ping fails: %s",
              got.error.message);
        kit->module->close(backend);
    }
    no_leftovers(kit, "20 times open, ping, close", kit->fds, kit->threads);
}

static const char *bad_value(const krx_setting *s)
{
    if (s->type == KRX_SETTING_INT || s->type == KRX_SETTING_BOOL)
        return "kit-nonsense";
    if (s->type == KRX_SETTING_STRING && s->allowed && strchr(s->allowed, '|'))
        return "kit-nonsense";
    return NULL;
}

/* A value that the table forbids must not bring the module down; refused, it is refused well. */
static void bad_settings(krx_kit *kit, int arg)
{
    (void)arg;
    size_t tried = 0;
    for (const krx_setting *const *s = kit->module->settings; s && *s; s++) {
        const char *value = bad_value(*s);
        krx_error error;
        void *backend = NULL;
        if (!value)
            continue;
        const char *extra = krx_arena_printf(kit->arena, "%s=%s", (*s)->name, value);
        int32_t code = krx_kit_open(kit, extra, &backend, &error);
        tried++;
        if (code == 0) {
            kit->module->close(backend);
            continue;
        }
        CHECK(kit, code == KRX_E_INVALID_ARGUMENT && error.message[0] && error.code == code,
              "open with %s answers %s: '%s'", extra, krx_error_name(code), error.message);
    }
    no_leftovers(kit, "open with bad settings", kit->fds, kit->threads);
}

/* A newer host may know a setting that this module does not: it must not crash on it. */
static void unknown_setting(krx_kit *kit, int arg)
{
    krx_error error;
    void *backend = NULL;
    (void)arg;
    int32_t code = krx_kit_open(kit, "kit_no_such_setting=1", &backend, &error);
    if (code == 0)
        kit->module->close(backend);
    else
        CHECK(kit, code == KRX_E_INVALID_ARGUMENT && error.message[0],
              "open with an unknown setting answers %s: '%s'", krx_error_name(code), error.message);
    no_leftovers(kit, "open with an unknown setting", kit->fds, kit->threads);
}

static void load_again(krx_kit *kit, int arg)
{
    (void)arg;
    krx_kit_unload(kit);
    krx_kit_load(kit);
    kit->module->close(opened(kit, NULL));
}

const krx_kit_test krx_kit_module_tests[] = {
    {"module/note", note_fits, -1, -1, KRX_KIT_RAW},
    {"module/descriptor", descriptor, -1, -1, KRX_KIT_RAW},
    {"module/tables", tables, -1, -1, KRX_KIT_CLOSED},
    {"module/settings", settings, -1, -1, KRX_KIT_CLOSED},
    {"life/open-twice", open_twice, -1, -1, KRX_KIT_CLOSED},
    {"life/open-close-20", open_close_many, -1, -1, KRX_KIT_CLOSED},
    {"life/bad-settings", bad_settings, -1, -1, KRX_KIT_CLOSED},
    {"life/unknown-setting", unknown_setting, -1, -1, KRX_KIT_CLOSED},
    {"life/load-again", load_again, -1, -1, KRX_KIT_CLOSED},
    {NULL, NULL, -1, -1, 0},
};
