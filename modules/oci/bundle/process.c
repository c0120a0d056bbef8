/* SPDX-License-Identifier: Apache-2.0 */
/* What runs: arguments, environment, user, capabilities. */
#include <string.h>

#include "modules/oci/bundle/parts.h"

#define PATH_DEFAULT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static void add_words(krx_arena *arena, krx_ptrs *list, const char *const *words)
{
    for (size_t i = 0; words && words[i]; i++)
        (void)krx_ptrs_add(arena, list, words[i]);
}

/* A command replaces entrypoint and default arguments of the image, args only the latter. */
static int32_t put_args(krx_oci_config *m, cJSON *process)
{
    const krx_oci_image *image = m->bundle->image;
    bool command = m->spec->command && m->spec->command[0];
    bool args = m->spec->args && m->spec->args[0];
    krx_ptrs words = {0};
    add_words(m->arena, &words, command ? m->spec->command : image->entrypoint);
    add_words(m->arena, &words, command || args ? m->spec->args : image->command);
    if (!words.count && !krx_arena_failed(m->arena)) {
        krx_fail(m->call, KRX_E_INVALID_ARGUMENT, "image %s has no command of its own",
                 m->spec->image);
        return krx_hint(m->call, "say what shall run with command");
    }
    krx_json_add_texts(&m->maker, process, "args", (const char *const *)words.items);
    return 0;
}

/* ------------------------------------------------------------------------------- environment */

static bool same_name(const char *pair, const char *name, size_t length)
{
    return strncmp(pair, name, length) == 0 && pair[length] == '=';
}

void krx_oci_env_set(krx_arena *arena, krx_ptrs *env, const char *pair)
{
    size_t length = pair ? strcspn(pair, "=") : 0;
    if (!length)
        return;
    for (size_t i = 0; i < env->count; i++)
        if (same_name(env->items[i], pair, length)) {
            env->items[i] = (void *)(uintptr_t)pair;
            return;
        }
    (void)krx_ptrs_add(arena, env, pair);
}

const char *krx_oci_env_get(const krx_ptrs *env, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < env->count; i++)
        if (same_name(env->items[i], name, length))
            return (const char *)env->items[i] + length + 1;
    return NULL;
}

static void put_env(krx_oci_config *m, cJSON *process)
{
    krx_ptrs env = {0};
    const char *const *own = m->bundle->image->env;
    krx_oci_env_set(m->arena, &env, PATH_DEFAULT);
    krx_oci_env_set(m->arena, &env, krx_arena_printf(m->arena, "HOSTNAME=%s", m->hostname));
    if (m->bundle->launch->terminal)
        krx_oci_env_set(m->arena, &env, "TERM=xterm");
    for (size_t i = 0; own && own[i]; i++)
        krx_oci_env_set(m->arena, &env, own[i]);
    for (size_t i = 0; m->edits.env && m->edits.env[i]; i++)
        krx_oci_env_set(m->arena, &env, m->edits.env[i]);
    for (size_t i = 0; m->spec->env && m->spec->env[i]; i++)
        krx_oci_env_set(
            m->arena, &env,
            krx_arena_printf(m->arena, "%s=%s", m->spec->env[i]->key, m->spec->env[i]->value));
    if (!krx_oci_env_get(&env, "HOME"))
        krx_oci_env_set(m->arena, &env,
                        krx_arena_printf(m->arena, "HOME=%s", m->user.home ? m->user.home : "/"));
    krx_json_add_texts(&m->maker, process, "env",
                       (const char *const *)krx_ptrs_end(m->arena, &env));
}

/* ------------------------------------------------------------------------------------- the user */

static int32_t put_user(krx_oci_config *m, cJSON *process)
{
    const krx_oci_bundle *b = m->bundle;
    const char *user = krx_blank(m->spec->user) ? b->image->user : m->spec->user;
    const char *rootfs = b->rootfs ? b->rootfs : b->launch->rootfs;
    int32_t code = krx_oci_user_find(m->call, m->arena, user, b->launch->layers, rootfs, &m->user);
    if (code < 0)
        return krx_wrap(m->call, "container %s", b->container->name);
    cJSON *object = krx_json_add_object(&m->maker, process, "user");
    krx_json_add_int(&m->maker, object, "uid", m->user.uid);
    krx_json_add_int(&m->maker, object, "gid", m->user.gid);
    if (!m->user.group_count && !m->edits.gid_count)
        return 0;
    cJSON *groups = krx_json_add_array(&m->maker, object, "additionalGids");
    for (size_t i = 0; i < m->user.group_count; i++)
        krx_json_add_int(&m->maker, groups, NULL, m->user.groups[i]);
    for (size_t i = 0; i < m->edits.gid_count; i++)
        krx_json_add_int(&m->maker, groups, NULL, m->edits.gids[i]);
    return 0;
}

static void put_cap_set(krx_json_maker *maker, cJSON *object, const char *key,
                        const krx_oci_caps *caps)
{
    cJSON *list = krx_json_add_array(maker, object, key);
    for (int i = 0; krx_oci_cap_name(i); i++) {
        char name[64];
        if (!(caps->set >> i & 1))
            continue;
        (void)snprintf(name, sizeof name, "CAP_%s", krx_oci_cap_name(i));
        krx_json_add_text(maker, list, NULL, name);
    }
}

/* As execve has it: who is not root begins with none, and gets some by files that grant them. */
void krx_oci_put_caps(krx_json_maker *maker, cJSON *process, const krx_oci_caps *caps, bool root)
{
    const krx_oci_caps none = {0};
    cJSON *object = krx_json_add_object(maker, process, "capabilities");
    put_cap_set(maker, object, "bounding", caps);
    put_cap_set(maker, object, "effective", root ? caps : &none);
    put_cap_set(maker, object, "permitted", root ? caps : &none);
}

/* What this process lacks it can't give; `ALL` means all that there are here. */
static void choose_caps(krx_oci_config *m)
{
    const krx_capabilities *wanted = m->spec->capabilities;
    const char *dind = krx_oci_annotation(m->spec, KRX_OCI_ANNOTATION_DIND);
    krx_oci_caps own = krx_oci_caps_own();
    m->caps = krx_oci_caps_of(wanted, krx_streq(dind, "true"));
    for (size_t i = 0; wanted && wanted->add && wanted->add[i] && !m->rootless; i++) {
        int number = krx_oci_cap_number(wanted->add[i]);
        if (number >= 0 && !(own.set >> number & 1))
            krx_log(m->call, KRX_LOG_WARN,
                    "container %s: capability %s is left out: this process does not have it",
                    m->bundle->container->name, wanted->add[i]);
    }
    if (!m->rootless)
        m->caps.set &= own.set;
}

static const char *working_dir(krx_oci_config *m)
{
    const char *own = m->bundle->image->working_dir;
    if (!krx_blank(m->spec->working_dir))
        return m->spec->working_dir;
    if (krx_blank(own))
        return "/";
    return *own == '/' ? own : krx_arena_printf(m->arena, "/%s", own);
}

int32_t krx_oci_put_process(krx_oci_config *m)
{
    cJSON *process = krx_json_add_object(&m->maker, m->config, "process");
    krx_json_add_bool(&m->maker, process, "terminal", m->bundle->launch->terminal);
    int32_t code = put_user(m, process);
    if (code == 0)
        code = put_args(m, process);
    if (code < 0)
        return code;
    put_env(m, process);
    krx_json_add_text(&m->maker, process, "cwd", working_dir(m));
    choose_caps(m);
    krx_oci_put_caps(&m->maker, process, &m->caps, m->user.uid == 0);
    krx_json_add_bool(&m->maker, process, "noNewPrivileges", false);
    if (!m->rootless)
        krx_json_add_int(&m->maker, process, "oomScoreAdj", 0);
    return krx_oci_put_rlimits(m, process);
}
