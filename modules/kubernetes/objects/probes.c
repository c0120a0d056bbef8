/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of health. */
#include <string.h>

#include "modules/kubernetes/objects/build.h"

#define DEFAULT_PORT 8080

static int64_t positive(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static void put_http(krx_k8s_build *b, cJSON *check, const krx_probe *probe)
{
    krx_json_maker *m = &b->maker;
    const char *path = krx_blank(probe->path) ? "/" : probe->path;
    cJSON *http = krx_json_add_object(m, check, "httpGet");
    krx_json_add_text(m, http, "path", path[0] == '/' ? path : krx_k8s_text(b, "/%s", path));
    krx_json_add_int(m, http, "port", positive(probe->port, DEFAULT_PORT));
    krx_json_add_text(m, http, "scheme", krx_strcaseeq(probe->scheme, "https") ? "HTTPS" : "HTTP");
}

static void put_tcp(krx_k8s_build *b, cJSON *check, const krx_probe *probe)
{
    cJSON *tcp = krx_json_add_object(&b->maker, check, "tcpSocket");
    krx_json_add_int(&b->maker, tcp, "port", positive(probe->port, DEFAULT_PORT));
}

/* The words as they are; a single text with blanks is a line for the shell. */
static void put_exec(krx_k8s_build *b, cJSON *check, const krx_probe *probe)
{
    krx_json_maker *m = &b->maker;
    const char *const *words = probe->command;
    cJSON *command = krx_json_add_array(m, krx_json_add_object(m, check, "exec"), "command");
    bool line = words && words[0] && !words[1] && strpbrk(words[0], " \t\n");
    if (!words || !words[0])
        krx_json_add_text(m, command, NULL, "true");
    if (line) {
        krx_json_add_text(m, command, NULL, "/bin/sh");
        krx_json_add_text(m, command, NULL, "-c");
    }
    for (; words && *words; words++)
        krx_json_add_text(m, command, NULL, krx_k8s_literal(b, *words));
}

static void put_probe(krx_k8s_build *b, cJSON *container, const char *key, const char *field,
                      const krx_probe *probe)
{
    krx_json_maker *m = &b->maker;
    bool readiness = strcmp(field, "readiness") == 0;
    if (!probe)
        return;
    cJSON *check = krx_json_add_object(m, container, key);
    if (krx_strcaseeq(probe->type, "exec"))
        put_exec(b, check, probe);
    else if (krx_strcaseeq(probe->type, "tcp"))
        put_tcp(b, check, probe);
    else
        put_http(b, check, probe);
    if (!readiness && probe->success_threshold > 1)
        krx_k8s_refuse(b, krx_k8s_text(b, "probes.%s.successThreshold", field),
                       "must be 1; only readiness may ask for more");
    if (probe->initial_delay_seconds > 0)
        krx_json_add_int(m, check, "initialDelaySeconds", probe->initial_delay_seconds);
    krx_json_add_int(m, check, "periodSeconds", positive(probe->period_seconds, 10));
    krx_json_add_int(m, check, "timeoutSeconds", positive(probe->timeout_seconds, 1));
    krx_json_add_int(m, check, "failureThreshold", positive(probe->failure_threshold, 3));
    krx_json_add_int(m, check, "successThreshold", positive(probe->success_threshold, 1));
}

void krx_k8s_put_probes(krx_k8s_build *b, cJSON *container)
{
    const krx_probes *probes = b->spec->probes;
    if (!probes)
        return;
    put_probe(b, container, "startupProbe", "startup", probes->startup);
    put_probe(b, container, "livenessProbe", "liveness", probes->liveness);
    put_probe(b, container, "readinessProbe", "readiness", probes->readiness);
}
