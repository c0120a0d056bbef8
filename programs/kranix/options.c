/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/units.h"
#include "programs/kranix/cli.h"

static const krx_cli_option *find_in(const krx_cli_option *table, const char *name, size_t length)
{
    for (; table && table->id; table++)
        if (strlen(table->name) == length && memcmp(table->name, name, length) == 0)
            return table;
    return NULL;
}

static const krx_cli_option *find_letter(const krx_cli_option *table, char letter)
{
    for (; table && table->id; table++)
        if (table->letter == letter)
            return table;
    return NULL;
}

static const krx_cli_option *find_name(const krx_cli_verb *verb, const char *name, size_t length)
{
    const krx_cli_option *found = find_in(verb ? verb->options : NULL, name, length);
    return found ? found : find_in(krx_cli_globals, name, length);
}

static const krx_cli_option *find_short(const krx_cli_verb *verb, char letter)
{
    const krx_cli_option *found = find_letter(verb ? verb->options : NULL, letter);
    return found ? found : find_letter(krx_cli_globals, letter);
}

static bool takes_value(const krx_cli_option *option)
{
    return option->kind != KRX_ARG_FLAG && !krx_cli_value_is_optional(option->kind);
}

/* ------------------------------------------------------------------------------ which verb */

static const krx_cli_verb *first_of(const char *name)
{
    for (size_t i = 0; i < krx_cli_verb_count; i++)
        if (strcmp(krx_cli_verbs[i].name, name) == 0)
            return &krx_cli_verbs[i];
    return NULL;
}

static const krx_cli_verb *sub_of(const char *name, const char *sub)
{
    for (size_t i = 0; i < krx_cli_verb_count; i++)
        if (strcmp(krx_cli_verbs[i].name, name) == 0 && krx_streq(krx_cli_verbs[i].sub, sub))
            return &krx_cli_verbs[i];
    return NULL;
}

enum { OPTION_UNKNOWN, OPTION_ALONE, OPTION_EATS_NEXT };

static int kind_of_long(const krx_cli_verb *row, const char *name)
{
    size_t length = strcspn(name, "=");
    const krx_cli_option *option = find_name(row, name, length);
    if (!option)
        return OPTION_UNKNOWN;
    return takes_value(option) && !name[length] ? OPTION_EATS_NEXT : OPTION_ALONE;
}

static int kind_of_short(const krx_cli_verb *row, const char *letters)
{
    for (; *letters; letters++) {
        const krx_cli_option *option = find_short(row, *letters);
        if (!option)
            return OPTION_UNKNOWN;
        if (takes_value(option))
            return letters[1] ? OPTION_ALONE : OPTION_EATS_NEXT;
    }
    return OPTION_ALONE;
}

/* What an option is to the verb's family, or before the verb is known to any verb. */
static int kind_of(const krx_cli_verb *verb, const char *arg)
{
    int kind = OPTION_UNKNOWN;
    for (size_t i = 0; i < krx_cli_verb_count && kind != OPTION_EATS_NEXT; i++) {
        const krx_cli_verb *row = &krx_cli_verbs[i];
        if (verb && strcmp(row->name, verb->name) != 0)
            continue;
        int here = arg[1] == '-' ? kind_of_long(row, arg + 2) : kind_of_short(row, arg + 1);
        kind = here > kind ? here : kind;
    }
    return kind;
}

/* Index of the next operand from `at`, or argc. */
static int next_operand(const krx_cli_verb *verb, int argc, char **argv, int at)
{
    for (; at < argc; at++) {
        if (strcmp(argv[at], "--") == 0)
            return argc;
        if (argv[at][0] != '-' || argv[at][1] == '\0')
            return at;
        if (kind_of(verb, argv[at]) == OPTION_EATS_NEXT)
            at++;
    }
    return argc;
}

static int unknown_verb(krx_cli *cli, const char *name, const char *word)
{
    const char *words[64];
    size_t count = 0;
    for (size_t i = 0; i < krx_cli_verb_count && count < KRX_COUNT(words); i++) {
        const krx_cli_verb *row = &krx_cli_verbs[i];
        if (name ? strcmp(row->name, name) == 0 : row == first_of(row->name))
            words[count++] = name ? row->sub : row->name;
    }
    const char *habit = name ? NULL : krx_cli_habit(word);
    const char *known = name ? krx_cli_sub_habit(word) : NULL;
    const char *close = known && sub_of(name, known) ? known : krx_closest(word, words, count);
    krx_autofree char *hint =
        habit   ? krx_format("here it is '%s'", habit)
        : close ? krx_format("did you mean '%s'?", close)
                : krx_format("see 'kranix%s%s --help'", name ? " " : "", name ? name : "");
    if (name)
        return krx_cli_usage(cli, hint, "'%s' is not a verb of kranix %s", word, name);
    return krx_cli_usage(cli, hint, "'%s' is not a verb of kranix", word);
}

static int unknown_option(krx_cli *cli, const char *arg, size_t length)
{
    const krx_cli_verb *verb = cli->options.verb;
    const char *words[64];
    size_t count = 0;
    const krx_cli_option *tables[] = {verb ? verb->options : NULL, krx_cli_globals};
    for (size_t t = 0; t < 2; t++)
        for (const krx_cli_option *o = tables[t]; o && o->id && count < KRX_COUNT(words); o++)
            words[count++] = o->name;
    krx_autofree char *word = krx_format("%.*s", (int)length, arg);
    const char *close = word && length > 3 ? krx_closest(word + 2, words, count) : NULL;
    krx_autofree char *hint =
        close ? krx_format("did you mean '--%s'?", close)
        : verb && verb->op == KRX_OP_container_exec && verb->command
            ? krx_format("a command with options goes after '--'; see 'kranix %s --help'",
                         verb->name)
            : krx_format("see 'kranix%s%s%s%s --help'", verb ? " " : "", verb ? verb->name : "",
                         verb && verb->sub ? " " : "", verb && verb->sub ? verb->sub : "");
    return krx_cli_usage(cli, hint, "unknown option '%s'", word ? word : arg);
}

/* Finds the verb; *verb_at and *sub_at are the places of its words, or 0. */
static int find_verb(krx_cli *cli, int argc, char **argv, int *verb_at, int *sub_at)
{
    int at = next_operand(NULL, argc, argv, 1);
    *verb_at = *sub_at = 0;
    if (at >= argc)
        return 0;
    *verb_at = at;
    cli->options.verb = first_of(argv[at]);
    for (int i = 1; i < at; i++)
        if (krx_has_prefix(argv[i], "--") && kind_of(NULL, argv[i]) == OPTION_UNKNOWN)
            return unknown_option(cli, argv[i], strcspn(argv[i], "="));
    if (!cli->options.verb)
        return unknown_verb(cli, NULL, argv[at]);
    if (!cli->options.verb->sub)
        return 0;
    int sub = next_operand(cli->options.verb, argc, argv, at + 1);
    if (sub >= argc)
        return 0;
    const krx_cli_verb *found = sub_of(argv[at], argv[sub]);
    if (!found)
        return unknown_verb(cli, argv[at], argv[sub]);
    cli->options.verb = found;
    cli->options.sub_given = true;
    *sub_at = sub;
    return 0;
}

/* --------------------------------------------------------------------------------- parsing */

static int add_given(krx_cli *cli, const krx_cli_option *option, const char *value)
{
    const char *allowed = value ? krx_cli_check_value(option, value) : NULL;
    if (allowed)
        return krx_cli_usage(cli, NULL, "--%s: '%s' is not allowed: %s", option->name, value,
                             allowed);
    krx_cli_given *item = &cli->options.given[cli->options.given_count++];
    item->option = option;
    item->value = value;
    return 0;
}

static int no_value(krx_cli *cli, const krx_cli_option *option)
{
    return krx_cli_usage(cli, NULL, "--%s needs a value: %s", option->name, option->arg);
}

static int parse_long(krx_cli *cli, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const krx_cli_option *option = find_name(cli->options.verb, name, length);
    if (!option)
        return unknown_option(cli, argv[*at], length + 2);
    if (option->kind == KRX_ARG_FLAG && equals) {
        if (strcmp(equals, "=false") == 0)
            return 0;
        if (strcmp(equals, "=true") != 0)
            return krx_cli_usage(cli, NULL, "--%s takes no value", option->name);
        return add_given(cli, option, NULL);
    }
    if (equals || !takes_value(option))
        return add_given(cli, option, equals ? equals + 1 : NULL);
    if (*at + 1 >= argc)
        return no_value(cli, option);
    return add_given(cli, option, argv[++*at]);
}

static int parse_short(krx_cli *cli, int argc, char **argv, int *at)
{
    for (const char *p = argv[*at] + 1; *p; p++) {
        const krx_cli_option *option = find_short(cli->options.verb, *p);
        int status;
        if (!option) {
            char text[3] = {'-', *p, '\0'};
            return unknown_option(cli, text, 2);
        }
        if (!takes_value(option)) {
            if ((status = add_given(cli, option, NULL)) != 0)
                return status;
            continue;
        }
        if (p[1])
            return add_given(cli, option, p[1] == '=' ? p + 2 : p + 1);
        if (*at + 1 >= argc)
            return no_value(cli, option);
        return add_given(cli, option, argv[++*at]);
    }
    return 0;
}

/* "deploy hello.yaml" and "--wait 60s": what the word too many was meant to be. */
static char *meant(const krx_cli *cli, const char *word)
{
    const krx_cli_option *wait = find_in(cli->options.verb->options, "wait", 4);
    int64_t ns;
    if (wait && krx_cli_flag(cli, wait->id) && !krx_parse_duration(word, &ns))
        return krx_format("write --wait=%s", word);
    if (cli->options.verb->max_args == 0 && find_letter(cli->options.verb->options, 'f'))
        return krx_format("a file is given as -f %s", word);
    return NULL;
}

static int check_operands(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    const krx_cli_verb *verb = o->verb;
    if (!verb || krx_cli_flag(cli, KRX_OPT_HELP))
        return 0;
    const char *space = verb->sub ? " " : "", *sub = verb->sub ? verb->sub : "";
    krx_autofree char *hint = krx_format("usage: kranix %s%s%s%s%s", verb->name, space, sub,
                                         *verb->usage ? " " : "", verb->usage);
    if (o->command && !verb->command)
        return krx_cli_usage(cli, hint, "kranix %s%s%s takes no command", verb->name, space, sub);
    if (o->arg_count < verb->min_args)
        return krx_cli_usage(cli, hint, "kranix %s%s%s needs %s", verb->name, space, sub,
                             verb->max_args == verb->min_args && verb->min_args > 1
                                 ? "more arguments"
                                 : "an argument");
    if (o->arg_count > verb->max_args) {
        const char *word = o->args[verb->max_args];
        krx_autofree char *better = meant(cli, word);
        return krx_cli_usage(cli, better ? better : hint, "unexpected argument '%s'", word);
    }
    for (size_t i = 0; i < o->arg_count; i++)
        if (!*o->args[i])
            return krx_cli_usage(cli, hint, "an argument of kranix %s%s%s is empty", verb->name,
                                 space, sub);
    return 0;
}

int krx_cli_parse(krx_cli *cli, int argc, char **argv)
{
    krx_cli_options *o = &cli->options;
    size_t room = 1;
    int verb_at, sub_at, status = 0;
    for (int i = 0; i < argc; i++)
        room += strlen(argv[i]) + 1; /* a word of combined letters gives several options */
    o->given = calloc(room, sizeof *o->given);
    o->args = calloc((size_t)argc + 1, sizeof *o->args);
    if (!o->given || !o->args)
        return krx_cli_no_memory(cli);
    if ((status = find_verb(cli, argc, argv, &verb_at, &sub_at)) != 0)
        return status;
    for (int i = 1; i < argc && status == 0; i++) {
        if (i == verb_at || i == sub_at)
            continue;
        if (strcmp(argv[i], "--") == 0) {
            o->command = (const char *const *)&argv[i + 1];
            break;
        }
        if (argv[i][0] == '-' && argv[i][1] == '-')
            status = parse_long(cli, argc, argv, &i);
        else if (argv[i][0] == '-' && argv[i][1])
            status = parse_short(cli, argc, argv, &i);
        else
            o->args[o->arg_count++] = argv[i];
    }
    return status ? status : check_operands(cli);
}

void krx_cli_options_free(krx_cli_options *options)
{
    free(options->given);
    free(options->args);
    memset(options, 0, sizeof *options);
}

/* ------------------------------------------------------------------------------- reading it */

bool krx_cli_flag(const krx_cli *cli, int id)
{
    for (size_t i = 0; i < cli->options.given_count; i++)
        if (cli->options.given[i].option->id == id)
            return true;
    return false;
}

const char *krx_cli_value(const krx_cli *cli, int id)
{
    for (size_t i = cli->options.given_count; i-- > 0;)
        if (cli->options.given[i].option->id == id)
            return cli->options.given[i].value;
    return NULL;
}

const char *krx_cli_nth(const krx_cli *cli, int id, size_t n)
{
    for (size_t i = 0; i < cli->options.given_count; i++)
        if (cli->options.given[i].option->id == id && n-- == 0)
            return cli->options.given[i].value;
    return NULL;
}

int64_t krx_cli_int(const krx_cli *cli, int id, int64_t fallback)
{
    const char *value = krx_cli_value(cli, id);
    return value ? strtoll(value, NULL, 10) : fallback;
}

int64_t krx_cli_duration(const krx_cli *cli, int id, int64_t fallback)
{
    const char *value = krx_cli_value(cli, id);
    int64_t ns;
    return value && !krx_parse_duration(value, &ns) ? ns : fallback;
}
