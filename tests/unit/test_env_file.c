/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "tests/unit/specs.h"

typedef struct fixture {
    char dir[64];
    char spec[128];
    char env[128];
    char second[128];
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    (void)unit_template(f->dir, sizeof f->dir, "env");
    if (!mkdtemp(f->dir))
        return -1;
    (void)snprintf(f->spec, sizeof f->spec, "%s/web.yaml", f->dir);
    (void)snprintf(f->env, sizeof f->env, "%s/a.env", f->dir);
    (void)snprintf(f->second, sizeof f->second, "%s/b.env", f->dir);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    (void)unlink(f->env);
    (void)unlink(f->second);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    assert_int_equal(krx_replace_file(&call, path, text, strlen(text), 0600), 0);
}

static void parse(parsed *p, const fixture *f, const char *text)
{
    parse_file_text(p, f->spec, text, strlen(text));
}

static void files_are_merged_under_env(void **state)
{
    const fixture *f = *state;
    parsed p;
    write_file(f->env, "# comment\n\nA=1\n  B=two words # kept\r\nC='quoted'\nD=x=y\nE=\n");
    write_file(f->second, "A=2\nF=last");
    parse(&p, f, "name: a\nimage: b\nenv: {E: wins, G: own}\nenvFile: [a.env, b.env]\n");
    assert_int_equal(p.rc, 0);
    assert_string_equal(
        p.specs.items[0]->json,
        "{\"name\":\"a\",\"image\":\"b\",\"env\":{\"B\":\"two words # kept\","
        "\"C\":\"'quoted'\",\"D\":\"x=y\",\"A\":\"2\",\"F\":\"last\",\"E\":\"wins\","
        "\"G\":\"own\"}}");
    assert_null(p.specs.items[0]->workload->env_file);
    parsed_free(&p);
}

static void mistakes_name_the_file_and_line(void **state)
{
    const fixture *f = *state;
    parsed p;
    write_file(f->env, "A=1\nALONE\n=x\nB C=1\n");
    parse(&p, f, "name: a\nimage: b\nenvFile: a.env\nbogus: 1\n");
    assert_int_equal(p.rc, KRX_E_INVALID_ARGUMENT);
    assert_int_equal(p.diags.count, 4);
    assert_non_null(complaint(&p, "a.env:2:1: must be KEY=VALUE"));
    assert_non_null(complaint(&p, "a.env:3:1: must be KEY=VALUE"));
    assert_non_null(complaint(&p, "a.env:4:1: the name of a variable"));
    assert_non_null(complaint(&p, "web.yaml:4:1: unknown field 'bogus'"));
    parsed_free(&p);
}

static void what_can_not_be_read_is_a_complaint(void **state)
{
    const fixture *f = *state;
    parsed p;
    parse(&p, f, "name: a\nimage: b\nenvFile:\n  - nope.env\n  - /dev/zero\n  - .\n");
    assert_int_equal(p.diags.count, 3);
    assert_non_null(complaint(&p, "web.yaml:4:5: envFile[0]: opening"));
    assert_non_null(complaint(&p, "web.yaml:5:5: envFile[1]: /dev/zero is not a regular file"));
    assert_non_null(complaint(&p, "web.yaml:6:5: envFile[2]"));
    parsed_free(&p);
    assert_int_equal(mkfifo(f->env, 0600), 0);
    parse(&p, f, "name: a\nimage: b\nenvFile: a.env\n");
    assert_non_null(complaint(&p, "not a regular file"));
    parsed_free(&p);
}

static void bytes_and_size_are_checked(void **state)
{
    const fixture *f = *state;
    krx_auto_str krx_str big = {0};
    parsed p;
    write_file(f->env, "A=1\nB=\xff\n");
    parse(&p, f, "name: a\nimage: b\nenvFile: a.env\n");
    assert_non_null(complaint(&p, "a.env:2:1: not valid UTF-8"));
    parsed_free(&p);
    while (big.length < (1u << 20) + 10)
        krx_str_add(&big, "# filler\n");
    write_file(f->env, krx_str_get(&big));
    parse(&p, f, "name: a\nimage: b\nenvFile: a.env\n");
    assert_non_null(complaint(&p, "larger than 1024 KiB"));
    parsed_free(&p);
}

static void a_server_keeps_the_names(void **state)
{
    (void)state;
    krx_error error;
    krx_call call;
    krx_diags diags;
    krx_specs specs;
    static const char text[] = "name: a\nimage: b\nenvFile: /nowhere/x.env\n";
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    assert_int_equal(
        krx_specs_parse(&call, "t", text, sizeof text - 1, KRX_SPEC_NO_FILES, &specs, &diags), 0);
    assert_string_equal(specs.items[0]->workload->env_file[0], "/nowhere/x.env");
    krx_specs_free(&specs);
    krx_diags_free(&diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_merged_under_env, setup, teardown),
        cmocka_unit_test_setup_teardown(mistakes_name_the_file_and_line, setup, teardown),
        cmocka_unit_test_setup_teardown(what_can_not_be_read_is_a_complaint, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_and_size_are_checked, setup, teardown),
        cmocka_unit_test(a_server_keeps_the_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
