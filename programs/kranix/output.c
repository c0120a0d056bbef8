/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/output.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

bool krx_cli_structured(const krx_cli *cli)
{
    return cli->format == KRX_FORMAT_JSON || cli->format == KRX_FORMAT_YAML;
}

static void new_line(krx_str *out, int depth)
{
    krx_str_addc(out, '\n');
    for (int i = 0; i < depth; i++)
        krx_str_add(out, "  ");
}

/* Compact JSON with lines and blanks put in, as other tools print it. */
static char *pretty(const char *json, int depth)
{
    krx_str out = {0};
    for (const char *p = json; *p; p++) {
        if (*p == '"') {
            const char *start = p++;
            while (*p && *p != '"')
                p += *p == '\\' && p[1] ? 2 : 1;
            krx_str_addn(&out, start, (size_t)(p - start) + 1);
        } else if ((*p == '{' || *p == '[') && (p[1] == '}' || p[1] == ']')) {
            krx_str_addn(&out, p++, 2);
        } else if (*p == '{' || *p == '[') {
            krx_str_addc(&out, *p);
            new_line(&out, ++depth);
        } else if (*p == '}' || *p == ']') {
            new_line(&out, --depth);
            krx_str_addc(&out, *p);
        } else if (*p == ',') {
            krx_str_addc(&out, ',');
            new_line(&out, depth);
        } else {
            krx_str_add(&out, *p == ':' ? ": " : (const char[2]){*p, '\0'});
        }
    }
    return krx_str_take(&out);
}

static char *as_text(const krx_cli *cli, const cJSON *value, int depth)
{
    krx_str yaml = {0};
    if (cli->format == KRX_FORMAT_YAML) {
        krx_cli_yaml(value, &yaml);
        return krx_str_take(&yaml);
    }
    krx_autofree char *compact = cJSON_PrintUnformatted(value);
    return compact ? pretty(compact, depth) : NULL;
}

int krx_cli_print_json(krx_cli *cli, cJSON *value)
{
    krx_autofree char *text = value ? as_text(cli, value, 0) : NULL;
    cJSON_Delete(value);
    if (!text)
        return krx_cli_no_memory(cli);
    (void)printf("%s%s", text, cli->format == KRX_FORMAT_YAML ? "" : "\n");
    return 0;
}

/* In YAML each is a list of its own, which makes one when they stand below each other. */
static cJSON *list_of(cJSON *item)
{
    cJSON *list = item ? cJSON_CreateArray() : NULL;
    if (cJSON_AddItemToArray(list, item))
        return list;
    cJSON_Delete(item);
    cJSON_Delete(list);
    return NULL;
}

void krx_cli_array_add(krx_cli_array *array, cJSON *item)
{
    bool yaml = array->cli->format == KRX_FORMAT_YAML;
    cJSON *value = yaml ? list_of(item) : item;
    krx_autofree char *text = value ? as_text(array->cli, value, 1) : NULL;
    if (text)
        (void)printf("%s%s", yaml ? "" : array->count ? ",\n  " : "[\n  ", text);
    array->failed = array->failed || !text;
    array->count++;
    cJSON_Delete(value);
}

int krx_cli_array_end(krx_cli_array *array)
{
    if (!array->count)
        (void)fputs("[]\n", stdout);
    else if (array->cli->format != KRX_FORMAT_YAML)
        (void)fputs("\n]\n", stdout);
    return array->failed ? krx_cli_no_memory(array->cli) : 0;
}

const char *krx_cli_age(int64_t since_ns, int64_t now_ns, char out[24])
{
    if (since_ns == KRX_UNSET || since_ns <= 0)
        return "-";
    int64_t s = (now_ns - since_ns) / KRX_NS_PER_S;
    if (s < 0)
        s = 0;
    if (s < 120)
        (void)snprintf(out, 24, "%llds", (long long)s);
    else if (s < INT64_C(2) * 3600)
        (void)snprintf(out, 24, "%lldm", (long long)(s / 60));
    else if (s < INT64_C(2) * 86400)
        (void)snprintf(out, 24, "%lldh", (long long)(s / 3600));
    else
        (void)snprintf(out, 24, "%lldd", (long long)(s / 86400));
    return out;
}

const char *krx_cli_size(int64_t bytes, char out[24])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;
    if (bytes == KRX_UNSET)
        return "-";
    while (value >= 1024 && unit + 1 < KRX_COUNT(units)) {
        value /= 1024;
        unit++;
    }
    (void)snprintf(out, 24, unit && value < 100 ? "%.1f%s" : "%.0f%s", value, units[unit]);
    return out;
}

/* Also when it was noticed long ago, and errno with it. */
static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

int krx_cli_finish(krx_cli *cli, int status)
{
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    int saved = errno;
    if (!failed || saved == EPIPE || reader_left())
        return status;
    clearerr(stdout);
    krx_error error = {.struct_size = sizeof error, .code = KRX_E_UNKNOWN};
    (void)snprintf(error.message, sizeof error.message, "writing standard output: %s",
                   saved ? strerror(saved) : "an earlier write failed");
    int mine = krx_cli_error(cli, &error);
    return status ? status : mine;
}
