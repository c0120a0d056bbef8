/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are not in the table: what their writer may have meant. */
#include <string.h>

#include "lib/model/parse.h"

/* Habits from Compose, docker and Kubernetes. */
static const struct {
    const char *key;
    const char *hint;
} habits[] = {
    {"environment", "the variables belong in 'env'"},
    {"env_file", "the field is called 'envFile'"},
    {"envFrom", "files of variables belong in 'envFile'"},
    {"entrypoint", "the field is called 'command'; the arguments after it 'args'"},
    {"restart", "the field is called 'restartPolicy'"},
    {"container_name", "the field is called 'name'"},
    {"working_dir", "the field is called 'workingDir'"},
    {"stop_grace_period", "the field is called 'stopGracePeriod'"},
    {"terminationGracePeriodSeconds", "the field is called 'stopGracePeriod'"},
    {"stop_signal", "the field is called 'stopSignal'"},
    {"extra_hosts", "the field is called 'extraHosts'"},
    {"hostAliases", "the field is called 'extraHosts'"},
    {"imagePullPolicy", "the field is called 'pullPolicy'"},
    {"pull_policy", "the field is called 'pullPolicy'"},
    {"read_only", "the field is called 'readOnlyRootFilesystem'"},
    {"cap_add", "the field is called 'capabilities.add'"},
    {"cap_drop", "the field is called 'capabilities.drop'"},
    {"healthcheck", "checks belong in 'probes'"},
    {"livenessProbe", "the field is called 'probes.liveness'"},
    {"readinessProbe", "the field is called 'probes.readiness'"},
    {"startupProbe", "the field is called 'probes.startup'"},
    {"depends_on", "the field is called 'dependencies'"},
    {"volumeMounts", "storage belongs in 'volumes', host folders in 'mounts'"},
    {"cpu", "the fields are called 'cpuLimit' and 'cpuRequest'"},
    {"cpus", "the field is called 'resources.cpuLimit'"},
    {"memory", "the fields are called 'memoryLimit' and 'memoryRequest'"},
    {"mem_limit", "the field is called 'resources.memoryLimit'"},
    {"gpus", "the field is called 'resources.gpu'"},
    {"limits", "limits are called 'cpuLimit' and 'memoryLimit'"},
    {"requests", "requests are called 'cpuRequest' and 'memoryRequest'"},
    {"published", "the field is called 'hostPort'"},
    {"network_mode", "the field is called 'network'"},
    {"networkMode", "the field is called 'network'"},
    {"runtimeClassName", "the field is called 'runtime'"},
    {"hostNetwork", "the field is called 'network': 'network: host'"},
    {"stdin_open", "the field is called 'stdin'"},
    {"interactive", "the field is called 'stdin'"},
    {"openStdin", "the field is called 'stdin'"},
    {"stdinOnce", "standard input stays open: 'stdin: true' is all there is"},
    {"terminal", "the field is called 'tty'"},
    {"nodeSelector", "the field is called 'scheduling.nodeSelectors'"},
};

typedef struct search {
    const char *key;
    krx_str *found;
    size_t count;
} search;

static int remember_place(void *ctx, const char *path, const krx_field_info *field)
{
    search *s = ctx;
    if (strcmp(field->key, s->key) != 0 || s->count >= 3)
        return 0;
    size_t length = strlen(path) - strlen(field->key);
    krx_str_add(s->found, s->count++ ? " or " : "");
    if (length)
        krx_str_addf(s->found, "under '%.*s'", (int)length - 1, path);
    else
        krx_str_add(s->found, "at the top level");
    return 0;
}

static const char *habit(const char *key)
{
    for (size_t i = 0; i < KRX_COUNT(habits); i++)
        if (strcmp(habits[i].key, key) == 0)
            return habits[i].hint;
    return NULL;
}

static const char *sibling(const krx_struct_info *type, const char *key)
{
    const char *keys[64];
    size_t count = 0;
    for (; count < type->count && count < KRX_COUNT(keys); count++)
        keys[count] = type->fields[count].key;
    return krx_closest(key, keys, count);
}

void krx_parse_unknown(krx_parser *p, const krx_node *key, const krx_struct_info *type)
{
    krx_auto_str krx_str hint = {0};
    const char *known = habit(key->text), *near = known ? NULL : sibling(type, key->text);
    if (strcmp(key->text, "<<") == 0)
        return; /* complained about already */
    if (known) {
        krx_str_add(&hint, known);
    } else if (near) {
        krx_str_addf(&hint, "did you mean '%s'?", near);
    } else {
        search s = {.key = key->text, .found = &hint};
        krx_str_addf(&hint, "'%.80s' belongs ", key->text);
        (void)krx_schema_walk(remember_place, &s);
        if (s.count == 0)
            krx_str_reset(&hint);
    }
    krx_parse_complain(p, key, hint.length ? krx_str_get(&hint) : NULL, "unknown field '%.80s'",
                       key->text);
}

bool krx_parse_foreign(krx_parser *p, const krx_node *root)
{
    const krx_node *version = krx_node_get(root, "apiVersion");
    const krx_node *kind = krx_node_get(root, "kind");
    const krx_node *services = krx_node_get(root, "services");
    if (version && kind)
        krx_parse_complain(p, root,
                           "apply it with kubectl, or write a workload: name, image, replicas, "
                           "ports, env ...",
                           "this is a Kubernetes manifest (%.60s), not a workload", kind->text);
    else if (services && services->type == KRX_NODE_MAP && !krx_node_get(root, "image"))
        krx_parse_complain(p, root,
                           "write a workload with 'backend: compose' and 'composeFile', or one "
                           "workload for each service",
                           "this is a Compose file, not a workload");
    else
        return false;
    return true;
}
