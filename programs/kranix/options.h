/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of verbs and options. Parser, --help, completions and the manual follow it. */
#ifndef KRX_CLI_OPTIONS_H
#define KRX_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct krx_cli krx_cli;

enum krx_cli_option_id {
    KRX_OPT_NONE = 0,
    KRX_OPT_BACKEND,
    KRX_OPT_NAMESPACE,
    KRX_OPT_OUTPUT,
    KRX_OPT_TIMEOUT,
    KRX_OPT_QUIET,
    KRX_OPT_VERBOSE,
    KRX_OPT_NO_COLOR,
    KRX_OPT_CONFIG,
    KRX_OPT_STATE_DIR,
    KRX_OPT_HELP,
    KRX_OPT_VERSION,
    KRX_OPT_FILE,
    KRX_OPT_NAME,
    KRX_OPT_IMAGE,
    KRX_OPT_PORT,
    KRX_OPT_CPU,
    KRX_OPT_MEMORY,
    KRX_OPT_NETWORK,
    KRX_OPT_RUNTIME,
    KRX_OPT_ENV,
    KRX_OPT_REPLICAS,
    KRX_OPT_WAIT,
    KRX_OPT_DRY_RUN,
    KRX_OPT_DIFF,
    KRX_OPT_STRICT,
    KRX_OPT_VOLUMES,
    KRX_OPT_GRACE,
    KRX_OPT_IGNORE_NOT_FOUND,
    KRX_OPT_PARALLEL,
    KRX_OPT_SIGNAL,
    KRX_OPT_ALL_NAMESPACES,
    KRX_OPT_ALL_BACKENDS,
    KRX_OPT_SELECTOR,
    KRX_OPT_INSTANCES,
    KRX_OPT_UNMANAGED,
    KRX_OPT_WATCH,
    KRX_OPT_FOLLOW,
    KRX_OPT_TAIL,
    KRX_OPT_SINCE,
    KRX_OPT_TIMESTAMPS,
    KRX_OPT_STREAM,
    KRX_OPT_REPLICA,
    KRX_OPT_PREVIOUS,
    KRX_OPT_INTERACTIVE,
    KRX_OPT_TTY,
    KRX_OPT_WORKDIR,
    KRX_OPT_USER,
    KRX_OPT_NO_STREAM,
    KRX_OPT_RAW,
    KRX_OPT_ALL,
    KRX_OPT_PLATFORM,
    KRX_OPT_FORCE,
    KRX_OPT_IGNORE_DAEMONSETS,
    KRX_OPT_DELETE_EMPTYDIR_DATA,
    KRX_OPT_REASON,
    KRX_OPT_COMMENT,
    KRX_OPT_EXPORT,
    KRX_OPT_IMPORT,
    KRX_OPT_LEAVE_RUNNING,
    KRX_OPT_TCP_ESTABLISHED,
    KRX_OPT_TCP_SKIP_IN_FLIGHT,
    KRX_OPT_LINK_REMAP,
    KRX_OPT_TO,
    KRX_OPT_ADDRESS,
    KRX_OPT_COUNT_
};

enum krx_cli_kind {
    KRX_ARG_FLAG = 0,
    KRX_ARG_TEXT,
    KRX_ARG_INT,    /* choices: "low..high" */
    KRX_ARG_CHOICE, /* choices: "a|b|c" */
    KRX_ARG_DURATION,
    KRX_ARG_OPTIONAL_DURATION, /* --wait or --wait=30s */
    KRX_ARG_OPTIONAL_BOOL,     /* --flag, --flag=true or --flag=false, when true is the default */
    KRX_ARG_FILE,
    KRX_ARG_PORT,
    KRX_ARG_CPU,
    KRX_ARG_BYTES,
    KRX_ARG_LABEL, /* key=value */
    KRX_ARG_TIME   /* a duration ago or an RFC 3339 instant */
};

/* A value only with '='. */
static inline bool krx_cli_value_is_optional(int kind)
{
    return kind == KRX_ARG_OPTIONAL_DURATION || kind == KRX_ARG_OPTIONAL_BOOL;
}

typedef struct krx_cli_option {
    int id;
    const char *name;
    char letter; /* 0: none */
    int kind;
    const char *arg; /* what help calls the value; NULL for a flag */
    const char *choices;
    const char *help;
} krx_cli_option;

/* What a verb's operands are, for completion. */
enum krx_cli_operand {
    KRX_OPERAND_NONE = 0,
    KRX_OPERAND_WORKLOAD,
    KRX_OPERAND_BACKEND,
    KRX_OPERAND_PLUGIN,
    KRX_OPERAND_FILE,
    KRX_OPERAND_SHELL,
    KRX_OPERAND_VERB,
    KRX_OPERAND_IMAGE,
    KRX_OPERAND_KEY,
    KRX_OPERAND_NODE
};

#define KRX_MANY SIZE_MAX

typedef struct krx_cli_verb {
    const char *name;
    const char *sub;               /* second word or NULL; the first row of a name is its default */
    const char *usage;             /* after "kranix name sub" */
    const char *help;              /* one line */
    const char *more;              /* further lines, or NULL */
    const krx_cli_option *options; /* ends with id 0 */
    size_t min_args;
    size_t max_args;
    bool command; /* takes "-- COMMAND..." */
    int operand;
    int (*run)(krx_cli *cli);
    uint32_t op; /* verbs that are one op of a workload */
} krx_cli_verb;

extern const krx_cli_verb krx_cli_verbs[];
extern const size_t krx_cli_verb_count;
extern const krx_cli_option krx_cli_globals[];

typedef struct krx_cli_given {
    const krx_cli_option *option;
    const char *value; /* NULL for a flag, or an optional value that was left out */
} krx_cli_given;

typedef struct krx_cli_options {
    const krx_cli_verb *verb; /* NULL: none was named */
    bool sub_given;
    krx_cli_given *given;
    size_t given_count;
    const char **args;
    size_t arg_count;
    const char *const *command; /* after "--", NULL-terminated; NULL when there was none */
} krx_cli_options;

/* Prints mistakes itself. 0, or an exit status. */
int krx_cli_parse(krx_cli *cli, int argc, char **argv);
void krx_cli_options_free(krx_cli_options *options);

/* Whether an option is given at all. */
bool krx_cli_flag(const krx_cli *cli, int id);
/* The last value given, or NULL. */
const char *krx_cli_value(const krx_cli *cli, int id);
/* The n-th value of an option that repeats, or NULL. */
const char *krx_cli_nth(const krx_cli *cli, int id, size_t n);
int64_t krx_cli_int(const krx_cli *cli, int id, int64_t fallback);
int64_t krx_cli_duration(const krx_cli *cli, int id, int64_t fallback);

/* NULL, or what is allowed. Checks a value as its kind says. */
/* The command here that does what a verb of docker or kubectl does, or NULL. */
const char *krx_cli_habit(const char *verb);
const char *krx_cli_sub_habit(const char *word);

const char *krx_cli_check_value(const krx_cli_option *option, const char *value);

/* The text of --help; verb NULL for the whole program. */
void krx_cli_print_help(const krx_cli_verb *verb, bool only_verb);

#endif
