/* SPDX-License-Identifier: Apache-2.0 */
/* What a spec says of probes, and what follows from their results. */
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/json/json.h"
#include "modules/oci/keeper/probe.h"

static const char *const *read_words(krx_arena *arena, const cJSON *list)
{
    krx_ptrs words = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        if (cJSON_IsString(item))
            (void)krx_ptrs_add(arena, &words, krx_arena_strdup(arena, item->valuestring));
    }
    /* a single text with blanks is a line for the shell, as on Docker */
    if (words.count == 1 && strpbrk(words.items[0], " \t\n")) {
        krx_ptrs line = {0};
        (void)krx_ptrs_add(arena, &line, "/bin/sh");
        (void)krx_ptrs_add(arena, &line, "-c");
        (void)krx_ptrs_add(arena, &line, words.items[0]);
        return (const char *const *)krx_ptrs_end(arena, &line);
    }
    return (const char *const *)krx_ptrs_end(arena, &words);
}

static int64_t positive(const cJSON *object, const char *key, int64_t absent)
{
    int64_t value = krx_json_int(object, key, absent);
    return value > 0 ? value : absent;
}

static bool read_probe(krx_arena *arena, const cJSON *object, krx_oci_probe *out)
{
    const char *type = krx_json_text(object, "type"), *path = krx_json_text(object, "path");
    *out = (krx_oci_probe){.given = object != NULL};
    if (!object)
        return false;
    out->type = krx_arena_strdup(arena, *type ? type : "http");
    out->path = krx_arena_printf(arena, "%s%s", path[0] == '/' ? "" : "/", path);
    out->tls = strcasecmp(krx_json_text(object, "scheme"), "https") == 0;
    out->port = positive(object, "port", 8080);
    out->command = read_words(arena, krx_json_array(object, "command"));
    out->delay_ns = krx_json_int(object, "initialDelaySeconds", 0) * KRX_NS_PER_S;
    out->period_ns = positive(object, "periodSeconds", 10) * KRX_NS_PER_S;
    out->timeout_ns = positive(object, "timeoutSeconds", 1) * KRX_NS_PER_S;
    out->failure_threshold = positive(object, "failureThreshold", 3);
    out->success_threshold = positive(object, "successThreshold", 1);
    out->due_ns = krx_now_monotonic() + out->delay_ns;
    return true;
}

bool krx_oci_probes_read(krx_arena *arena, const cJSON *spec, krx_oci_probe probes[KRX_OCI_PROBES])
{
    static const char *const keys[KRX_OCI_PROBES] = {"startup", "liveness", "readiness"};
    const cJSON *all = krx_json_object(spec, "probes");
    bool any = false;
    for (size_t i = 0; i < KRX_OCI_PROBES; i++)
        any |= read_probe(arena, krx_json_object(all, keys[i]), &probes[i]);
    return any;
}

void krx_oci_probe_note(krx_oci_probe *probe, bool ok)
{
    probe->successes = ok ? probe->successes + 1 : 0;
    probe->failures = ok ? 0 : probe->failures + 1;
    if (probe->successes >= probe->success_threshold) {
        probe->passed = true;
        probe->failed = false;
    }
    if (probe->failures >= probe->failure_threshold) {
        probe->failed = true;
        probe->passed = false;
    }
}

krx_oci_probe *krx_oci_probe_next(krx_oci_probe probes[KRX_OCI_PROBES])
{
    krx_oci_probe *next = NULL;
    if (probes[KRX_OCI_STARTUP].given && !probes[KRX_OCI_STARTUP].passed)
        return &probes[KRX_OCI_STARTUP];
    for (size_t i = KRX_OCI_LIVENESS; i < KRX_OCI_PROBES; i++)
        if (probes[i].given && (!next || probes[i].due_ns < next->due_ns))
            next = &probes[i];
    return next;
}

const char *krx_oci_probes_health(const krx_oci_probe probes[KRX_OCI_PROBES])
{
    const krx_oci_probe *ready = &probes[KRX_OCI_READINESS];
    bool all = true;
    for (size_t i = 0; i < KRX_OCI_PROBES; i++) {
        if (probes[i].given && probes[i].failed)
            return "unhealthy";
        all &= !probes[i].given || probes[i].passed;
    }
    /* who answers that it is ready, or was never asked, lives */
    if (ready->given && ready->passed &&
        (!probes[KRX_OCI_STARTUP].given || probes[KRX_OCI_STARTUP].passed))
        return "healthy";
    return all ? "healthy" : "starting";
}

bool krx_oci_probes_hopeless(const krx_oci_probe probes[KRX_OCI_PROBES])
{
    return probes[KRX_OCI_STARTUP].failed || probes[KRX_OCI_LIVENESS].failed;
}
