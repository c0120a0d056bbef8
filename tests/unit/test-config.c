/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config.h"
#include "core/kranix.h"
#include "lib/base/fd.h"
#include "lib/base/units.h"

typedef struct loaded {
    sandbox *box;
    krx_config *config;
    krx_diags diags;
    int32_t code;
} loaded;

static loaded load(sandbox *box, const char *own)
{
    loaded l = {.box = box};
    krx_config_files files = {.own = own,
                              .system_file = sandbox_path(box, "config.yaml"),
                              .system_dir = sandbox_path(box, "config.d")};
    krx_diags_init(&l.diags);
    l.code = krx_config_load(&box->call, &files, &l.config, &l.diags);
    return l;
}

static void unload(loaded *l)
{
    krx_config_free(l->config);
    krx_diags_free(&l->diags);
}

static const char *value(const loaded *l, const char *key)
{
    const krx_config_entry *entry = krx_config_find(l->config, key);
    return entry ? entry->value : NULL;
}

static void assert_origin(const loaded *l, const char *key, const char *file, int line)
{
    char wanted[300];
    (void)snprintf(wanted, sizeof wanted, "%s:%d", sandbox_path(l->box, file), line);
    assert_string_equal(krx_config_find(l->config, key)->origin, wanted);
}

static void test_defaults(void **state)
{
    loaded l = load(*state, NULL);
    assert_int_equal(l.code, 0);
    assert_string_equal(value(&l, "runtime.default_backend"), "auto");
    assert_string_equal(value(&l, "docker.host"), "unix:///var/run/docker.sock");
    assert_string_equal(value(&l, "volumes.auto_cleanup_on_destroy"), "false");
    assert_string_equal(value(&l, "image_cache.prepull_images"), "[]");
    assert_string_equal(krx_config_find(l.config, "log.level")->origin, "default");
    assert_null(value(&l, "no.such"));
    assert_null(value(&l, "docker"));
    unload(&l);
}

/* Each default is a value that its own row allows. */
static void test_defaults_are_allowed(void **state)
{
    sandbox *box = *state;
    for (size_t i = 0; i < krx_config_row_count; i++) {
        const krx_config_row *row = &krx_config_rows[i];
        const char *key = row->key, *rest;
        krx_auto_str krx_str text = {0};
        int depth = 0;
        assert_true(*row->help != '\0');
        while ((rest = strchr(key, '.'))) {
            krx_str_addf(&text, "%*s%.*s:\n", depth++ * 2, "", (int)(rest - key), key);
            key = rest + 1;
        }
        bool list = row->type == KRX_CONFIG_LIST || row->type == KRX_CONFIG_PLUGINS;
        krx_str_addf(&text, list ? "%*s%s: %s\n" : "%*s%s: \"%s\"\n", depth * 2, "", key, row->def);
        sandbox_write(box, "config.yaml", krx_str_get(&text));
        loaded l = load(box, NULL);
        if (l.code)
            fail_msg("%s: %s", row->key, box->error.message);
        if (!(row->type == KRX_CONFIG_DURATION || row->type == KRX_CONFIG_SIZE))
            assert_string_equal(value(&l, row->key), row->def);
        assert_origin(&l, row->key, "config.yaml", depth + 1);
        unload(&l);
    }
}

static void test_overlay(void **state)
{
    sandbox *box = *state;
    assert_int_equal(mkdir(sandbox_path(box, "config.d"), 0755), 0);
    sandbox_write(box, "config.yaml",
                  "runtime:\n  default_backend: podman\nlog:\n  level: info\n"
                  "image_cache:\n  prepull_images: [a, 'b \"c']\n");
    sandbox_write(box, "config.d/20-b.yaml", "log: {level: debug}\n");
    sandbox_write(box, "config.d/10-a.yaml", "log: {level: error, format: json}\n");
    sandbox_write(box, "config.d/30-c.yml", "nonsense: 1\n");
    sandbox_write(box, "config.d/.40-d.yaml", "nonsense: 1\n");
    loaded l = load(box, NULL);
    assert_int_equal(l.code, 0);
    assert_string_equal(value(&l, "runtime.default_backend"), "podman");
    assert_origin(&l, "runtime.default_backend", "config.yaml", 2);
    assert_string_equal(value(&l, "log.level"), "debug");
    assert_origin(&l, "log.level", "config.d/20-b.yaml", 1);
    assert_string_equal(value(&l, "log.format"), "json");
    assert_string_equal(value(&l, "image_cache.prepull_images"), "[\"a\", \"b \\\"c\"]");
    unload(&l);
}

/* What is too much is said, not left out. */
static void test_too_many_files(void **state)
{
    sandbox *box = *state;
    char name[32];
    assert_int_equal(mkdir(sandbox_path(box, "config.d"), 0755), 0);
    for (int i = 0; i < 1024; i++) {
        (void)snprintf(name, sizeof name, "config.d/%04d.yaml", i);
        sandbox_write(box, name, "");
    }
    loaded most = load(box, NULL);
    assert_int_equal(most.code, 0);
    unload(&most);
    sandbox_write(box, "config.d/more.yaml", "");
    loaded more = load(box, NULL);
    assert_int_equal(more.code, KRX_E_RESOURCE_EXHAUSTED);
    assert_message(box, "more than 1024 files in ");
    unload(&more);
}

static void test_own_file(void **state)
{
    sandbox *box = *state;
    sandbox_write(box, "config.yaml", "log: {level: debug}\n");
    sandbox_write(box, "own.yaml", "{\"log\": {\"format\": \"json\"}}\n");
    loaded l = load(box, sandbox_path(box, "own.yaml"));
    assert_int_equal(l.code, 0);
    assert_string_equal(value(&l, "log.level"), "warn");
    assert_string_equal(value(&l, "log.format"), "json");
    unload(&l);
    l = load(box, sandbox_path(box, "missing.yaml"));
    assert_int_equal(l.code, KRX_E_NOT_FOUND);
    assert_message(box, "missing.yaml");
    unload(&l);
    l = load(box, box->root);
    assert_int_not_equal(l.code, 0);
    unload(&l);
}

static void test_environment(void **state)
{
    (void)state;
    assert_int_equal(setenv("KRANIX_CONFIG", "/from/env.yaml", 1), 0);
    assert_string_equal(krx_config_files_get(NULL).own, "/from/env.yaml");
    assert_string_equal(krx_config_files_get("/mine.yaml").own, "/mine.yaml");
    assert_int_equal(setenv("KRANIX_CONFIG", "", 1), 0);
    assert_null(krx_config_files_get(NULL).own);
    unsetenv("KRANIX_CONFIG");
}

static void test_quantities(void **state)
{
    sandbox *box = *state;
    int64_t ns = 0, bytes = 0;
    sandbox_write(box, "config.yaml",
                  "ephemeral:\n  default_ttl: 90m\nvolumes:\n  default_size: 2Gi\n"
                  "edge_agent:\n  port: \"8080\"\n");
    loaded l = load(box, NULL);
    assert_int_equal(l.code, 0);
    assert_null(krx_parse_duration(value(&l, "ephemeral.default_ttl"), &ns));
    assert_int_equal(ns, INT64_C(5400000000000));
    assert_null(krx_parse_bytes(value(&l, "volumes.default_size"), &bytes));
    assert_int_equal(bytes, INT64_C(2147483648));
    assert_string_equal(value(&l, "edge_agent.port"), "8080");
    unload(&l);
}

static const char *complaint(const loaded *l, size_t i)
{
    static char text[512];
    krx_autofree char *made = i < l->diags.count ? krx_diag_text(&l->diags.items[i]) : NULL;
    (void)snprintf(text, sizeof text, "%s", made ? made : "");
    return text;
}

static void assert_complaint(const loaded *l, size_t i, const char *place, const char *part)
{
    const char *text = complaint(l, i);
    if (!strstr(text, place) || !strstr(text, part))
        fail_msg("complaint %zu '%s' lacks '%s' or '%s'", i, text, place, part);
}

/* All mistakes at once, each with its place. */
static void test_complaints(void **state)
{
    sandbox *box = *state;
    sandbox_write(box, "config.yaml",
                  "runtim:\n  default_backend: docker\n"              /* 1 */
                  "log:\n  level: loud\n  levle: info\n"              /* 4, 5 */
                  "metrics:\n  enabled: yes\n  metrics_port: 70000\n" /* 7, 8 */
                  "ephemeral: {default_ttl: soon}\n"                  /* 9 */
                  "volumes:\n  default_size: [1]\n"                   /* 11 */
                  "image_cache:\n  registry_mirrors: one\n"           /* 13 */
                  "bandwidth: true\n"                                 /* 14 */
                  "plugins:\n  allow:\n    - {name: docker, enable: true}\n    - {name: ../x}\n");
    loaded l = load(box, NULL);
    assert_int_equal(l.code, KRX_E_INVALID_ARGUMENT);
    assert_null(l.config);
    assert_complaint(&l, 0, "config.yaml:1:1: runtim", "did you mean 'runtime'?");
    assert_complaint(&l, 1, "config.yaml:4:10: log.level", "error|warn|info|debug");
    assert_complaint(&l, 2, "config.yaml:5:3: log.levle", "did you mean 'level'?");
    assert_complaint(&l, 3, "config.yaml:7:12: metrics.enabled", "not true or false");
    assert_complaint(&l, 4, "config.yaml:8:17: metrics.metrics_port", "from 1 to 65535");
    assert_complaint(&l, 5, "config.yaml:9:", "'soon' is not");
    assert_complaint(&l, 6, "config.yaml:11:", "a list where");
    assert_complaint(&l, 7, "config.yaml:13:", "text where a list is expected");
    assert_complaint(&l, 8, "config.yaml:14:", "section");
    assert_complaint(&l, 9, "config.yaml:17:", "did you mean 'enabled'?");
    assert_complaint(&l, 10, "config.yaml:18:", "no name of a module");
    assert_int_equal(l.diags.count, 11);
    unload(&l);
}

static void test_broken_texts(void **state)
{
    sandbox *box = *state;
    static const char *const texts[] = {"a: [",
                                        "- 1\n",
                                        "just text\n",
                                        "log: {}\n---\nlog: {}\n",
                                        "log: {level: info}\nlog: {level: info}\n",
                                        "\xff\xfe"};
    for (size_t i = 0; i < KRX_COUNT(texts); i++) {
        sandbox_write(box, "config.yaml", texts[i]);
        loaded l = load(box, NULL);
        assert_int_equal(l.code, KRX_E_INVALID_ARGUMENT);
        assert_true(l.diags.count > 0);
        unload(&l);
    }
    static const char *const fine[] = {"", "\n", "# nothing\n", "---\n", "log:\n", "docker: ~\n"};
    for (size_t i = 0; i < KRX_COUNT(fine); i++) {
        sandbox_write(box, "config.yaml", fine[i]);
        loaded l = load(box, NULL);
        if (l.code)
            fail_msg("'%s': %s", fine[i], box->error.message);
        unload(&l);
    }
}

typedef struct settings {
    char text[512];
} settings;

static int32_t add_setting(void *ctx, const char *name, const krx_config_entry *entry)
{
    settings *s = ctx;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof s->text - used, "%s=%s;", name, entry->value);
    return 0;
}

static void test_module_settings(void **state)
{
    sandbox *box = *state;
    settings s = {{0}};
    sandbox_write(box, "config.yaml", "docker:\n  host: tcp://h:1\n  tls: true\n  tls: x\n");
    loaded l = load(box, NULL);
    assert_int_equal(l.code, KRX_E_INVALID_ARGUMENT); /* the same key twice */
    unload(&l);
    sandbox_write(
        box, "config.yaml",
        "docker:\n  host: tcp://h:1\n  tls: true\npodman:\n  api_token: abc\n  authToken: abc\n");
    l = load(box, NULL);
    assert_int_equal(l.code, 0);
    assert_int_equal(krx_config_settings(l.config, "docker", add_setting, &s), 0);
    assert_string_equal(s.text, "host=tcp://h:1;tls=true;");
    s.text[0] = '\0';
    assert_int_equal(krx_config_settings(l.config, "kubernetes", add_setting, &s), 0);
    assert_string_equal(s.text, "");
    assert_true(krx_config_secret(krx_config_find(l.config, "podman.api_token")));
    assert_true(krx_config_secret(krx_config_find(l.config, "podman.authToken")));
    assert_false(krx_config_secret(krx_config_find(l.config, "docker.tls")));
    assert_true(krx_config_secret(krx_config_find(l.config, "edge_agent.auth_token")));
    assert_origin(&l, "docker.tls", "config.yaml", 3);
    unload(&l);
}

static void test_plugins(void **state)
{
    sandbox *box = *state;
    sandbox_write(box, "config.yaml",
                  "plugins:\n  allow:\n    - name: docker\n      module: x\n      description: y\n"
                  "    - {name: podman, enabled: false}\n");
    loaded l = load(box, NULL);
    assert_int_equal(l.code, 0);
    assert_string_equal(l.config->plugins[0]->name, "docker");
    assert_true(l.config->plugins[0]->enabled);
    assert_string_equal(l.config->plugins[1]->name, "podman");
    assert_false(l.config->plugins[1]->enabled);
    assert_null(l.config->plugins[2]);
    assert_string_equal(value(&l, "plugins.allow"),
                        "[{name: docker, enabled: true}, {name: podman, enabled: false}]");
    unload(&l);
}

static int32_t find_token(void *ctx, const krx_config_item *item)
{
    settings *s = ctx;
    if (strcmp(item->key, "edge_agent.auth_token") == 0)
        (void)snprintf(s->text, sizeof s->text, "%s %u", item->value, item->secret);
    assert_null(strstr(item->value, "hunter2"));
    return 0;
}

static void test_runtime(void **state)
{
    sandbox *box = *state;
    krx_runtime *runtime = NULL;
    settings s = {{0}};
    char own[300];
    (void)snprintf(own, sizeof own, "%s", sandbox_path(box, "own.yaml"));
    krx_runtime_options options = {.struct_size = sizeof options, .config_file = own};
    sandbox_write(box, "own.yaml", "edge_agent: {auth_token: hunter2}\n");
    assert_int_equal(krx_runtime_new(&box->call, &options, &runtime), 0);
    assert_int_equal(krx_config_each(runtime, find_token, &s), 0);
    assert_string_equal(s.text, "******** 1");
    assert_string_equal(krx_config_value(runtime, "edge_agent.auth_token"), "hunter2");
    assert_null(krx_config_value(runtime, "nothing"));
    krx_runtime_free(runtime);
    sandbox_write(box, "own.yaml", "log: {level: 7}\n");
    assert_int_equal(krx_runtime_new(&box->call, &options, &runtime), KRX_E_INVALID_ARGUMENT);
    assert_message(box, "log.level");
}

static void count_line(void *ctx, const char *line)
{
    int *count = ctx;
    assert_non_null(strstr(line, "own.yaml:"));
    (*count)++;
}

static void test_check(void **state)
{
    sandbox *box = *state;
    int count = 0;
    sandbox_write(box, "own.yaml", "log: {level: 7, form: x}\n");
    assert_int_equal(
        krx_config_check(&box->call, sandbox_path(box, "own.yaml"), count_line, &count),
        KRX_E_INVALID_ARGUMENT);
    assert_int_equal(count, 2);
    sandbox_write(box, "own.yaml", "log: {level: info}\n");
    assert_int_equal(
        krx_config_check(&box->call, sandbox_path(box, "own.yaml"), count_line, &count), 0);
    assert_int_equal(count, 2);
}

/* docs/reference/config.md holds the table as it is generated from the rows. */
static void test_reference_is_fresh(void **state)
{
    sandbox *box = *state;
    krx_auto_str krx_str table = {0}, page = {0};
    const char *source = getenv("KRX_SRCDIR");
    krx_autofree char *path = krx_format("%s/docs/reference/config.md", source ? source : ".");
    krx_config_markdown(&table);
    if (krx_read_file(&box->call, path, 1u << 20, &page))
        fail_msg("%s", box->error.message);
    if (!strstr(krx_str_get(&page), krx_str_get(&table))) {
        (void)fputs(krx_str_get(&table), stdout);
        fail_msg("%s is stale: its table must be the one above", path);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_defaults),     T(test_defaults_are_allowed),
        T(test_overlay),      T(test_too_many_files),
        T(test_own_file),     T(test_environment),
        T(test_quantities),   T(test_complaints),
        T(test_broken_texts), T(test_module_settings),
        T(test_plugins),      T(test_runtime),
        T(test_check),        T(test_reference_is_fresh),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
