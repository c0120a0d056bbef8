/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void rule_free(krx_fake_rule *rule)
{
    free(rule->method);
    free(rule->path);
    krx_str_free(&rule->headers);
    krx_str_free(&rule->once);
    krx_str_free(&rule->body);
    free(rule->websocket);
    free(rule);
}

void krx_fake_script_free(krx_fake_script *script)
{
    while (script->rules) {
        krx_fake_rule *next = script->rules->next;
        rule_free(script->rules);
        script->rules = next;
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \n \r \t \\ \xNN; anything else stands for itself. */
static void unescape(krx_str *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p != '\\' || !p[1]) {
            krx_str_addc(out, *p);
            continue;
        }
        p++;
        if (*p == 'x' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
            krx_str_addc(out, (char)(hex_digit(p[1]) * 16 + hex_digit(p[2])));
            p += 2;
        } else {
            krx_str_addc(out, *p == 'n' ? '\n' : *p == 'r' ? '\r' : *p == 't' ? '\t' : *p);
        }
    }
}

static const char *add_frame(krx_fake_rule *rule, const char *value)
{
    char *end = NULL;
    long stream = strtol(value, &end, 10);
    if (end == value || stream < 0 || stream > 255)
        return "frame takes a stream number and a text";
    krx_auto_str krx_str text = {0};
    unescape(&text, *end == ' ' ? end + 1 : end);
    const unsigned char head[8] = {(unsigned char)stream,
                                   0,
                                   0,
                                   0,
                                   (unsigned char)(text.length >> 24),
                                   (unsigned char)(text.length >> 16),
                                   (unsigned char)(text.length >> 8),
                                   (unsigned char)text.length};
    krx_str_addn(&rule->body, head, sizeof head);
    krx_str_addn(&rule->body, krx_str_get(&text), text.length);
    return NULL;
}

static const char *add_fault(krx_fake_rule *rule, const char *value)
{
    static const struct {
        const char *name;
        enum krx_fake_fault fault;
        bool amount;
    } faults[] = {
        {"hang-body", KRX_FAKE_HANG_BODY, false}, {"hang", KRX_FAKE_HANG, false},
        {"drop", KRX_FAKE_DROP, false},           {"cut", KRX_FAKE_CUT, true},
        {"half", KRX_FAKE_HALF, false},           {"bad-chunk", KRX_FAKE_BAD_CHUNK, false},
        {"bad-head", KRX_FAKE_BAD_HEAD, false},   {"endless", KRX_FAKE_ENDLESS, true},
    };
    for (size_t i = 0; i < KRX_COUNT(faults); i++) {
        size_t n = strlen(faults[i].name);
        if (strncmp(value, faults[i].name, n) != 0 || (value[n] && value[n] != ' '))
            continue;
        rule->fault = faults[i].fault;
        rule->amount = faults[i].amount ? strtoll(value + n, NULL, 10) : 0;
        return faults[i].amount && rule->amount < 0 ? "the fault takes a number of bytes" : NULL;
    }
    return "no such fault";
}

static const char *add_number(krx_fake_rule *rule, const char *key, const char *value)
{
    char *end = NULL;
    long long n = strtoll(value, &end, 10);
    if (end == value || *end || n < 0)
        return "not a number";
    if (krx_streq(key, "status"))
        rule->status = (int)n;
    else if (krx_streq(key, "times"))
        rule->times = n;
    else if (krx_streq(key, "delay"))
        rule->delay_ms = n;
    else if (krx_streq(key, "drip"))
        rule->drip_ms = n;
    else if (krx_streq(key, "pieces"))
        rule->piece = n;
    else
        return "no such directive";
    return NULL;
}

static const char *add_directive(krx_fake_rule *rule, const char *key, const char *value)
{
    if (krx_streq(key, "header")) {
        krx_str_addf(&rule->headers, "%s\r\n", value);
    } else if (krx_streq(key, "body")) {
        unescape(&rule->body, value);
    } else if (krx_streq(key, "once")) {
        unescape(&rule->once, value);
    } else if (krx_streq(key, "line")) {
        unescape(&rule->body, value);
        krx_str_addc(&rule->body, '\n');
    } else if (krx_streq(key, "chunked")) {
        rule->chunked = true;
    } else if (krx_streq(key, "upgrade")) {
        rule->upgrade = true;
    } else if (krx_streq(key, "websocket")) {
        free(rule->websocket);
        rule->websocket = strdup(value);
        rule->upgrade = true;
        return rule->websocket ? NULL : "out of memory";
    } else if (krx_streq(key, "hangup")) {
        rule->hangup = true;
    } else if (krx_streq(key, "frame")) {
        return add_frame(rule, value);
    } else if (krx_streq(key, "fault")) {
        return add_fault(rule, value);
    } else {
        return add_number(rule, key, value);
    }
    return NULL;
}

/* "METHOD PATH [STATUS]" */
static const char *new_rule(krx_fake_rule **out, const char *text)
{
    size_t method = strcspn(text, " ");
    const char *path = text + method + strspn(text + method, " ");
    size_t length = strcspn(path, " ");
    if (!method || !length)
        return "a rule begins with METHOD PATH";
    krx_fake_rule *rule = calloc(1, sizeof *rule);
    if (!rule)
        return "out of memory";
    *out = rule;
    rule->method = strndup(text, method);
    rule->prefix = path[length - 1] == '*';
    rule->path = strndup(path, rule->prefix ? length - 1 : length);
    rule->times = -1;
    rule->status = 200;
    if (!rule->method || !rule->path)
        return "out of memory";
    const char *status = path + length + strspn(path + length, " ");
    return *status ? add_number(rule, "status", status) : NULL;
}

static const char *parse_line(krx_fake_script *script, krx_fake_rule ***tail, char *text)
{
    size_t indent = strspn(text, " \t");
    char *start = text + indent;
    if (!*start || *start == '#')
        return NULL;
    if (!indent) {
        krx_fake_rule *rule = NULL;
        const char *why = new_rule(&rule, start);
        if (rule) {
            **tail = rule;
            *tail = &rule->next;
        }
        return why;
    }
    if (!script->rules)
        return "a directive before the first rule";
    krx_fake_rule *last = script->rules;
    while (last->next)
        last = last->next;
    size_t key = strcspn(start, " ");
    char *value = start + key;
    if (*value)
        *value++ = '\0';
    return add_directive(last, start, value);
}

bool krx_fake_script_parse(krx_fake_script *script, const char *text, int *line, const char **why)
{
    krx_fake_rule **tail = &script->rules;
    *line = 0;
    *why = NULL;
    while (*text && !*why) {
        size_t length = strcspn(text, "\n");
        krx_autofree char *copy = strndup(text, length);
        ++*line;
        *why = copy ? parse_line(script, &tail, copy) : "out of memory";
        text += length + (text[length] == '\n');
    }
    return !*why;
}

/* "/v1.41/containers" is looked for as "/containers" unless the rule names a version itself. */
static const char *without_version(const char *target)
{
    if (target[0] != '/' || target[1] != 'v' || !isdigit((unsigned char)target[2]))
        return target;
    size_t n = 2 + strspn(target + 2, "0123456789.");
    return target[n] == '/' ? target + n : target;
}

static bool path_fits(const krx_fake_rule *rule, const char *target)
{
    size_t have = strlen(target), want = strlen(rule->path);
    if (!strchr(rule->path, '?'))
        have = strcspn(target, "?");
    return rule->prefix ? have >= want && strncmp(target, rule->path, want) == 0
                        : have == want && strncmp(target, rule->path, want) == 0;
}

krx_fake_rule *krx_fake_script_match(krx_fake_script *script, const char *method,
                                     const char *target)
{
    for (krx_fake_rule *rule = script->rules; rule; rule = rule->next) {
        if (!krx_streq(rule->method, "*") && !krx_streq(rule->method, method))
            continue;
        if (!path_fits(rule, target) && !path_fits(rule, without_version(target)))
            continue;
        if (rule->times == 0)
            continue;
        if (rule->times > 0)
            rule->times--;
        return rule;
    }
    return NULL;
}
