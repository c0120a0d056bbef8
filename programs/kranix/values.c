/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options as people write them. */
#include "programs/kranix/values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/base/units.h"
#include "programs/kranix/options.h"

static bool in_choices(const char *choices, const char *value)
{
    size_t length = strcspn(value, "|");
    if (value[length])
        return false;
    for (const char *p = choices; p && length; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strncmp(p, value, length) == 0 && (p[length] == '|' || !p[length]))
            return true;
    return false;
}

static bool whole_number(const char *text, int64_t *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !errno && !*end;
}

static bool in_range(const char *range, const char *value)
{
    int64_t number, low = 0, high = INT64_MAX;
    const char *dots = range ? strstr(range, "..") : NULL;
    if (dots) {
        low = strtoll(range, NULL, 10);
        high = strtoll(dots + 2, NULL, 10);
    }
    return whole_number(value, &number) && number >= low && number <= high;
}

bool krx_cli_next_label(const char **text, const char **key, size_t *key_length, const char **value,
                        size_t *value_length)
{
    const char *p = *text, *end = p + strcspn(p, ",");
    const char *equals = memchr(p, '=', (size_t)(end - p));
    if (!equals || equals == p || equals[-1] == '!')
        return false;
    *key = p;
    *key_length = (size_t)(equals - p);
    *value = equals + 1 + (equals[1] == '=');
    *value_length = (size_t)(end - *value);
    *text = *end ? end + 1 : NULL;
    return true;
}

static bool is_label(const char *text)
{
    const char *key, *value;
    size_t key_length, value_length;
    bool good = true;
    while (text && good)
        good = krx_cli_next_label(&text, &key, &key_length, &value, &value_length);
    return good;
}

const char *krx_cli_check_value(const krx_cli_option *option, const char *value)
{
    int64_t number;
    krx_cli_port port;
    switch (option->kind) {
    case KRX_ARG_INT:
        return in_range(option->choices, value) ? NULL : option->choices;
    case KRX_ARG_CHOICE:
        return in_choices(option->choices, value) ? NULL : option->choices;
    case KRX_ARG_DURATION:
    case KRX_ARG_OPTIONAL_DURATION:
        return krx_parse_duration(value, &number);
    case KRX_ARG_CPU:
        return krx_parse_cpu(value, &number);
    case KRX_ARG_BYTES:
        return krx_parse_bytes(value, &number);
    case KRX_ARG_LABEL:
        return is_label(value) ? NULL : "key=value, or several with commas between them";
    case KRX_ARG_OPTIONAL_BOOL:
        return in_choices("true|false", value) ? NULL : "true or false";
    case KRX_ARG_TIME:
        return krx_cli_parse_since(value, 0, &number)
                   ? NULL
                   : "a duration such as 10m, or a time such as 2026-11-21T10:00:00Z";
    case KRX_ARG_PORT:
        return krx_cli_parse_port(value, &port);
    default:
        return *value ? NULL : "it can't be empty";
    }
}

bool krx_cli_parse_since(const char *text, int64_t now_ns, int64_t *instant)
{
    int64_t ago;
    if (krx_time_parse(text, instant))
        return true;
    if (krx_parse_duration(text, &ago))
        return false;
    *instant = now_ns - ago;
    return true;
}

/* Splits the address off: "[::1]:80:80", "127.0.0.1:80:80". False when it is none. */
static bool take_address(char *text, krx_cli_port *port, char **rest)
{
    unsigned char address[sizeof(struct in6_addr)];
    char *end;
    if (*text == '[') {
        end = strchr(text, ']');
        if (!end || end[1] != ':')
            return false;
        *end = '\0';
        if (strlen(text + 1) >= sizeof port->ip)
            return false;
        memcpy(port->ip, text + 1, strlen(text + 1) + 1);
        *rest = end + 2;
        return inet_pton(AF_INET6, port->ip, address) == 1;
    }
    end = strchr(text, ':');
    *rest = text;
    if (!end || !strchr(end + 1, ':'))
        return true;
    *end = '\0';
    if (strlen(text) >= sizeof port->ip)
        return false;
    memcpy(port->ip, text, strlen(text) + 1);
    *rest = end + 1;
    return inet_pton(AF_INET, port->ip, address) == 1;
}

const char *krx_cli_parse_port(const char *text, krx_cli_port *port)
{
    static const char allowed[] =
        "PORT, HOSTPORT:PORT or IP:HOSTPORT:PORT, each with /tcp, /udp or /sctp after it";
    char copy[96], *rest, *colon;
    memset(port, 0, sizeof *port);
    port->host_port = -1;
    if (strlen(text) >= sizeof copy)
        return allowed;
    (void)snprintf(copy, sizeof copy, "%s", text);
    char *slash = strchr(copy, '/');
    (void)snprintf(port->protocol, sizeof port->protocol, "%s", slash ? slash + 1 : "tcp");
    if (!in_choices("tcp|udp|sctp", port->protocol))
        return allowed;
    if (slash)
        *slash = '\0';
    if (!take_address(copy, port, &rest))
        return allowed;
    colon = strchr(rest, ':');
    if (colon) {
        *colon = '\0';
        if (!*rest)
            port->host_port = 0;
        else if (!whole_number(rest, &port->host_port) || port->host_port > 65535)
            return allowed;
        rest = colon + 1;
    } else if (*port->ip) {
        return allowed;
    }
    if (!whole_number(rest, &port->port) || port->port < 1 || port->port > 65535)
        return allowed;
    return NULL;
}
