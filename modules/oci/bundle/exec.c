/* SPDX-License-Identifier: Apache-2.0 */
/* A further process in a container. */
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/secret.h"
#include "modules/oci/bundle/parts.h"

#define CONFIG_MAX ((size_t)4 * 1024 * 1024)

/* Takes `item` over. */
static void replace(krx_json_maker *maker, cJSON *object, const char *key, cJSON *item)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    krx_json_add_item(maker, object, key, item);
}

static void set_env(krx_arena *arena, krx_json_maker *maker, cJSON *process,
                    const krx_oci_exec *exec, const char *home)
{
    krx_ptrs env = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(process, "env"))
        if (cJSON_IsString(item))
            krx_oci_env_set(arena, &env, krx_arena_strdup(arena, item->valuestring));
    if (home)
        krx_oci_env_set(arena, &env, krx_arena_printf(arena, "HOME=%s", home));
    if (exec->terminal && !krx_oci_env_get(&env, "TERM"))
        krx_oci_env_set(arena, &env, "TERM=xterm");
    for (size_t i = 0; exec->env && exec->env[i]; i++)
        krx_oci_env_set(arena, &env,
                        krx_arena_printf(arena, "%s=%s", exec->env[i]->key, exec->env[i]->value));
    cJSON_DeleteItemFromObjectCaseSensitive(process, "env");
    krx_json_add_texts(maker, process, "env", (const char *const *)krx_ptrs_end(arena, &env));
}

/* As the container has made it meanwhile: what it wrote lies above what it comes from. */
static const char *const *layers_now(krx_arena *arena, const char *folder,
                                     const krx_oci_launch *launch)
{
    const char *const whole[] = {launch->rootfs, NULL};
    const char *const *below = launch->layers && launch->layers[0] ? launch->layers : whole;
    krx_ptrs all = {0};
    char *copy = krx_arena_printf(arena, "%s/copy", folder);
    bool copied = copy && access(copy, F_OK) == 0; /* where there is no overlay */
    (void)krx_ptrs_add(arena, &all, copied ? copy : krx_arena_printf(arena, "%s/upper", folder));
    for (size_t i = 0; !copied && below[i]; i++)
        (void)krx_ptrs_add(arena, &all, below[i]);
    return (const char *const *)krx_ptrs_end(arena, &all);
}

/* Another user has another home, other groups and other capabilities. */
static int32_t set_user(krx_call *call, krx_arena *arena, krx_json_maker *maker, cJSON *process,
                        const char *const *layers, const char *wanted, const char **home)
{
    krx_oci_user user;
    krx_oci_caps caps = {0};
    const cJSON *item;
    int32_t code = krx_oci_user_find(call, arena, wanted, layers, NULL, &user);
    if (code < 0)
        return code;
    *home = user.home ? user.home : "/";
    cJSON_ArrayForEach (item, krx_json_array(krx_json_get(process, "capabilities"), "bounding")) {
        int number = cJSON_IsString(item) ? krx_oci_cap_number(item->valuestring) : -1;
        caps.set |= number >= 0 ? UINT64_C(1) << number : 0;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(process, "capabilities");
    krx_oci_put_caps(maker, process, &caps, user.uid == 0);
    cJSON *object = cJSON_CreateObject();
    replace(maker, process, "user", object);
    krx_json_add_int(maker, object, "uid", user.uid);
    krx_json_add_int(maker, object, "gid", user.gid);
    cJSON *groups = user.group_count ? krx_json_add_array(maker, object, "additionalGids") : NULL;
    for (size_t i = 0; i < user.group_count; i++)
        krx_json_add_int(maker, groups, NULL, user.groups[i]);
    return 0;
}

static void set_terminal(krx_json_maker *maker, cJSON *process, const krx_oci_exec *exec)
{
    replace(maker, process, "terminal", cJSON_CreateBool(exec->terminal));
    cJSON_DeleteItemFromObjectCaseSensitive(process, "consoleSize");
    if (!exec->terminal || !exec->rows || !exec->columns)
        return;
    cJSON *size = krx_json_add_object(maker, process, "consoleSize");
    krx_json_add_int(maker, size, "height", exec->rows);
    krx_json_add_int(maker, size, "width", exec->columns);
}

/* *out owns the tree. */
static int32_t read_process(krx_call *call, krx_arena *arena, const char *folder, cJSON **out)
{
    krx_auto_secret krx_str text = {0};
    krx_auto_secret_json cJSON *config = NULL;
    char *path = krx_arena_printf(arena, "%s/bundle/config.json", folder);
    if (!path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_read_file(call, path, CONFIG_MAX, &text);
    if (code == 0)
        code = krx_json_parse(call, path, krx_str_get(&text), text.length, &config);
    if (code < 0)
        return code;
    *out = cJSON_DetachItemFromObjectCaseSensitive(config, "process");
    return *out ? 0 : krx_fail(call, KRX_E_DATA_LOSS, "%s has no process", path);
}

int32_t krx_oci_exec_process(krx_call *call, krx_arena *arena, const char *container_folder,
                             const krx_oci_launch *launch, const krx_oci_exec *exec, char **out)
{
    krx_json_maker maker = {0};
    krx_auto_secret_json cJSON *process = NULL;
    const char *home = NULL;
    int32_t code = read_process(call, arena, container_folder, &process);
    if (code == 0 && !krx_blank(exec->user))
        code = set_user(call, arena, &maker, process, layers_now(arena, container_folder, launch),
                        exec->user, &home);
    if (code < 0)
        return code;
    if (exec->argv && exec->argv[0]) {
        cJSON_DeleteItemFromObjectCaseSensitive(process, "args");
        krx_json_add_texts(&maker, process, "args", exec->argv);
    }
    set_env(arena, &maker, process, exec, home);
    if (!krx_blank(exec->working_dir))
        replace(&maker, process, "cwd", cJSON_CreateString(exec->working_dir));
    set_terminal(&maker, process, exec);
    krx_auto_secret krx_str text = {0};
    text.data = maker.failed ? NULL : cJSON_PrintUnformatted(process);
    text.length = text.data ? strlen(text.data) : 0;
    text.capacity = text.length;
    *out = krx_arena_strdup(arena, text.data);
    return *out ? 0 : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}
