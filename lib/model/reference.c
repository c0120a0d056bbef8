/* SPDX-License-Identifier: Apache-2.0 */
/* The reference page of the table, in Markdown. */
#include <string.h>

#include "lib/model/emit.h"
#include "lib/model/kinds.h"
#include "lib/model/rules.h"

static const char *const kind_names[] = {
    [KRX_KIND_STR] = "text",
    [KRX_KIND_ENUM] = "one of",
    [KRX_KIND_BOOL] = "`true`, `false`",
    [KRX_KIND_INT] = "whole number",
    [KRX_KIND_NUM] = "number",
    [KRX_KIND_CPU] = "CPU",
    [KRX_KIND_BYTES] = "size",
    [KRX_KIND_BITRATE] = "rate",
    [KRX_KIND_DURATION] = "duration",
    [KRX_KIND_STRS] = "list of texts",
    [KRX_KIND_WORDS] = "text or list of texts",
    [KRX_KIND_MAP] = "map of texts",
    [KRX_KIND_ENV] = "map of texts or list of `KEY=VALUE`",
};

static const char introduction[] =
    "<!-- Generated from sdk/include/kranix/schema.h: `make update-reference`. -->\n"
    "# The workload file\n\n"
    "A workload is written in YAML or JSON. A file may hold several documents, and a document may "
    "be a list of\nworkloads. Unknown fields are errors; an empty value is the same as none. "
    "`envFile` is read relative to\nthe folder of the file.\n\n"
    "```yaml\n"
    "name: hello\n"
    "image: nginx:1.27\n"
    "replicas: 2\n"
    "ports:\n"
    "  - containerPort: 80\n"
    "    hostPort: 8080\n"
    "env:\n"
    "  GREETING: hello\n"
    "resources:\n"
    "  cpuLimit: 500m\n"
    "  memoryLimit: 256Mi\n"
    "```\n\n"
    "Quantities:\n\n"
    "| kind | written as |\n"
    "| --- | --- |\n"
    "| CPU | `500m`, `1.5`, `2` |\n"
    "| size | `256Mi`, `1G`, `512MB`, or a number of bytes |\n"
    "| rate | `10Mbit`, `1Gbit`, `500kbps` (bytes per second); a bare number is Mbit |\n"
    "| duration | `500ms`, `30s`, `5m`, `1h30m`; a bare number is seconds |\n"
    "| cron | five fields; `*`, lists, ranges, steps, names of months and weekdays |\n\n"
    "The same as a JSON Schema, for editors: `workload.schema.json` beside this page.\n";

static void code_list(const char *allowed, krx_str *out)
{
    krx_auto_str krx_str list = {0};
    bool open = false;
    krx_allowed_list(allowed, &list);
    for (const char *p = krx_str_get(&list); *p; p++) {
        bool word = *p != ',' && *p != ' ';
        if (strncmp(p, " or ", 4) == 0) {
            krx_str_add(out, open ? "` or " : " or ");
            open = false;
            p += 3;
            continue;
        }
        if (word != open)
            krx_str_addc(out, '`');
        krx_str_addc(out, *p);
        open = word;
    }
    krx_str_add(out, open ? "`" : "");
}

static void type_cell(const krx_field_info *field, krx_str *out)
{
    const char *dots = field->allowed ? strstr(field->allowed, "..") : NULL;
    if (field->type) {
        krx_str_addf(out, "%s[%s](#%s)", field->kind == KRX_KIND_OBJS ? "list of " : "",
                     field->type->name, field->type->name);
        return;
    }
    if (field->kind != KRX_KIND_ENUM)
        krx_str_add(out, kind_names[field->kind]);
    if (krx_allowed_rule(field->allowed)) {
        krx_str_addf(out, ": %s", krx_rule_help(field->allowed));
    } else if (field->kind == KRX_KIND_INT || field->kind == KRX_KIND_NUM) {
        if (dots)
            krx_str_addf(out, ", %.*s to %s", (int)(dots - field->allowed), field->allowed,
                         dots + 2);
    } else if (field->allowed) {
        krx_str_add(out, field->kind == KRX_KIND_ENUM ? "" : ": ");
        code_list(field->allowed, out);
    }
}

static void section(const krx_struct_info *type, krx_str *out)
{
    krx_str_addf(out,
                 "\n## %s\n\n%s.\n\n| field | value | default | meaning |\n"
                 "| --- | --- | --- | --- |\n",
                 type->name, type->help);
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        krx_str_addf(out, "| `%s` | ", field->key);
        type_cell(field, out);
        if (field->flags & KRX_F_REQUIRED)
            krx_str_add(out, " | required");
        else if (field->def)
            krx_str_addf(out, " | `%s`", field->def);
        else
            krx_str_add(out, " |");
        krx_str_addf(out, " | %s |\n", field->help);
    }
}

void krx_schema_markdown(krx_str *out)
{
    const krx_struct_info *types[KRX_SCHEMA_TYPES_MAX];
    size_t count = krx_schema_types(types, KRX_SCHEMA_TYPES_MAX);
    krx_str_add(out, introduction);
    for (size_t i = 0; i < count; i++)
        section(types[i], out);
}
