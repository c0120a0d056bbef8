/* SPDX-License-Identifier: Apache-2.0 */
/* Completion scripts for shells, from the table. */
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "programs/kranix/cli.h"

static bool first_row(size_t i)
{
    return i == 0 || strcmp(krx_cli_verbs[i - 1].name, krx_cli_verbs[i].name) != 0;
}

static void print_words(const krx_cli_option *table)
{
    for (; table->id; table++) {
        (void)printf(" --%s", table->name);
        if (table->letter)
            (void)printf(" -%c", table->letter);
    }
}

/* The command that lists what an operand can be; NULL: files. */
static const char *operand_words(int operand)
{
    switch (operand) {
    case KRX_OPERAND_WORKLOAD:
        return "kranix list -o name 2>/dev/null";
    case KRX_OPERAND_BACKEND:
    case KRX_OPERAND_PLUGIN:
        return "kranix plugins list -o name 2>/dev/null";
    case KRX_OPERAND_IMAGE:
        return "kranix images list -o name 2>/dev/null";
    case KRX_OPERAND_NODE:
        return "kranix nodes list -o name 2>/dev/null";
    case KRX_OPERAND_KEY:
        return "kranix config show -o name 2>/dev/null";
    case KRX_OPERAND_SHELL:
        return "echo bash zsh fish";
    case KRX_OPERAND_VERB:
        return "echo $verbs";
    default:
        return NULL;
    }
}

static void print_subs(const char *name)
{
    for (size_t i = 0; i < krx_cli_verb_count; i++)
        if (strcmp(krx_cli_verbs[i].name, name) == 0 && krx_cli_verbs[i].sub)
            (void)printf(" %s", krx_cli_verbs[i].sub);
}

static void print_verbs(void)
{
    for (size_t i = 0; i < krx_cli_verb_count; i++)
        if (first_row(i))
            (void)printf(" %s", krx_cli_verbs[i].name);
}

static void print_choices(const char *choices)
{
    for (; *choices; choices++)
        (void)fputc(*choices == '|' ? ' ' : *choices, stdout);
}

/* What comes after an option that takes a value. */
static void bash_values(const krx_cli_option *table)
{
    for (; table->id; table++) {
        if (!table->arg || krx_cli_value_is_optional(table->kind))
            continue;
        (void)printf("        --%s", table->name);
        if (table->letter)
            (void)printf("|-%c", table->letter);
        if (table->kind == KRX_ARG_CHOICE) {
            (void)fputs(") words='", stdout);
            print_choices(table->choices);
            (void)fputs("' ;;\n", stdout);
        } else if (table->kind == KRX_ARG_FILE) {
            (void)fputs(") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", stdout);
        } else if (table->id == KRX_OPT_BACKEND) {
            (void)fputs(") words=\"auto $(kranix plugins list -o name 2>/dev/null)\" ;;\n", stdout);
        } else {
            (void)fputs(") return ;;\n", stdout);
        }
    }
}

static void bash_verb(const krx_cli_verb *verb)
{
    const char *words = operand_words(verb->operand);
    (void)printf("    %s%s%s)\n        options='", verb->name, verb->sub ? "/" : "",
                 verb->sub ? verb->sub : "");
    print_words(verb->options);
    (void)fputs("'\n", stdout);
    if (verb->options->id) {
        (void)fputs("        case $prev in\n", stdout);
        bash_values(verb->options);
        (void)fputs("        esac\n", stdout);
    }
    if (words)
        (void)printf("        operands=\"$(%s)\"\n", words);
    else if (verb->operand == KRX_OPERAND_FILE)
        (void)fputs("        operands=\"$(compgen -f -- \"$cur\")\"\n", stdout);
    (void)fputs("        ;;\n", stdout);
}

static void print_bash(void)
{
    (void)fputs("# bash completion for kranix; put it into bash-completion's folder as 'kranix'\n"
                "_kranix()\n{\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
                "    local i verb= sub= key options= operands= words= subs= verbs='",
                stdout);
    print_verbs();
    (void)fputs("'\n    COMPREPLY=()\n"
                "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                "        case ${COMP_WORDS[i]} in\n"
                "        --) return ;;\n        -*) continue ;;\n        esac\n"
                "        case ${COMP_WORDS[i - 1]} in\n"
                "        --backend|--namespace|-n|--output|-o|--timeout|--config|--state-dir)"
                " continue ;;\n        esac\n"
                "        if [ -z \"$verb\" ]; then verb=${COMP_WORDS[i]}\n"
                "        elif [ -z \"$sub\" ]; then sub=${COMP_WORDS[i]}; fi\n"
                "    done\n    case $verb in\n",
                stdout);
    for (size_t i = 0; i < krx_cli_verb_count; i++)
        if (first_row(i) && krx_cli_verbs[i].sub) {
            (void)printf("    %s) subs='", krx_cli_verbs[i].name);
            print_subs(krx_cli_verbs[i].name);
            (void)fputs("' ;;\n", stdout);
        }
    (void)fputs("    esac\n    key=$verb\n"
                "    if [ -n \"$subs\" ]; then key=$verb/$sub; fi\n"
                "    case $prev in\n",
                stdout);
    bash_values(krx_cli_globals);
    (void)fputs("    esac\n    case $key in\n", stdout);
    for (size_t i = 0; i < krx_cli_verb_count; i++)
        bash_verb(&krx_cli_verbs[i]);
    (void)fputs("    esac\n    if [ -z \"$words\" ]; then\n        case $cur in\n"
                "        -*) words=\"$options",
                stdout);
    print_words(krx_cli_globals);
    (void)fputs("\" ;;\n        *)\n"
                "            if [ -z \"$verb\" ]; then words=$verbs\n"
                "            elif [ -n \"$subs\" ] && [ -z \"$sub\" ]; then words=$subs\n"
                "            else words=$operands; fi ;;\n        esac\n    fi\n"
                "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
                "complete -o default -F _kranix kranix\n",
                stdout);
}

static void print_zsh(void)
{
    (void)fputs("#compdef kranix\n"
                "# zsh completion for kranix, through the bash one\n"
                "autoload -U +X bashcompinit && bashcompinit\n",
                stdout);
    print_bash();
    (void)fputs("if [ \"$funcstack[1]\" = _kranix ]; then\n"
                "    _bash_complete -o default -F _kranix\nfi\n",
                stdout);
}

/* In single quotes for fish. */
static void fish_quoted(const char *text)
{
    (void)fputc('\'', stdout);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            (void)fputc('\\', stdout);
        (void)fputc(*text, stdout);
    }
    (void)fputc('\'', stdout);
}

static void fish_option(const char *condition, const krx_cli_option *option)
{
    (void)printf("complete -c kranix%s -l %s", condition, option->name);
    if (option->letter)
        (void)printf(" -s %c", option->letter);
    if (option->kind == KRX_ARG_CHOICE) {
        (void)fputs(" -x -a '", stdout);
        print_choices(option->choices);
        (void)fputc('\'', stdout);
    } else if (option->kind == KRX_ARG_FILE) {
        (void)fputs(" -r -F", stdout);
    } else if (option->id == KRX_OPT_BACKEND) {
        (void)fputs(" -x -a '(kranix plugins list -o name 2>/dev/null)'", stdout);
    } else if (option->arg && !krx_cli_value_is_optional(option->kind)) {
        (void)fputs(" -x", stdout);
    }
    (void)fputs(" -d ", stdout);
    fish_quoted(option->help);
    (void)fputc('\n', stdout);
}

static void fish_verb(size_t i)
{
    const krx_cli_verb *verb = &krx_cli_verbs[i];
    char condition[160];
    const char *words = operand_words(verb->operand);
    if (first_row(i)) {
        (void)printf("complete -c kranix -f -n __fish_use_subcommand -a %s -d ", verb->name);
        fish_quoted(verb->sub ? "" : verb->help);
        (void)fputc('\n', stdout);
    }
    (void)snprintf(condition, sizeof condition, " -n '__fish_seen_subcommand_from %s%s%s'",
                   verb->name, verb->sub ? "; and __fish_seen_subcommand_from " : "",
                   verb->sub ? verb->sub : "");
    if (verb->sub) {
        (void)printf("complete -c kranix -f -n '__fish_seen_subcommand_from %s' -a %s -d ",
                     verb->name, verb->sub);
        fish_quoted(verb->help);
        (void)fputc('\n', stdout);
    }
    for (const krx_cli_option *option = verb->options; option->id; option++)
        fish_option(condition, option);
    if (verb->operand == KRX_OPERAND_VERB)
        return;
    if (words)
        (void)printf("complete -c kranix -f%s -a '(%s)'\n", condition, words);
}

static void print_fish(void)
{
    (void)fputs("# fish completion for kranix\n", stdout);
    for (const krx_cli_option *option = krx_cli_globals; option->id; option++)
        fish_option("", option);
    for (size_t i = 0; i < krx_cli_verb_count; i++)
        fish_verb(i);
}

int krx_cli_completion(krx_cli *cli)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    const char *name = cli->options.args[0];
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(shells[i].name, name) == 0) {
            shells[i].print();
            return 0;
        }
    return krx_cli_usage(cli, "one of bash, zsh, fish", "there is no completion for '%s'", name);
}
