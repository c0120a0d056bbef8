/* SPDX-License-Identifier: Apache-2.0 */
/* --help, from the table. */
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "programs/kranix/cli.h"

static void print_option(const krx_cli_option *option)
{
    char left[80], value[48] = "";
    if (krx_cli_value_is_optional(option->kind))
        (void)snprintf(value, sizeof value, "[=%s]", option->arg);
    else if (option->arg)
        (void)snprintf(value, sizeof value, " %s", option->arg);
    if (option->letter)
        (void)snprintf(left, sizeof left, "-%c, --%s%s", option->letter, option->name, value);
    else
        (void)snprintf(left, sizeof left, "    --%s%s", option->name, value);
    if (strlen(left) > 28)
        (void)printf("  %s\n  %-28s  %s\n", left, "", option->help);
    else
        (void)printf("  %-28s  %s\n", left, option->help);
}

static void print_options(const char *title, const krx_cli_option *table)
{
    if (!table->id)
        return;
    (void)printf("\n%s:\n", title);
    for (; table->id; table++)
        print_option(table);
}

static void print_all(void)
{
    (void)fputs("Usage: kranix VERB [ARGUMENT...] [OPTION...]\n\n"
                "Deploys workloads on Docker and other backends, and looks after them.\n\nVerbs:\n",
                stdout);
    for (size_t i = 0; i < krx_cli_verb_count; i++) {
        const krx_cli_verb *verb = &krx_cli_verbs[i];
        char name[40];
        (void)snprintf(name, sizeof name, "%s%s%s", verb->name, verb->sub ? " " : "",
                       verb->sub ? verb->sub : "");
        (void)printf("  %-18s  %s\n", name, verb->help);
    }
    print_options("Options of every verb", krx_cli_globals);
    (void)fputs("\nSee 'kranix VERB --help' for one verb, and kranix(1).\n", stdout);
}

static void print_family(const char *name)
{
    (void)printf("Usage: kranix %s VERB [ARGUMENT...] [OPTION...]\n\nVerbs:\n", name);
    for (size_t i = 0; i < krx_cli_verb_count; i++)
        if (strcmp(krx_cli_verbs[i].name, name) == 0)
            (void)printf("  %-10s  %s\n", krx_cli_verbs[i].sub, krx_cli_verbs[i].help);
    print_options("Options of every verb", krx_cli_globals);
}

void krx_cli_print_help(const krx_cli_verb *verb, bool family)
{
    if (!verb) {
        print_all();
        return;
    }
    if (family) {
        print_family(verb->name);
        return;
    }
    (void)printf("Usage: kranix %s%s%s%s%s\n\n%s.\n", verb->name, verb->sub ? " " : "",
                 verb->sub ? verb->sub : "", *verb->usage ? " " : "", verb->usage, verb->help);
    if (verb->more)
        (void)printf("%s\n", verb->more);
    print_options("Options", verb->options);
    print_options("Options of every verb", krx_cli_globals);
}

int krx_cli_help(krx_cli *cli)
{
    const krx_cli_options *o = &cli->options;
    if (o->arg_count == 0) {
        krx_cli_print_help(NULL, false);
        return 0;
    }
    const krx_cli_verb *first = NULL;
    for (size_t i = 0; i < krx_cli_verb_count; i++) {
        const krx_cli_verb *verb = &krx_cli_verbs[i];
        if (strcmp(verb->name, o->args[0]) != 0)
            continue;
        first = first ? first : verb;
        if (o->arg_count == 2 && krx_streq(verb->sub, o->args[1])) {
            krx_cli_print_help(verb, false);
            return 0;
        }
    }
    if (!first || o->arg_count == 2)
        return krx_cli_usage(cli, "see 'kranix --help'", "'%s' is not a verb of kranix%s%s",
                             o->args[o->arg_count - 1], first ? " " : "", first ? first->name : "");
    krx_cli_print_help(first, first->sub != NULL);
    return 0;
}
