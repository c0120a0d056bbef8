/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads and instances as sorted tables. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "programs/kranix/list.h"

typedef struct pair {
    const void *item;
    const char *backend;
} pair;

static int text_order(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int by_status(const void *x, const void *y)
{
    const pair *p = x, *q = y;
    const krx_status *a = p->item, *b = q->item;
    int order = text_order(a->namespace_, b->namespace_);
    if (!order)
        order = text_order(a->name, b->name);
    return order ? order : text_order(p->backend, q->backend);
}

static int by_instance(const void *x, const void *y)
{
    const pair *p = x, *q = y;
    const krx_instance *a = p->item, *b = q->item;
    int order = text_order(a->namespace_, b->namespace_);
    if (!order)
        order = text_order(a->workload, b->workload);
    if (!order && a->replica != b->replica)
        order = a->replica < b->replica ? -1 : 1;
    if (!order)
        order = text_order(a->name, b->name);
    return order ? order : text_order(p->backend, q->backend);
}

static void sort(krx_cli_rows *rows, int (*order)(const void *, const void *))
{
    krx_autofree pair *pairs = calloc(rows->count + 1, sizeof *pairs);
    if (!pairs)
        return;
    for (size_t i = 0; i < rows->count; i++)
        pairs[i] = (pair){rows->items[i], rows->backends[i]};
    qsort(pairs, rows->count, sizeof *pairs, order);
    for (size_t i = 0; i < rows->count; i++) {
        rows->items[i] = pairs[i].item;
        rows->backends[i] = pairs[i].backend;
    }
}

void krx_cli_sort_statuses(krx_cli_rows *rows)
{
    sort(rows, by_status);
}

void krx_cli_sort_instances(krx_cli_rows *rows)
{
    sort(rows, by_instance);
}

static void add_ready(krx_cli_table *table, const krx_status *status)
{
    if (status->error_code || status->replicas < 0)
        krx_cli_table_add(table, "-");
    else
        krx_cli_table_addf(table, "%lld/%lld", (long long)status->ready_replicas,
                           (long long)status->replicas);
}

bool krx_cli_status_table(krx_cli *cli, const krx_cli_rows *rows, krx_str *out)
{
    static const char *const titles[] = {"NAME", "NAMESPACE", "BACKEND", "STATE", "READY",  "IMAGE",
                                         "AGE",  "MANAGED",   "HOST",    "ID",    "MESSAGE"};
    static const char *const plain[] = {"NAME",  "NAMESPACE", "BACKEND", "STATE",
                                        "READY", "IMAGE",     "AGE",     "MANAGED"};
    krx_auto_table krx_cli_table table;
    bool wide = cli->format == KRX_FORMAT_WIDE, unmanaged = krx_cli_flag(cli, KRX_OPT_UNMANAGED);
    int64_t now = krx_now_unix();
    char age[24];
    krx_cli_table_init(&table, wide ? titles : plain,
                       wide ? KRX_COUNT(titles) : KRX_COUNT(plain) - !unmanaged);
    for (size_t i = 0; i < rows->count; i++) {
        const krx_status *status = rows->items[i];
        krx_cli_table_add(&table, status->name);
        krx_cli_table_add(&table, status->namespace_);
        krx_cli_table_add(&table, status->backend ? status->backend : rows->backends[i]);
        krx_cli_table_add(&table, status->state);
        add_ready(&table, status);
        krx_cli_table_add(&table, status->image);
        krx_cli_table_add(&table, krx_cli_age(status->created_ns, now, age));
        if (wide || unmanaged)
            krx_cli_table_add(&table, status->managed ? "yes" : "no");
        if (wide) {
            krx_cli_table_add(&table, status->host);
            krx_cli_table_add(&table, status->id);
            krx_cli_table_add(&table, status->message);
        }
    }
    return krx_cli_table_text(&table, cli->color_out, out);
}

static void add_ports(krx_cli_table *table, const krx_instance *instance)
{
    krx_auto_str krx_str ports = {0};
    for (size_t i = 0; instance->ports && instance->ports[i]; i++)
        krx_str_addf(&ports, "%s%s", i ? ", " : "", instance->ports[i]);
    krx_cli_table_add(table, krx_str_get(&ports));
}

static void add_restarts(krx_cli_table *table, const krx_instance *instance)
{
    if (instance->restarts == KRX_UNSET)
        krx_cli_table_add(table, "-");
    else
        krx_cli_table_addf(table, "%lld", (long long)instance->restarts);
}

bool krx_cli_instance_table(krx_cli *cli, const krx_cli_rows *rows, krx_str *out)
{
    static const char *const titles[] = {"NAME",    "WORKLOAD", "NAMESPACE", "BACKEND", "STATE",
                                         "HEALTH",  "RESTARTS", "IMAGE",     "AGE",     "PORTS",
                                         "MANAGED", "IP",       "HOST",      "ID",      "STATUS"};
    krx_auto_table krx_cli_table table;
    bool wide = cli->format == KRX_FORMAT_WIDE, unmanaged = krx_cli_flag(cli, KRX_OPT_UNMANAGED);
    int64_t now = krx_now_unix();
    char age[24];
    krx_cli_table_init(&table, titles, wide ? KRX_COUNT(titles) : unmanaged ? 11 : 10);
    for (size_t i = 0; i < rows->count; i++) {
        const krx_instance *instance = rows->items[i];
        krx_cli_table_add(&table, instance->name);
        krx_cli_table_add(&table, instance->workload);
        krx_cli_table_add(&table, instance->namespace_);
        krx_cli_table_add(&table, rows->backends[i]);
        krx_cli_table_add(&table, instance->state);
        krx_cli_table_add(&table, instance->health);
        add_restarts(&table, instance);
        krx_cli_table_add(&table, instance->image);
        krx_cli_table_add(&table, krx_cli_age(instance->created_ns, now, age));
        add_ports(&table, instance);
        if (wide || unmanaged)
            krx_cli_table_add(&table, instance->managed ? "yes" : "no");
        if (wide) {
            krx_cli_table_add(&table, instance->ip);
            krx_cli_table_add(&table, instance->host);
            krx_cli_table_add(&table, instance->id);
            krx_cli_table_add(&table, instance->status);
        }
    }
    return krx_cli_table_text(&table, cli->color_out, out);
}
