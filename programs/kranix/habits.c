/* SPDX-License-Identifier: Apache-2.0 */
/* Words of docker, podman and kubectl, and what does the same here. */
#include <string.h>

#include "programs/kranix/cli.h"

static const struct {
    const char *verb, *here;
} verbs[] = {
    {"apply", "kranix deploy -f FILE"},
    {"attach", "kranix logs -f NAME"},
    {"create", "kranix deploy -f FILE"},
    {"delete", "kranix destroy NAME"},
    {"describe", "kranix status NAME"},
    {"diff", "kranix deploy -f FILE --diff"},
    {"down", "kranix destroy -f FILE"},
    {"edit", "kranix deploy -f FILE"},
    {"get", "kranix list"},
    {"image", "kranix images"},
    {"import", "kranix images import FILE"},
    {"info", "kranix backends"},
    {"load", "kranix images import FILE"},
    {"log", "kranix logs NAME"},
    {"ls", "kranix list"},
    {"ps", "kranix list"},
    {"pull", "kranix images pull IMAGE"},
    {"push", "kranix images push IMAGE"},
    {"resume", "kranix unpause NAME"},
    {"rm", "kranix destroy NAME"},
    {"rmi", "kranix images remove IMAGE"},
    {"run", "kranix deploy --name NAME --image IMAGE"},
    {"scale", "kranix deploy -f FILE, with other replicas"},
    {"show", "kranix status NAME"},
    {"tag", "kranix images tag IMAGE TARGET"},
    {"top", "kranix stats"},
    {"up", "kranix deploy -f FILE"},
    {"update", "kranix deploy -f FILE"},
};

static const struct {
    const char *word, *here;
} subs[] = {
    {"delete", "remove"}, {"get", "list"},    {"info", "show"},
    {"inspect", "show"},  {"load", "import"}, {"ls", "list"},
    {"ps", "list"},       {"rm", "remove"},   {"view", "show"},
};

const char *krx_cli_habit(const char *verb)
{
    for (size_t i = 0; i < KRX_COUNT(verbs); i++)
        if (strcmp(verbs[i].verb, verb) == 0)
            return verbs[i].here;
    return NULL;
}

const char *krx_cli_sub_habit(const char *word)
{
    for (size_t i = 0; i < KRX_COUNT(subs); i++)
        if (strcmp(subs[i].word, word) == 0)
            return subs[i].here;
    return NULL;
}
