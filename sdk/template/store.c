/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of the workloads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

workload *sample_find(const sample *s, const krx_ref *ref)
{
    for (workload *w = s->first; w; w = w->next)
        if (ref->workload && strcmp(w->name, ref->workload) == 0 &&
            strcmp(w->namespace_, ref->namespace_) == 0)
            return w;
    return NULL;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static size_t count(const void *list)
{
    const void *const *items = list;
    size_t n = 0;
    while (items && items[n])
        n++;
    return n;
}

static char **make_argv(const krx_workload *spec)
{
    size_t commands = count(spec->command), args = count(spec->args);
    char **argv = calloc(commands + args + 1, sizeof *argv);
    for (size_t i = 0; argv && i < commands; i++)
        argv[i] = copy(spec->command[i]);
    for (size_t i = 0; argv && i < args; i++)
        argv[commands + i] = copy(spec->args[i]);
    return argv;
}

/* The environment of the spec; PATH comes from the host when the spec has none. */
static char **make_env(const krx_workload *spec)
{
    size_t n = count(spec->env), used = 0;
    const char *path = getenv("PATH");
    char **env = calloc(n + 2, sizeof *env);
    if (!env)
        return NULL;
    if (path && asprintf(&env[used], "PATH=%s", path) >= 0)
        used++;
    for (size_t i = 0; i < n; i++)
        if (asprintf(&env[used], "%s=%s", spec->env[i]->key, spec->env[i]->value) >= 0)
            used++;
    return env;
}

static krx_kv **copy_labels(const krx_kv *const *labels)
{
    size_t n = count(labels);
    krx_kv **list = calloc(n + 1, sizeof *list);
    for (size_t i = 0; list && i < n; i++) {
        list[i] = calloc(1, sizeof **list);
        if (!list[i])
            break;
        list[i]->struct_size = sizeof **list;
        list[i]->key = copy(labels[i]->key);
        list[i]->value = copy(labels[i]->value);
    }
    return list;
}

workload *sample_workload_new(krx_call *call, const krx_deploy_req *req)
{
    const krx_workload *spec = req->spec;
    workload *w = calloc(1, sizeof *w);
    if (!w) {
        krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        return NULL;
    }
    w->name = copy(spec->name);
    w->namespace_ = copy(spec->namespace_);
    w->image = copy(spec->image);
    w->working_dir = copy(spec->working_dir);
    w->spec_json = copy(req->spec_json);
    w->argv = make_argv(spec);
    w->env = make_env(spec);
    w->labels = copy_labels(spec->labels);
    w->grace_ns =
        spec->stop_grace_period_ns == KRX_UNSET ? INT64_C(10000000000) : spec->stop_grace_period_ns;
    w->created_ns = w->updated_ns = sample_now();
    if (asprintf(&w->id, "%s/%s", spec->namespace_, spec->name) < 0)
        w->id = NULL;
    if (!w->name || !w->namespace_ || !w->id || !w->argv || !w->env || !w->labels) {
        sample_workload_free(w);
        krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        return NULL;
    }
    return w;
}

static void free_strings(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

void sample_workload_free(workload *w)
{
    for (size_t i = 0; w->labels && w->labels[i]; i++) {
        free((void *)(uintptr_t)w->labels[i]->key);
        free((void *)(uintptr_t)w->labels[i]->value);
        free(w->labels[i]);
    }
    while (w->instances) {
        instance *i = w->instances;
        w->instances = i->next;
        free(i);
    }
    free(w->labels);
    free_strings(w->argv);
    free_strings(w->env);
    free(w->name);
    free(w->namespace_);
    free(w->id);
    free(w->image);
    free(w->working_dir);
    free(w->spec_json);
    free(w);
}

static int same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static int same_strings(char **a, char **b)
{
    size_t n = count(a);
    if (n != count(b))
        return 0;
    for (size_t i = 0; i < n; i++)
        if (!same_text(a[i], b[i]))
            return 0;
    return 1;
}

int sample_same_labels(const workload *a, const workload *b)
{
    size_t n = count(a->labels);
    if (n != count(b->labels))
        return 0;
    for (size_t i = 0; i < n; i++)
        if (!same_text(a->labels[i]->key, b->labels[i]->key) ||
            !same_text(a->labels[i]->value, b->labels[i]->value))
            return 0;
    return 1;
}

/* Whether the processes of one can go on as those of the other. */
int sample_same_run(const workload *a, const workload *b, const char **field)
{
    *field = !same_strings(a->argv, b->argv)              ? "command"
             : !same_strings(a->env, b->env)              ? "env"
             : !same_text(a->working_dir, b->working_dir) ? "workingDir"
             : !same_text(a->image, b->image)             ? "image"
                                                          : NULL;
    return *field == NULL;
}
