/* SPDX-License-Identifier: Apache-2.0 */
/* Credential plugins of a kubeconfig, and what a cluster has for them. */
#include <math.h>
#include <string.h>

#include "lib/json/json.h"
#include "lib/kube/config/read.h"

#define V1 "client.authentication.k8s.io/v1"
#define V1BETA1 "client.authentication.k8s.io/v1beta1"
#define EXTENSION "client.authentication.k8s.io/exec"

static int interactive_of(const krx_kube_map *exec, const char *api_version)
{
    static const char *const modes[] = {"Never", "IfAvailable", "Always"};
    const krx_node *node = krx_node_get(exec->node, "interactiveMode");
    const char *mode = krx_kube_text(exec, "interactiveMode");
    for (size_t i = 0; mode && i < KRX_COUNT(modes); i++)
        if (krx_streq(mode, modes[i]))
            return (int)i;
    if (mode || krx_streq(api_version, V1))
        krx_kube_complain(exec, node, "interactiveMode",
                          "%s: Never, IfAvailable or Always are allowed",
                          mode ? "is not known" : "is missing");
    return KRX_KUBE_INTERACTIVE_IF_AVAILABLE;
}

static const krx_kv *const *env_of(const krx_kube_map *exec)
{
    const krx_node *list = krx_kube_list_node(exec, "env");
    krx_arena *arena = exec->reader->config->arena;
    krx_ptrs pairs = {0};
    for (size_t i = 0; list && i < list->count; i++) {
        krx_kube_map item = {exec->reader, exec->file, list->items[i], "env"};
        krx_kv *pair = krx_arena_new_of(arena, krx_kv);
        const char *name = krx_kube_text(&item, "name"), *value = krx_kube_text(&item, "value");
        if (!name || strchr(name, '='))
            krx_kube_complain(exec, list->items[i], "env", "each entry needs a name and a value");
        else if (pair && krx_ptrs_add(arena, &pairs, pair) == 0)
            *pair = (krx_kv){.key = name, .value = value ? value : ""};
    }
    return (const krx_kv *const *)krx_ptrs_end(arena, &pairs);
}

/* A name without slash is looked up in PATH, a relative one is beside the file. */
static const char *command_of(const krx_kube_map *exec)
{
    const char *command = krx_kube_text(exec, "command");
    if (!command)
        krx_kube_complain(exec, krx_node_get(exec->node, "command"), "command", "is missing");
    return command && strchr(command, '/') ? krx_kube_file_name(exec, "command") : command;
}

void krx_kube_read_exec(const krx_kube_map *exec)
{
    krx_kube_config *c = exec->reader->config;
    krx_kube_exec *e = krx_arena_new_of(c->arena, krx_kube_exec);
    if (!e)
        return;
    e->api_version = krx_kube_text(exec, "apiVersion");
    if (!krx_streq(e->api_version, V1) && !krx_streq(e->api_version, V1BETA1))
        krx_kube_complain(exec, krx_node_get(exec->node, "apiVersion"), "apiVersion",
                          "must be " V1 " or " V1BETA1);
    e->command = command_of(exec);
    e->args = krx_kube_texts(exec, "args");
    e->env = env_of(exec);
    e->install_hint = krx_kube_text(exec, "installHint");
    e->provide_cluster_info = krx_kube_flag(exec, "provideClusterInfo");
    e->interactive = interactive_of(exec, e->api_version);
    c->exec = e;
}

/* -------------------------------------------------------------------------- the cluster's config
 */

static cJSON *to_json(const krx_node *node);

static cJSON *scalar_to_json(const krx_node *node)
{
    char *end = NULL;
    double number = strtod(node->text, &end);
    if (node->quoted)
        return cJSON_CreateString(node->text);
    if (krx_streq(node->text, "true") || krx_streq(node->text, "false"))
        return cJSON_CreateBool(*node->text == 't');
    if (end != node->text && !*end && isfinite(number) &&
        !node->text[strspn(node->text, "+-.0123456789eE")])
        return cJSON_CreateNumber(number);
    return cJSON_CreateString(node->text);
}

static bool add_children(cJSON *json, const krx_node *node)
{
    bool ok = json != NULL;
    for (size_t i = 0; ok && i < node->count; i++) {
        cJSON *item = to_json(node->items[i]);
        ok = item &&
             (node->type == KRX_NODE_LIST ? cJSON_AddItemToArray(json, item)
                                          : cJSON_AddItemToObject(json, node->keys[i]->text, item));
        if (!ok)
            cJSON_Delete(item);
    }
    return ok;
}

static cJSON *to_json(const krx_node *node)
{
    cJSON *json;
    if (node->type == KRX_NODE_NULL)
        return cJSON_CreateNull();
    if (node->type == KRX_NODE_SCALAR)
        return scalar_to_json(node);
    json = node->type == KRX_NODE_LIST ? cJSON_CreateArray() : cJSON_CreateObject();
    if (add_children(json, node))
        return json;
    cJSON_Delete(json);
    return NULL;
}

static const krx_node *extension_of(const krx_kube_map *cluster)
{
    const krx_node *list = krx_kube_list_node(cluster, "extensions");
    for (size_t i = 0; list && i < list->count; i++) {
        const krx_node *name = krx_node_get(list->items[i], "name");
        if (name && krx_streq(name->text, EXTENSION))
            return krx_node_get(list->items[i], "extension");
    }
    return NULL;
}

void krx_kube_read_exec_config(const krx_kube_map *cluster)
{
    krx_kube_config *c = cluster->reader->config;
    const krx_node *extension = extension_of(cluster);
    if (!extension)
        return;
    krx_auto_json cJSON *json = to_json(extension);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    c->exec_cluster_config = krx_arena_strdup(c->arena, text);
    cJSON_free(text);
}
