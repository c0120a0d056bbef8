/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/kranix/cli.h"
#include "programs/kranix/output.h"
#include "programs/kranix/signals.h"

/* Descriptors 0 to 2 are there, so that no file opened later takes their place. */
static void fill_standard_fds(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= 2);
    if (fd > 2)
        (void)close(fd);
}

static int format_of(const char *text)
{
    static const char *const names[] = {"table", "wide", "json", "yaml", "name"};
    for (size_t i = 0; text && i < KRX_COUNT(names); i++)
        if (strcmp(text, names[i]) == 0)
            return (int)i;
    return KRX_FORMAT_TABLE;
}

/* Errors of the parser itself follow -o json too, so it is looked for before anything else. */
static int early_format(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *value = NULL;
        if ((strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "--output") == 0) && i + 1 < argc)
            value = argv[i + 1];
        else if (krx_has_prefix(argv[i], "--output="))
            value = argv[i] + 9;
        else if (krx_has_prefix(argv[i], "-o"))
            value = argv[i] + 2 + (argv[i][2] == '=');
        if (value)
            return format_of(value);
    }
    return KRX_FORMAT_TABLE;
}

static void look_around(krx_cli *cli)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool plain =
        krx_cli_flag(cli, KRX_OPT_NO_COLOR) || (no_color && *no_color) || krx_streq(term, "dumb");
    cli->format = format_of(krx_cli_value(cli, KRX_OPT_OUTPUT));
    cli->quiet = krx_cli_flag(cli, KRX_OPT_QUIET);
    cli->tty_out = isatty(STDOUT_FILENO) == 1;
    cli->tty_err = isatty(STDERR_FILENO) == 1;
    cli->color_out = cli->tty_out && !plain;
    cli->color_err = cli->tty_err && !plain;
}

static int run(krx_cli *cli, int argc, char **argv)
{
    cli->format = early_format(argc, argv);
    int status = krx_cli_parse(cli, argc, argv);
    if (status)
        return status;
    look_around(cli);
    const krx_cli_verb *verb = cli->options.verb;
    if (krx_cli_flag(cli, KRX_OPT_HELP)) {
        krx_cli_print_help(verb, verb && verb->sub && !cli->options.sub_given);
        return 0;
    }
    if (krx_cli_flag(cli, KRX_OPT_VERSION))
        return krx_cli_version(cli);
    if (!verb)
        return krx_cli_usage(cli, "see 'kranix --help'", "a verb is missing");
    cli->cancel_fd = krx_cli_signals_init();
    if (cli->cancel_fd < 0)
        return krx_cli_no_memory(cli);
    return verb->run(cli);
}

/*
 * All is written and closed by now. Libraries below the modules (TLS, Kerberos, LDAP) would tear
 * themselves down for a tenth of the time of a short command; instrumented builds need exit().
 */
static _Noreturn void leave(int status)
{
#ifdef KRX_INSTRUMENTED
    exit(status);
#else
    _exit(status);
#endif
}

int main(int argc, char **argv)
{
    krx_cli cli = {.cancel_fd = -1};
    fill_standard_fds();
    mallopt(M_ARENA_MAX, 1); /* a second arena costs more than our few threads ever wait */
    int status = run(&cli, argc, argv);
    if (status && krx_cli_interrupted())
        status = KRX_EXIT_INTERRUPTED;
    status = krx_cli_finish(&cli, status);
    if (cli.runtime)
        krx_runtime_free(cli.runtime);
    krx_cli_options_free(&cli.options);
    leave(status);
}
