/* SPDX-License-Identifier: Apache-2.0 */
/* The default seccomp profile. */
#include <errno.h>
#include <string.h>

#include "modules/oci/bundle/parts.h"
#include "modules/oci/bundle/seccomp_table.h"

static cJSON *add_rule(krx_json_maker *maker, cJSON *rules, const char *action,
                       const char *const *names)
{
    cJSON *rule = krx_json_add_object(maker, rules, NULL);
    krx_json_add_texts(maker, rule, "names", names);
    krx_json_add_text(maker, rule, "action", action);
    return rule;
}

static void add_more(krx_json_maker *maker, cJSON *rules, const krx_oci_caps *caps,
                     const char *machine)
{
    for (const krx_oci_seccomp_more *m = krx_oci_seccomp_more_rows; m->names; m++)
        if ((!m->cap || krx_oci_caps_has(caps, m->cap)) &&
            (!m->machine || krx_has_prefix(machine, m->machine)))
            add_rule(maker, rules, "SCMP_ACT_ALLOW", m->names);
}

/* On s390 the flags of clone are its second argument. */
static void add_args(krx_json_maker *maker, cJSON *rules, const krx_oci_caps *caps,
                     const char *machine)
{
    for (const krx_oci_seccomp_arg *a = krx_oci_seccomp_args; a->name; a++) {
        const char *const names[] = {a->name, NULL};
        bool turned = krx_has_prefix(machine, "s390") && strcmp(a->name, "clone") == 0;
        if (a->unless && krx_oci_caps_has(caps, a->unless))
            continue;
        cJSON *list =
            krx_json_add_array(maker, add_rule(maker, rules, "SCMP_ACT_ALLOW", names), "args");
        cJSON *arg = krx_json_add_object(maker, list, NULL);
        krx_json_add_int(maker, arg, "index", turned ? 1 : (int64_t)a->index);
        krx_json_add_int(maker, arg, "value", (int64_t)a->value);
        krx_json_add_int(maker, arg, "valueTwo", (int64_t)a->masked);
        krx_json_add_text(maker, arg, "op", a->op);
    }
}

void krx_oci_put_seccomp(krx_json_maker *maker, cJSON *linux_, const krx_oci_caps *caps,
                         const char *machine)
{
    const krx_oci_seccomp_machine *words = krx_oci_seccomp_machines;
    cJSON *profile = krx_json_add_object(maker, linux_, "seccomp");
    krx_json_add_text(maker, profile, "defaultAction", "SCMP_ACT_ERRNO");
    krx_json_add_int(maker, profile, "defaultErrnoRet", EPERM);
    while (words->machine && strcmp(words->machine, machine) != 0)
        words++;
    krx_json_add_texts(maker, profile, "architectures", words->words);
    cJSON *rules = krx_json_add_array(maker, profile, "syscalls");
    add_rule(maker, rules, "SCMP_ACT_ALLOW", krx_oci_seccomp_always);
    add_args(maker, rules, caps, machine);
    add_more(maker, rules, caps, machine);
    /* its flags can't be looked at: "not there" makes the C library take clone instead */
    if (!krx_oci_caps_has(caps, "SYS_ADMIN"))
        krx_json_add_int(
            maker, add_rule(maker, rules, "SCMP_ACT_ERRNO", (const char *const[]){"clone3", NULL}),
            "errnoRet", ENOSYS);
}
