/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/results.h"
#include "programs/kranix/bulk.h"
#include "programs/kranix/list.h"
#include "programs/kranix/values.h"

#define WATCH_EVERY_NS (2 * KRX_NS_PER_S)

/* --watch after the first time: what does not answer is said once, and when it does again. */
typedef struct watch {
    bool on;
    char trouble[KRX_ERROR_MESSAGE_MAX];
} watch;

typedef struct listing {
    krx_cli *cli;
    krx_cli_answer *answers;
    size_t count;
    bool instances;
    watch *watch;
} listing;

static const krx_kv *const *selector(krx_cli *cli, krx_arena *arena)
{
    krx_ptrs list = {0};
    const char *text;
    for (size_t n = 0; (text = krx_cli_nth(cli, KRX_OPT_SELECTOR, n)) != NULL; n++) {
        const char *key, *value;
        size_t key_length, value_length;
        while (text && krx_cli_next_label(&text, &key, &key_length, &value, &value_length)) {
            krx_kv *kv = krx_arena_new_of(arena, krx_kv);
            if (!kv)
                return NULL;
            kv->struct_size = sizeof *kv;
            kv->key = krx_arena_strndup(arena, key, key_length);
            kv->value = krx_arena_strndup(arena, value, value_length);
            (void)krx_ptrs_add(arena, &list, kv);
        }
    }
    return (const krx_kv *const *)list.items;
}

static void ask(void *ctx, size_t i)
{
    listing *l = ctx;
    krx_cli *cli = l->cli;
    krx_cli_answer *answer = &l->answers[i];
    krx_backend *backend = NULL;
    krx_cli_call call;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    answer->op = krx_cli_op_new();
    krx_list_req *req = answer->op ? krx_arena_new_of(answer->op->arena, krx_list_req) : NULL;
    if (!req) {
        answer->code = krx_fail(&call.call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    } else {
        *req = (krx_list_req){.struct_size = sizeof *req,
                              .with_instances = krx_cli_structured(cli),
                              .unmanaged = krx_cli_flag(cli, KRX_OPT_UNMANAGED),
                              .all = 1,
                              .namespace_ =
                                  krx_cli_flag(cli, KRX_OPT_ALL_NAMESPACES)
                                      ? NULL
                                      : krx_arena_strdup(answer->op->arena, krx_cli_namespace(cli)),
                              .selector = selector(cli, answer->op->arena),
                              .namespace_implied = krx_cli_namespace_implied(cli)};
        krx_cli_items_init(&answer->items, answer->op->arena,
                           l->instances ? KRX_ITEM_INSTANCE : KRX_ITEM_STATUS);
        answer->code = answer->backend ? krx_runtime_backend(&call.call, cli->runtime,
                                                             answer->backend, &backend)
                                       : krx_cli_backend(cli, &call.call, NULL, &backend);
    }
    if (!answer->code) {
        answer->backend = krx_backend_name(backend);
        answer->code =
            krx_cli_invoke(&call.call, backend,
                           l->instances ? KRX_OP_container_list : KRX_OP_driver_list_workloads, req,
                           &answer->items.sink, answer->op);
    }
    answer->error = call.error;
    answer->error.code = answer->code;
}

static void nothing(void *ctx, size_t i)
{
    (void)ctx;
    (void)i;
}

static int find_answers(krx_cli *cli, listing *l)
{
    const char *const *names = NULL;
    krx_cli_call call;
    l->count = 1;
    if (krx_cli_flag(cli, KRX_OPT_ALL_BACKENDS)) {
        krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
        if (krx_runtime_backend_names(&call.call, cli->runtime, &names) < 0)
            return krx_cli_error(cli, &call.error);
        for (l->count = 0; names[l->count];)
            l->count++;
    }
    l->answers = calloc(l->count + 1, sizeof *l->answers);
    if (!l->answers)
        return krx_cli_no_memory(cli);
    for (size_t i = 0; names && i < l->count; i++)
        l->answers[i].backend = names[i];
    return 0;
}

static bool gather(const listing *l, krx_cli_rows *rows)
{
    size_t total = 0;
    for (size_t i = 0; i < l->count; i++)
        total += l->answers[i].items.list.count;
    rows->items = calloc(total + 1, sizeof *rows->items);
    rows->backends = calloc(total + 1, sizeof *rows->backends);
    if (!rows->items || !rows->backends)
        return false;
    for (size_t i = 0; i < l->count; i++)
        for (size_t k = 0; k < l->answers[i].items.list.count; k++) {
            rows->items[rows->count] = l->answers[i].items.list.items[k];
            rows->backends[rows->count++] = l->answers[i].backend;
        }
    if (l->instances)
        krx_cli_sort_instances(rows);
    else
        krx_cli_sort_statuses(rows);
    return true;
}

static void free_rows(krx_cli_rows *rows)
{
    free(rows->items);
    free(rows->backends);
}

static cJSON *row_json(const listing *l, const krx_cli_rows *rows, size_t i)
{
    cJSON *json =
        l->instances ? krx_instance_to_json(rows->items[i]) : krx_status_to_json(rows->items[i]);
    if (json && !cJSON_GetObjectItemCaseSensitive(json, "backend") && rows->backends[i])
        cJSON_AddStringToObject(json, "backend", rows->backends[i]);
    return json;
}

static int print_json(krx_cli *cli, const listing *l, const krx_cli_rows *rows)
{
    krx_cli_array list = {.cli = cli};
    for (size_t i = 0; i < rows->count; i++)
        krx_cli_array_add(&list, row_json(l, rows, i));
    for (size_t i = 0; i < l->count; i++) {
        const krx_cli_answer *answer = &l->answers[i];
        if (!answer->code)
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "backend", answer->backend ? answer->backend : "");
        cJSON_AddStringToObject(item, "state", "Unknown");
        cJSON_AddStringToObject(item, "error", answer->error.message);
        cJSON_AddStringToObject(item, "code", krx_error_name(answer->code));
        krx_cli_array_add(&list, item);
    }
    return krx_cli_array_end(&list);
}

static const char *name_of(const listing *l, const void *item)
{
    return l->instances ? ((const krx_instance *)item)->name : ((const krx_status *)item)->name;
}

static int print_rows(krx_cli *cli, const listing *l, const krx_cli_rows *rows)
{
    krx_auto_str krx_str text = {0};
    if (krx_cli_structured(cli))
        return print_json(cli, l, rows);
    if (cli->format == KRX_FORMAT_NAME) {
        for (size_t i = 0; i < rows->count; i++)
            (void)printf("%s\n", name_of(l, rows->items[i]));
        return 0;
    }
    if (!(l->instances ? krx_cli_instance_table(cli, rows, &text)
                       : krx_cli_status_table(cli, rows, &text)))
        return krx_cli_no_memory(cli);
    (void)fputs(krx_str_get(&text), stdout);
    return 0;
}

/* It may come back. */
static bool passes(int32_t code)
{
    return code == KRX_E_UNAVAILABLE || code == KRX_E_DEADLINE_EXCEEDED;
}

static int bear(krx_cli *cli, watch *w, const krx_cli_answer *answer)
{
    if (strcmp(w->trouble, answer->error.message) != 0)
        krx_cli_note(cli, "warning", "%s%s%s; still trying", answer->backend ? answer->backend : "",
                     answer->backend ? ": " : "", answer->error.message);
    (void)snprintf(w->trouble, sizeof w->trouble, "%s", answer->error.message);
    return 0;
}

/* What could not be read: a backend as a whole, or one workload. */
static int print_failures(krx_cli *cli, const listing *l, const krx_cli_rows *rows)
{
    int status = 0;
    size_t failed = 0;
    for (size_t i = 0; i < l->count; i++) {
        const krx_cli_answer *answer = &l->answers[i];
        if (!answer->code)
            continue;
        int one =
            l->watch->on && passes(answer->code)
                ? bear(cli, l->watch, answer)
                : krx_cli_error_on(cli, l->count > 1 ? answer->backend : NULL, &answer->error);
        status = status ? status : one;
        failed++;
    }
    if (!failed && l->watch->trouble[0]) {
        krx_cli_note(cli, "note", "it answers again");
        l->watch->trouble[0] = '\0';
    }
    for (size_t i = 0; !l->instances && i < rows->count; i++) {
        const krx_status *item = rows->items[i];
        if (item->error_code)
            krx_cli_note(cli, "warning", "%s: %s", item->name,
                         item->message ? item->message : krx_error_name(item->error_code));
    }
    return failed == l->count ? status : 0;
}

static int list_once(krx_cli *cli, bool clear, watch *w)
{
    listing l = {.cli = cli, .instances = krx_cli_flag(cli, KRX_OPT_INSTANCES), .watch = w};
    krx_cli_rows rows = {0};
    int status = find_answers(cli, &l);
    if (!status) {
        krx_cli_parallel(l.count, l.count, ask, nothing, &l);
        bool nobody = l.count > 0;
        for (size_t i = 0; i < l.count; i++)
            nobody = nobody && l.answers[i].code;
        if (!gather(&l, &rows))
            status = krx_cli_no_memory(cli);
        if (clear && !(nobody && w->on))
            (void)fputs("\033[H\033[J", stdout);
        /* one that failed half-way has told what it could */
        if (!status && (rows.count || !(nobody && l.count == 1)))
            status = print_rows(cli, &l, &rows);
        if (!status)
            status = print_failures(cli, &l, &rows);
    }
    free_rows(&rows);
    for (size_t i = 0; l.answers && i < l.count; i++)
        krx_cli_op_unref(l.answers[i].op);
    free(l.answers);
    return status;
}

int krx_cli_list(krx_cli *cli)
{
    watch state = {0};
    int status = 0;
    if (krx_cli_flag(cli, KRX_OPT_ALL_NAMESPACES) && krx_cli_flag(cli, KRX_OPT_NAMESPACE))
        return krx_cli_usage(cli, NULL, "--namespace and --all-namespaces exclude each other");
    if (krx_cli_flag(cli, KRX_OPT_ALL_BACKENDS) && krx_cli_flag(cli, KRX_OPT_BACKEND))
        return krx_cli_usage(cli, NULL, "--backend and --all-backends exclude each other");
    if (!krx_cli_runtime(cli, &status))
        return status;
    if (!krx_cli_flag(cli, KRX_OPT_WATCH))
        return list_once(cli, false, &state);
    for (;;) {
        krx_cli_call call;
        bool screen = cli->tty_out && !krx_cli_structured(cli);
        status = list_once(cli, screen, &state);
        state.on = true;
        if (status || krx_cli_finish(cli, 0) || feof(stdout) || ferror(stdout))
            return status;
        krx_cli_call_init(cli, &call, KRX_CLI_FOREVER);
        call.call.deadline_ns = KRX_NO_DEADLINE;
        if (krx_sleep(&call.call, WATCH_EVERY_NS) < 0)
            return krx_cli_exit_status(KRX_E_CANCELLED);
    }
}
