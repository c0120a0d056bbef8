/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values as YAML in block style. Text that could be read as anything else is quoted. */
#include <string.h>

#include "programs/kranix/output.h"

static bool plain_safe(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n",  "~"};
    if (!*text || strchr("-?:,[]{}#&*!|>'\"%@`. \t", *text) || (*text >= '0' && *text <= '9') ||
        *text == '+' || text[strlen(text) - 1] == ' ')
        return false;
    for (size_t i = 0; i < KRX_COUNT(words); i++)
        if (krx_strcaseeq(text, words[i]))
            return false;
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f || (*p == ':' && (p[1] == ' ' || !p[1])) ||
            (*p == ' ' && p[1] == '#'))
            return false;
    return true;
}

static void scalar(const char *text, krx_str *out)
{
    if (plain_safe(text)) {
        krx_str_add(out, text);
        return;
    }
    cJSON *value = cJSON_CreateString(text);
    krx_autofree char *quoted = value ? cJSON_PrintUnformatted(value) : NULL;
    krx_str_add(out, quoted ? quoted : "\"\"");
    cJSON_Delete(value);
}

static void indent(krx_str *out, int depth)
{
    for (int i = 0; i < depth; i++)
        krx_str_add(out, "  ");
}

static void node(const cJSON *value, int depth, bool in_list, krx_str *out);

static void member(const cJSON *item, int depth, krx_str *out)
{
    if (cJSON_IsArray(item) || cJSON_IsObject(item)) {
        if (!item->child) {
            krx_str_add(out, cJSON_IsArray(item) ? " []\n" : " {}\n");
            return;
        }
        krx_str_addc(out, '\n');
        node(item, depth, false, out);
        return;
    }
    krx_str_addc(out, ' ');
    node(item, depth, false, out);
}

static void object(const cJSON *value, int depth, bool in_list, krx_str *out)
{
    bool first = in_list;
    for (const cJSON *item = value->child; item; item = item->next) {
        if (!first)
            indent(out, depth);
        first = false;
        scalar(item->string, out);
        krx_str_addc(out, ':');
        member(item, depth + 1, out);
    }
}

static void list(const cJSON *value, int depth, krx_str *out)
{
    for (const cJSON *item = value->child; item; item = item->next) {
        indent(out, depth);
        krx_str_add(out, "- ");
        node(item, depth + 1, true, out);
    }
}

static void node(const cJSON *value, int depth, bool in_list, krx_str *out)
{
    if ((cJSON_IsObject(value) || cJSON_IsArray(value)) && !value->child) {
        krx_str_add(out, cJSON_IsArray(value) ? "[]\n" : "{}\n");
    } else if (cJSON_IsObject(value)) {
        object(value, depth, in_list, out);
    } else if (cJSON_IsArray(value)) {
        if (in_list)
            krx_str_addc(out, '\n');
        list(value, depth, out);
    } else if (cJSON_IsString(value)) {
        scalar(value->valuestring, out);
        krx_str_addc(out, '\n');
    } else {
        krx_autofree char *text = cJSON_PrintUnformatted(value);
        krx_str_add(out, text ? text : "null");
        krx_str_addc(out, '\n');
    }
}

void krx_cli_yaml(const cJSON *value, krx_str *out)
{
    node(value, 0, false, out);
}
