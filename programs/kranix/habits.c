/* SPDX-License-Identifier: Apache-2.0 */
/* Words of docker, podman and kubectl, and what does the same here. */
#include <string.h>

#include "programs/kranix/cli.h"

static const struct {
    const char *verb, *here;
} verbs[] = {
    {"alloc", "kranix list --instances, logs NAME or exec NAME"},
    {"annotate", "kranix deploy -f FILE"},
    {"apply", "kranix deploy -f FILE"},
    {"autoscale", "kranix deploy -f FILE"},
    {"cluster-info", "kranix backends"},
    {"cordon", "kranix nodes cordon NODE"},
    {"cp", "kranix exec NAME -- cat FILE >FILE"},
    {"create", "kranix deploy -f FILE"},
    {"delete", "kranix destroy NAME"},
    {"describe", "kranix status NAME"},
    {"diff", "kranix deploy -f FILE --diff"},
    {"down", "kranix destroy -f FILE"},
    {"drain", "kranix nodes drain NODE"},
    {"edit", "kranix deploy -f FILE"},
    {"event", "kranix events"},
    {"explain", "kranix backends show NAME, or docs/reference/workload.md"},
    {"expose", "kranix deploy -f FILE, with ports"},
    {"export", "kranix manifest NAME"},
    {"forward", "kranix port-forward NAME PORT"},
    {"generate", "kranix manifest NAME"},
    {"get", "kranix list"},
    {"image", "kranix images"},
    {"import", "kranix images import FILE"},
    {"info", "kranix backends"},
    {"job", "kranix deploy -f FILE, status NAME or destroy NAME"},
    {"label", "kranix deploy -f FILE"},
    {"load", "kranix images import FILE"},
    {"kube", "kranix manifest NAME"},
    {"log", "kranix logs NAME"},
    {"ls", "kranix list"},
    {"node", "kranix nodes"},
    {"patch", "kranix deploy -f FILE"},
    {"ps", "kranix list"},
    {"pull", "kranix images pull IMAGE"},
    {"push", "kranix images push IMAGE"},
    {"resume", "kranix unpause NAME"},
    {"replace", "kranix deploy -f FILE"},
    {"revisions", "kranix history NAME"},
    {"rm", "kranix destroy NAME"},
    {"rmi", "kranix images remove IMAGE"},
    {"rollout", "kranix rollback NAME (undo), history NAME, restart NAME or status NAME"},
    {"run", "kranix deploy --name NAME --image IMAGE"},
    {"scale", "kranix deploy -f FILE, with other replicas"},
    {"set", "kranix deploy -f FILE"},
    {"setup", "kranix backends setup NAME"},
    {"show", "kranix status NAME"},
    {"tag", "kranix images tag IMAGE TARGET"},
    {"template", "kranix manifest -f FILE"},
    {"top", "kranix stats, for nodes kranix nodes list"},
    {"uncordon", "kranix nodes uncordon NODE"},
    {"undo", "kranix rollback NAME"},
    {"up", "kranix deploy -f FILE"},
    {"update", "kranix deploy -f FILE"},
    {"volume", "kranix volumes"},
    {"wait", "kranix deploy -f FILE --wait"},
};

static const struct {
    const char *word, *here;
} subs[] = {
    {"add", "create"},
    {"delete", "remove"},
    {"evict", "drain"},
    {"get", "list"},
    {"init", "setup"},
    {"prune", "remove"},
    {"provision", "create"},
    {"info", "show"},
    {"inspect", "show"},
    {"load", "import"},
    {"ls", "list"},
    {"ps", "list"},
    {"replace", "kranix deploy -f FILE"},
    {"revisions", "kranix history NAME"},
    {"rm", "remove"},
    {"view", "show"},
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
