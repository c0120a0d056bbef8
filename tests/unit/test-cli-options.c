/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the command line: the table is sound, and what is written is what is understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "programs/kranix/cli.h"
#include "programs/kranix/values.h"

static int parse(krx_cli *cli, const char *const *words)
{
    int argc = 0;
    memset(cli, 0, sizeof *cli);
    while (words[argc])
        argc++;
    return krx_cli_parse(cli, argc, (char **)(uintptr_t)words);
}

#define PARSE(cli, ...) parse((cli), (const char *const[]){"kranix", __VA_ARGS__, NULL})

static void check_table(const krx_cli_option *table)
{
    for (const krx_cli_option *a = table; a->id; a++) {
        assert_non_null(a->help);
        assert_true((a->kind == KRX_ARG_FLAG) == (a->arg == NULL));
        for (const krx_cli_option *b = table; b != a; b++) {
            assert_string_not_equal(a->name, b->name);
            assert_true(!a->letter || a->letter != b->letter);
        }
    }
}

static void table_is_sound(void **state)
{
    (void)state;
    check_table(krx_cli_globals);
    for (size_t i = 0; i < krx_cli_verb_count; i++) {
        const krx_cli_verb *verb = &krx_cli_verbs[i];
        check_table(verb->options);
        assert_non_null(verb->run);
        assert_true(verb->min_args <= verb->max_args);
        for (const krx_cli_option *a = verb->options; a->id; a++)
            for (const krx_cli_option *b = krx_cli_globals; b->id; b++) {
                assert_string_not_equal(a->name, b->name);
                assert_true(!a->letter || a->letter != b->letter);
            }
    }
}

static void options_in_every_spelling(void **state)
{
    krx_cli cli;
    (void)state;
    assert_int_equal(PARSE(&cli, "-n", "a", "list", "-Aojson", "--selector=x=y", "-l", "z=1"), 0);
    assert_string_equal(cli.options.verb->name, "list");
    assert_string_equal(krx_cli_value(&cli, KRX_OPT_NAMESPACE), "a");
    assert_string_equal(krx_cli_value(&cli, KRX_OPT_OUTPUT), "json");
    assert_true(krx_cli_flag(&cli, KRX_OPT_ALL_NAMESPACES));
    assert_false(krx_cli_flag(&cli, KRX_OPT_WATCH));
    assert_string_equal(krx_cli_nth(&cli, KRX_OPT_SELECTOR, 0), "x=y");
    assert_string_equal(krx_cli_nth(&cli, KRX_OPT_SELECTOR, 1), "z=1");
    assert_null(krx_cli_nth(&cli, KRX_OPT_SELECTOR, 2));
    krx_cli_options_free(&cli.options);
}

static void options_before_the_verb(void **state)
{
    krx_cli cli;
    (void)state;
    assert_int_equal(PARSE(&cli, "-f", "x.yaml", "--wait", "deploy", "-f", "-"), 0);
    assert_string_equal(cli.options.verb->name, "deploy");
    assert_string_equal(krx_cli_nth(&cli, KRX_OPT_FILE, 0), "x.yaml");
    assert_string_equal(krx_cli_nth(&cli, KRX_OPT_FILE, 1), "-");
    assert_true(krx_cli_flag(&cli, KRX_OPT_WAIT));
    assert_null(krx_cli_value(&cli, KRX_OPT_WAIT));
    krx_cli_options_free(&cli.options);
}

static void the_last_value_wins(void **state)
{
    krx_cli cli;
    (void)state;
    assert_int_equal(PARSE(&cli, "destroy", "a", "--grace", "1m", "--grace=2s", "b"), 0);
    assert_int_equal(krx_cli_duration(&cli, KRX_OPT_GRACE, -1), 2 * KRX_NS_PER_S);
    assert_int_equal(krx_cli_duration(&cli, KRX_OPT_TIMEOUT, -1), -1);
    assert_int_equal(krx_cli_int(&cli, KRX_OPT_PARALLEL, 5), 5);
    assert_int_equal(cli.options.arg_count, 2);
    assert_string_equal(cli.options.args[1], "b");
    krx_cli_options_free(&cli.options);
}

static void a_command_is_left_alone(void **state)
{
    krx_cli cli;
    (void)state;
    assert_int_equal(PARSE(&cli, "exec", "web", "-it", "--", "ls", "-l", "--", "x"), 0);
    assert_int_equal(cli.options.arg_count, 1);
    assert_string_equal(cli.options.command[0], "ls");
    assert_string_equal(cli.options.command[1], "-l");
    assert_string_equal(cli.options.command[2], "--");
    assert_string_equal(cli.options.command[3], "x");
    assert_null(cli.options.command[4]);
    krx_cli_options_free(&cli.options);
}

static void sub_verbs(void **state)
{
    krx_cli cli;
    (void)state;
    assert_int_equal(PARSE(&cli, "plugins", "-o", "json"), 0);
    assert_string_equal(cli.options.verb->sub, "list");
    assert_false(cli.options.sub_given);
    krx_cli_options_free(&cli.options);
    assert_int_equal(PARSE(&cli, "plugins", "-o", "json", "pin", "docker"), 0);
    assert_string_equal(cli.options.verb->sub, "pin");
    assert_string_equal(cli.options.args[0], "docker");
    krx_cli_options_free(&cli.options);
}

static void mistakes(void **state)
{
    krx_cli cli;
    (void)state;
    assert_int_equal(PARSE(&cli, "nothing"), KRX_EXIT_USAGE);
    krx_cli_options_free(&cli.options);
    assert_int_equal(PARSE(&cli, "list", "--nothing"), KRX_EXIT_USAGE);
    krx_cli_options_free(&cli.options);
    assert_int_equal(PARSE(&cli, "list", "-o"), KRX_EXIT_USAGE);
    krx_cli_options_free(&cli.options);
    assert_int_equal(PARSE(&cli, "status"), KRX_EXIT_USAGE);
    krx_cli_options_free(&cli.options);
    assert_int_equal(PARSE(&cli, "list", "extra"), KRX_EXIT_USAGE);
    krx_cli_options_free(&cli.options);
}

static void ports(void **state)
{
    krx_cli_port port;
    (void)state;
    assert_null(krx_cli_parse_port("80", &port));
    assert_int_equal(port.port, 80);
    assert_int_equal(port.host_port, -1);
    assert_string_equal(port.protocol, "tcp");
    assert_null(krx_cli_parse_port("8080:80/udp", &port));
    assert_int_equal(port.host_port, 8080);
    assert_string_equal(port.protocol, "udp");
    assert_null(krx_cli_parse_port("127.0.0.1::80", &port));
    assert_int_equal(port.host_port, 0);
    assert_string_equal(port.ip, "127.0.0.1");
    assert_null(krx_cli_parse_port("[fe80::1]:1:2/sctp", &port));
    assert_string_equal(port.ip, "fe80::1");
    static const char *const wrong[] = {"",           "0",         "65536",
                                        "a",          "80/",       "80/xxx",
                                        "1:2:3",      "::1:80:80", "1.2.3:80:80",
                                        "80:",        "-1",        "8080:-80",
                                        "[::1]80:80", "+80",       "80:99999"};
    for (size_t i = 0; i < KRX_COUNT(wrong); i++)
        if (!krx_cli_parse_port(wrong[i], &port))
            fail_msg("'%s' was taken for a port", wrong[i]);
}

static void since(void **state)
{
    int64_t instant;
    (void)state;
    assert_true(krx_cli_parse_since("10s", 100 * KRX_NS_PER_S, &instant));
    assert_int_equal(instant, 90 * KRX_NS_PER_S);
    assert_true(krx_cli_parse_since("1970-01-01T00:01:00Z", 0, &instant));
    assert_int_equal(instant, 60 * KRX_NS_PER_S);
    assert_false(krx_cli_parse_since("yesterday", 0, &instant));
}

static void exit_statuses(void **state)
{
    (void)state;
    assert_int_equal(krx_cli_exit_status(0), 0);
    assert_int_equal(krx_cli_exit_status(KRX_E_INVALID_ARGUMENT), 2);
    assert_int_equal(krx_cli_exit_status(KRX_E_NOT_FOUND), 3);
    assert_int_equal(krx_cli_exit_status(KRX_E_UNAVAILABLE), 4);
    assert_int_equal(krx_cli_exit_status(KRX_E_DEADLINE_EXCEEDED), 5);
    assert_int_equal(krx_cli_exit_status(KRX_E_PERMISSION_DENIED), 6);
    assert_int_equal(krx_cli_exit_status(KRX_E_UNSUPPORTED), 7);
    assert_int_equal(krx_cli_exit_status(KRX_E_CANCELLED), 130);
    assert_int_equal(krx_cli_exit_status(KRX_E_INTERNAL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sound),
        cmocka_unit_test(options_in_every_spelling),
        cmocka_unit_test(options_before_the_verb),
        cmocka_unit_test(the_last_value_wins),
        cmocka_unit_test(a_command_is_left_alone),
        cmocka_unit_test(sub_verbs),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(ports),
        cmocka_unit_test(since),
        cmocka_unit_test(exit_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
