/* SPDX-License-Identifier: Apache-2.0 */
/* kranix-conformance: options. */
#include <getopt.h>
#include <string.h>

#include "config.h"
#include "lib/base/units.h"
#include "programs/conformance/kit.h"

#define SETTINGS_MAX 64

static const char usage_text[] =
    "usage: kranix-conformance [OPTION]... MODULE.so\n"
    "\n"
    "Drives a kranix backend module through every rule of its boundary and prints the outcome as\n"
    "TAP. Each test runs in a process of its own. Exit status: 0 all ok, 1 something is not, 2 "
    "bad\n"
    "usage.\n"
    "\n"
    "  --setting K=V            a setting for the module's open(); may be repeated\n"
    "  --image IMAGE            a local image with /bin/sh to deploy and to try image ops on\n"
    "  --namespace NAME         namespace to deploy in (default: default)\n"
    "  --blackhole-setting K=URL\n"
    "                           a setting that leads the module to an endpoint which the kit "
    "itself\n"
    "                           serves and never answers: unix://PATH or tcp://127.0.0.1:PORT;\n"
    "                           K=VALUE@URL when the setting only leads there (a file, say)\n"
    "  --no-server              the module talks to no server: nothing is tried that would need "
    "one\n"
    "                           which does not answer\n"
    "  --node NAME              a node that the kit may cordon and drain; it uncordons it again\n"
    "  --jobs N                 tests to run side by side (default: 1)\n"
    "  --wait DURATION          how long a workload may take to come up or go (default: 60s)\n"
    "  --only PATTERN           only tests whose name matches, or contains, PATTERN\n"
    "  --timeout DURATION       most that one test may take (default: 120s)\n"
    "  --prompt DURATION        how soon an op must return once it is given up (default: 2s)\n"
    "  --list                   print the names of the tests that would run\n"
    "  --help, --version\n"
    "\n"
    "What it deploys is named kit-..., and it removes what it made. It prunes nothing, and drains\n"
    "nothing but the node of --node.\n";

enum {
    OPT_SETTING = 1,
    OPT_IMAGE,
    OPT_NAMESPACE,
    OPT_BLACKHOLE,
    OPT_NO_SERVER,
    OPT_NODE,
    OPT_JOBS,
    OPT_WAIT,
    OPT_ONLY,
    OPT_TIMEOUT,
    OPT_PROMPT,
    OPT_LIST,
    OPT_HELP,
    OPT_VERSION
};

static const struct option long_options[] = {
    {"setting", required_argument, NULL, OPT_SETTING},
    {"image", required_argument, NULL, OPT_IMAGE},
    {"namespace", required_argument, NULL, OPT_NAMESPACE},
    {"blackhole-setting", required_argument, NULL, OPT_BLACKHOLE},
    {"no-server", no_argument, NULL, OPT_NO_SERVER},
    {"node", required_argument, NULL, OPT_NODE},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"only", required_argument, NULL, OPT_ONLY},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"prompt", required_argument, NULL, OPT_PROMPT},
    {"list", no_argument, NULL, OPT_LIST},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static int bad_usage(const char *what, const char *value)
{
    fprintf(stderr, "kranix-conformance: %s%s%s\nTry --help\n", what, value ? ": " : "",
            value ? value : "");
    return 2;
}

static int set_duration(const char *name, const char *text, int64_t *ns)
{
    const char *wrong = krx_parse_duration(text, ns);
    if (!wrong && *ns > 0)
        return 0;
    fprintf(stderr, "kranix-conformance: %s: '%s' is no duration\n", name, text);
    return 2;
}

static int set_jobs(const char *text, size_t *jobs)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || n < 1 || n > KRX_KIT_JOBS_MAX) {
        fprintf(stderr, "kranix-conformance: --jobs: '%s' is no number from 1 to %d\n", text,
                KRX_KIT_JOBS_MAX);
        return 2;
    }
    *jobs = n;
    return 0;
}

static int set_option(krx_kit_options *o, const char **settings, size_t *count, int option)
{
    switch (option) {
    case OPT_SETTING:
        if (*count >= SETTINGS_MAX || !strchr(optarg, '='))
            return bad_usage("--setting wants K=V", optarg);
        settings[(*count)++] = optarg;
        return 0;
    case OPT_IMAGE:
        o->image = optarg;
        return 0;
    case OPT_NAMESPACE:
        o->namespace_ = optarg;
        return 0;
    case OPT_BLACKHOLE:
        if (!strstr(optarg, "=unix://") && !strstr(optarg, "=tcp://") &&
            !strstr(optarg, "@unix://") && !strstr(optarg, "@tcp://"))
            return bad_usage("--blackhole-setting wants K=unix://PATH, K=tcp://HOST:PORT or "
                             "K=VALUE@URL",
                             optarg);
        o->blackhole = optarg;
        return 0;
    case OPT_NO_SERVER:
        o->no_server = true;
        return 0;
    case OPT_NODE:
        o->node = optarg;
        return 0;
    case OPT_JOBS:
        return set_jobs(optarg, &o->jobs);
    case OPT_WAIT:
        return set_duration("--wait", optarg, &o->wait_ns);
    case OPT_ONLY:
        o->only = optarg;
        return 0;
    case OPT_TIMEOUT:
        return set_duration("--timeout", optarg, &o->timeout_ns);
    case OPT_PROMPT:
        return set_duration("--prompt", optarg, &o->prompt_ns);
    case OPT_LIST:
        o->list = true;
        return 0;
    default:
        return bad_usage("unknown option or missing value", NULL);
    }
}

int main(int argc, char **argv)
{
    const char *settings[SETTINGS_MAX + 1] = {NULL};
    size_t count = 0;
    int option;
    krx_kit_options o = {.settings = settings,
                         .namespace_ = "default",
                         .jobs = 1,
                         .timeout_ns = 120 * KRX_NS_PER_S,
                         .prompt_ns = 2 * KRX_NS_PER_S,
                         .wait_ns = 60 * KRX_NS_PER_S};
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP)
            return fputs(usage_text, stdout) < 0;
        if (option == OPT_VERSION)
            return printf("kranix-conformance %s (SDK %d.%d)\n", PACKAGE_VERSION, KRX_ABI_MAJOR,
                          KRX_ABI_MINOR) < 0;
        if (set_option(&o, settings, &count, option))
            return 2;
    }
    if (optind != argc - 1)
        return bad_usage("exactly one MODULE.so is wanted", NULL);
    krx_autofree char *path = realpath(argv[optind], NULL);
    if (!path)
        return bad_usage("no such file", argv[optind]);
    o.module = path;
    return krx_kit_run(&o);
}
