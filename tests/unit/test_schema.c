/* SPDX-License-Identifier: Apache-2.0 */
/* The table as a whole: every row is exercised, so a new row is tested without a new test. */
#include <cjson/cJSON.h>

#include "lib/base/fd.h"
#include "lib/model/kinds.h"
#include "lib/model/rules.h"
#include "tests/unit/specs.h"

/* A value of a field in JSON, not its default, differing with n. */
static void sample_struct(const krx_struct_info *type, unsigned n, krx_str *out);

static void first_choice(const krx_field_info *field, krx_str *out)
{
    const char *p = field->allowed;
    for (;;) {
        size_t length = strcspn(p, "|"), word = strcspn(p, "|=");
        bool is_default =
            field->def && strlen(field->def) == word && strncmp(field->def, p, word) == 0;
        if (!is_default) {
            krx_str_addf(out, "\"%.*s\"", (int)word, p);
            return;
        }
        p += length + 1;
    }
}

static void sample_text(const krx_field_info *field, unsigned n, krx_str *out)
{
    if (krx_streq(field->allowed, "@abspath"))
        krx_str_addf(out, "\"/path/%s\"", field->key); /* targets must differ */
    else if (krx_allowed_rule(field->allowed))
        krx_str_addf(out, "\"%s\"", krx_rule_sample(field->allowed, n));
    else if (field->allowed)
        first_choice(field, out);
    else
        krx_str_addf(out, "\"t: \\\"x\\\" \\n\\u00e9 %u\"", n);
}

/* The highest or lowest value of the range that is not the default. */
static void sample_number(const krx_field_info *field, krx_str *out)
{
    double low = 1, high = 77, value;
    krx_auto_str krx_str text = {0};
    (void)krx_allowed_range(field->allowed, &low, &high);
    value = field->kind == KRX_KIND_NUM ? low + (high - low) / 3 : high;
    krx_str_addf(&text, "%.17g", value);
    if (krx_streq(krx_str_get(&text), field->def)) {
        krx_str_reset(&text);
        krx_str_addf(&text, "%.17g", low);
    }
    krx_str_add(out, krx_str_get(&text));
}

static void sample_value(const krx_field_info *field, unsigned n, krx_str *out)
{
    switch (field->kind) {
    case KRX_KIND_STR:
    case KRX_KIND_ENUM:
        sample_text(field, n, out);
        break;
    case KRX_KIND_BOOL:
        krx_str_add(out, krx_streq(field->def, "true") ? "false" : "true");
        break;
    case KRX_KIND_INT:
    case KRX_KIND_NUM:
        sample_number(field, out);
        break;
    case KRX_KIND_CPU:
        krx_str_add(out, strstr(field->key, "Limit") ? "\"1.25\"" : "\"250m\"");
        break;
    case KRX_KIND_BYTES:
        krx_str_add(out, strstr(field->key, "Limit") ? "\"512Mi\"" : "\"1.5Mi\"");
        break;
    case KRX_KIND_BITRATE:
        krx_str_add(out, "\"500kbit\"");
        break;
    case KRX_KIND_DURATION:
        krx_str_add(out, "\"1m30s\"");
        break;
    case KRX_KIND_STRS:
    case KRX_KIND_WORDS:
        krx_str_addc(out, '[');
        sample_text(field, n, out);
        if (!field->allowed)
            krx_str_add(out, ",\"\",\"- x: #y\",\"1.10\"");
        krx_str_addc(out, ']');
        break;
    case KRX_KIND_MAP:
    case KRX_KIND_ENV:
        krx_str_add(out, "{\"a.b/c\":\"1.10\",\"K\":\"\",\"null\":\"true\",\"\\u2028\":\" x \"}");
        break;
    case KRX_KIND_OBJ:
        sample_struct(field->type, n, out);
        break;
    default:
        krx_str_addc(out, '[');
        sample_struct(field->type, 0, out);
        krx_str_addc(out, ']');
    }
}

/* Fields that exclude others are left out of the big sample and have tests of their own. */
static bool excluded(const krx_struct_info *type, const krx_field_info *field)
{
    static const char *const pairs[][2] = {
        {"mount", "source"}, {"workload", "restartRetries"}, {"workload", "envFile"}};
    for (size_t i = 0; i < KRX_COUNT(pairs); i++)
        if (krx_streq(type->name, pairs[i][0]) && krx_streq(field->key, pairs[i][1]))
            return true;
    return false;
}

static void sample_struct(const krx_struct_info *type, unsigned n, krx_str *out)
{
    bool first = true;
    krx_str_addc(out, '{');
    for (size_t i = 0; i < type->count; i++) {
        if (excluded(type, &type->fields[i]))
            continue;
        krx_str_addf(out, "%s\"%s\":", first ? "" : ",", type->fields[i].key);
        sample_value(&type->fields[i], n + (unsigned)i, out);
        first = false;
    }
    krx_str_addc(out, '}');
}

static int is_there(void *ctx, const char *path, const krx_field_info *field)
{
    (void)field;
    const char *seen = ctx;
    krx_auto_str krx_str line = {0};
    static const char *const left_out[] = {"mounts.source", "restartRetries", "envFile"};
    for (size_t i = 0; i < KRX_COUNT(left_out); i++)
        if (krx_streq(path, left_out[i]))
            return 0;
    krx_str_addf(&line, "\n%s\n", path);
    if (!strstr(seen, krx_str_get(&line)))
        print_error("%s was not visited\n", path);
    return strstr(seen, krx_str_get(&line)) ? 0 : 1;
}

static int note_path(void *ctx, const char *path, const krx_field_info *field)
{
    (void)field;
    krx_str_addf(ctx, "%s\n", path);
    return 0;
}

static void round_trip(const krx_spec *spec, const char *text)
{
    parsed again;
    parse_good(&again, text);
    assert_int_equal(again.specs.count, 1);
    assert_string_equal(again.specs.items[0]->json, spec->json);
    assert_int_equal(krx_workload_diff(spec->workload, again.specs.items[0]->workload, NULL, NULL),
                     0);
    parsed_free(&again);
}

static void every_field_survives_the_round_trip(void **state)
{
    (void)state;
    krx_auto_str krx_str sample = {0}, text = {0}, seen = {0};
    parsed p;
    sample_struct(krx_schema_workload(), 0, &sample);
    parse_good(&p, krx_str_get(&sample));
    const krx_spec *spec = p.specs.items[0];
    krx_str_addc(&seen, '\n');
    assert_int_equal(krx_workload_visit_set(spec->workload, note_path, &seen), 0);
    assert_int_equal(krx_schema_walk(is_there, seen.data), 0);
    round_trip(spec, spec->json);
    krx_workload_yaml(spec->workload, &text);
    round_trip(spec, krx_str_get(&text));
    krx_str_reset(&text);
    krx_workload_json(spec->workload, KRX_JSON_PRETTY | KRX_JSON_DEFAULTS, &text);
    round_trip(spec, krx_str_get(&text));
    parsed_free(&p);
}

/* Each field alone differs from a workload without it, under its own path. */
static void count_difference(void *ctx, const char *path, const char *a, const char *b)
{
    (void)path;
    assert_false(krx_streq(a, b));
    ++*(size_t *)ctx;
}

static void every_field_makes_a_difference(void **state)
{
    (void)state;
    const krx_struct_info *type = krx_schema_workload();
    parsed bare;
    parse_good(&bare, "{\"name\":\"a\",\"image\":\"b\"}");
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        krx_auto_str krx_str text = {0};
        size_t count = 0;
        parsed p;
        if (excluded(type, field) || (field->flags & KRX_F_REQUIRED))
            continue;
        krx_str_addf(&text, "{\"name\":\"a\",\"image\":\"b\",\"%s\":", field->key);
        sample_value(field, (unsigned)i, &text);
        krx_str_addc(&text, '}');
        parse_good(&p, krx_str_get(&text));
        count = krx_workload_diff(bare.specs.items[0]->workload, p.specs.items[0]->workload,
                                  count_difference, &count);
        if (count == 0)
            print_error("%s makes no difference\n", field->key);
        assert_true(count > 0);
        round_trip(p.specs.items[0], p.specs.items[0]->json);
        parsed_free(&p);
    }
    parsed_free(&bare);
}

/* A default is a value that the field would accept, in the spelling that is written. */
static int default_is_canonical(void *ctx, const char *path, const krx_field_info *field)
{
    krx_arena *arena = ctx;
    char object[sizeof(krx_workload)] = {0};
    krx_field_info alone = *field;
    krx_auto_str krx_str text = {0};
    alone.offset = 0;
    if (!field->def)
        return 0;
    krx_member_clear(&alone, object);
    assert_true(krx_member_absent(&alone, object));
    assert_false(krx_member_default(&alone, object));
    assert_null(krx_scalar_read(arena, &alone, field->def, object));
    krx_scalar_text(&alone, object, &text);
    if (!krx_streq(krx_str_get(&text), field->def))
        print_error("%s: default %s is written %s\n", path, field->def, krx_str_get(&text));
    assert_string_equal(krx_str_get(&text), field->def);
    assert_true(krx_member_default(&alone, object));
    return 0;
}

static void defaults_are_canonical(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    assert_int_equal(krx_schema_walk(default_is_canonical, arena), 0);
}

static int stop_at_ports(void *ctx, const char *path, const krx_field_info *field)
{
    (void)field;
    ++*(int *)ctx;
    return strcmp(path, "ports.containerPort") == 0 ? 42 : 0;
}

static void walking_stops_when_asked(void **state)
{
    (void)state;
    int visits = 0;
    assert_int_equal(krx_schema_walk(stop_at_ports, &visits), 42);
    assert_in_range(visits, 5, 60);
}

static void offsets_are_those_of_the_compiler(void **state)
{
    (void)state;
    const krx_struct_info *type = krx_schema_workload();
    assert_int_equal(type->size, sizeof(krx_workload));
    assert_string_equal(type->fields[0].key, "name");
    assert_int_equal(type->fields[0].offset, offsetof(krx_workload, name));
    for (size_t i = 0; i < type->count; i++)
        if (strcmp(type->fields[i].key, "stopSignal") == 0)
            assert_int_equal(type->fields[i].offset, offsetof(krx_workload, stop_signal));
}

static void the_json_schema_is_json(void **state)
{
    (void)state;
    krx_auto_str krx_str text = {0};
    krx_schema_json(&text);
    cJSON *schema = cJSON_Parse(krx_str_get(&text));
    assert_non_null(schema);
    const cJSON *properties = cJSON_GetObjectItem(schema, "properties");
    assert_int_equal(cJSON_GetArraySize(properties), krx_schema_workload()->count);
    const cJSON *defs = cJSON_GetObjectItem(schema, "$defs");
    const cJSON *port = cJSON_GetObjectItem(defs, "port");
    assert_non_null(cJSON_GetObjectItem(port, "properties"));
    cJSON_Delete(schema);
}

static void committed_copy_is_fresh(const char *name, const krx_str *text)
{
    const char *top = getenv("KRX_SRCDIR");
    krx_auto_str krx_str kept = {0};
    krx_autofree char *path = krx_format("%s/docs/reference/%s", top ? top : ".", name);
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    assert_int_equal(krx_read_file(&call, path, 1 << 20, &kept), 0);
    if (!krx_streq(krx_str_get(&kept), krx_str_get(text)))
        print_error("docs/reference/%s is stale: make update-reference\n", name);
    assert_true(krx_streq(krx_str_get(&kept), krx_str_get(text)));
}

static void the_reference_is_fresh(void **state)
{
    (void)state;
    krx_auto_str krx_str text = {0};
    krx_schema_markdown(&text);
    committed_copy_is_fresh("workload.md", &text);
    krx_str_reset(&text);
    krx_schema_json(&text);
    committed_copy_is_fresh("workload.schema.json", &text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_survives_the_round_trip),
        cmocka_unit_test(every_field_makes_a_difference),
        cmocka_unit_test(defaults_are_canonical),
        cmocka_unit_test(walking_stops_when_asked),
        cmocka_unit_test(offsets_are_those_of_the_compiler),
        cmocka_unit_test(the_json_schema_is_json),
        cmocka_unit_test(the_reference_is_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
