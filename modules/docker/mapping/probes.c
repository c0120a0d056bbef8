/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/docker/mapping/mapping.h"

#define DEFAULT_PORT 8080
#define DEFAULT_START_DELAY 30

static int64_t positive(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

/* One word for a POSIX shell. */
static void add_shell_word(krx_str *out, const char *word)
{
    krx_str_addc(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            krx_str_add(out, "'\\''");
        else
            krx_str_addc(out, *word);
    }
    krx_str_addc(out, '\'');
}

static void add_url(krx_str *out, const krx_probe *probe)
{
    krx_auto_str krx_str url = {0};
    const char *path = krx_blank(probe->path) ? "/" : probe->path;
    bool tls = krx_strcaseeq(probe->scheme, "https");
    krx_str_addf(&url, "%s://localhost:%" PRId64 "%s%s", tls ? "https" : "http",
                 positive(probe->port, DEFAULT_PORT), path[0] == '/' ? "" : "/", path);
    if (krx_str_failed(&url))
        out->failed = true;
    add_shell_word(out, krx_str_get(&url));
}

/* curl where the image has it, else wget: the one that is there decides, the other is not asked. */
static void put_http(krx_dk_json *json, const krx_probe *probe)
{
    krx_auto_str krx_str line = {0};
    bool tls = krx_strcaseeq(probe->scheme, "https");
    krx_str_add(&line, "if command -v curl >/dev/null 2>&1; then curl -fs ");
    krx_str_add(&line, tls ? "-k -o /dev/null " : "-o /dev/null ");
    add_url(&line, probe);
    krx_str_add(&line, "; else wget -q ");
    krx_str_add(&line, tls ? "--no-check-certificate -O /dev/null " : "-O /dev/null ");
    add_url(&line, probe);
    krx_str_add(&line, "; fi || exit 1");
    if (krx_str_failed(&line))
        json->text.failed = true;
    krx_dk_json_text(json, NULL, "CMD-SHELL");
    krx_dk_json_text(json, NULL, krx_str_get(&line));
}

static void put_tcp(krx_dk_json *json, const krx_probe *probe)
{
    krx_auto_str krx_str line = {0};
    int64_t port = positive(probe->port, DEFAULT_PORT);
    /* busybox may be built without -z, and others without -e */
    krx_str_addf(&line,
                 "nc -z localhost %" PRId64 " 2>/dev/null || "
                 "nc localhost %" PRId64 " -e true 2>/dev/null || exit 1",
                 port, port);
    if (krx_str_failed(&line))
        json->text.failed = true;
    krx_dk_json_text(json, NULL, "CMD-SHELL");
    krx_dk_json_text(json, NULL, krx_str_get(&line));
}

/* The words reach the program as they are; a single text with blanks is a line for the shell. */
static void put_exec(krx_dk_json *json, const krx_probe *probe)
{
    const char *const *words = probe->command;
    if (!words || !words[0]) {
        krx_dk_json_text(json, NULL, "CMD-SHELL");
        krx_dk_json_text(json, NULL, "exit 0");
        return;
    }
    bool line = !words[1] && strpbrk(words[0], " \t\n");
    krx_dk_json_text(json, NULL, line ? "CMD-SHELL" : "CMD");
    for (; *words; words++)
        krx_dk_json_text(json, NULL, *words);
}

static int64_t start_period(const krx_probe *startup)
{
    int64_t seconds = positive(startup->initial_delay_seconds, DEFAULT_START_DELAY);
    if (startup->period_seconds > 0 && startup->failure_threshold > 0)
        seconds += startup->period_seconds * startup->failure_threshold;
    return seconds * KRX_NS_PER_S;
}

void krx_dk_put_healthcheck(krx_dk_json *json, const krx_probes *probes)
{
    if (!probes)
        return;
    const krx_probe *base = probes->liveness  ? probes->liveness
                            : probes->startup ? probes->startup
                                              : probes->readiness;
    if (!base)
        return;
    krx_dk_json_open(json, "Healthcheck", '{');
    krx_dk_json_open(json, "Test", '[');
    if (krx_strcaseeq(base->type, "tcp"))
        put_tcp(json, base);
    else if (krx_strcaseeq(base->type, "exec"))
        put_exec(json, base);
    else
        put_http(json, base);
    krx_dk_json_close(json, ']');
    krx_dk_json_int(json, "Interval", positive(base->period_seconds, 10) * KRX_NS_PER_S);
    krx_dk_json_int(json, "Timeout", positive(base->timeout_seconds, 1) * KRX_NS_PER_S);
    krx_dk_json_int(json, "Retries", positive(base->failure_threshold, 3));
    if (probes->startup)
        krx_dk_json_int(json, "StartPeriod", start_period(probes->startup));
    krx_dk_json_close(json, '}');
}
