/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/cni.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/program.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"

#define ANSWER_MAX ((size_t)1 << 20)
#define SAID_MAX 1024u

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* -------------------------------------------------------------------------------------- errors */

/* The specification's codes that we can tell apart; from 100 on they are the plugin's own. */
static const struct {
    int64_t code;
    int32_t ours;
} codes[] = {
    {1, KRX_E_FAILED_PRECONDITION}, /* version of the configuration */
    {2, KRX_E_FAILED_PRECONDITION}, /* a field that it does not know */
    {7, KRX_E_FAILED_PRECONDITION}, /* network configuration */
    {11, KRX_E_UNAVAILABLE},        /* try again later */
};

static const struct {
    const char *said;
    int32_t code;
    const char *hint;
} remedies[] = {
    {"no IP addresses available", KRX_E_RESOURCE_EXHAUSTED,
     "all addresses are given out: destroy what is not needed, or set a larger subnet"},
    {"iptables\": executable file not found", KRX_E_UNAVAILABLE, "install iptables"},
    {"could not initialize iptables", KRX_E_UNAVAILABLE, "install iptables"},
    {"failed to find plugin", KRX_E_UNAVAILABLE,
     "install containernetworking-plugins, or name its folder in the setting cni_path"},
    {"already has an IP address different from", KRX_E_FAILED_PRECONDITION,
     "a bridge of this name has other addresses: set subnet to them, or remove it (ip link del)"},
    {"peration not permitted", KRX_E_PERMISSION_DENIED, "a bridge needs root"},
    {"invalid CIDR address", KRX_E_INVALID_ARGUMENT, "subnet is written as 10.89.0.0/16"},
};

int32_t krx_oci_cni_fail(krx_call *call, const char *plugin, const char *command, int status,
                         const char *text, const char *stderr_text)
{
    krx_side_call side;
    krx_auto_json cJSON *json = NULL;
    (void)krx_json_parse(krx_side_call_init(&side, call), plugin, text, strlen(text), &json);
    const char *message = krx_json_text(json, "msg"), *details = krx_json_text(json, "details");
    int64_t number = krx_json_int(json, "code", 0);
    int32_t code = KRX_E_UNKNOWN;
    if (!*message)
        message = *stderr_text ? stderr_text : "it said nothing";
    for (size_t i = 0; i < KRX_COUNT(codes); i++)
        if (codes[i].code == number)
            code = codes[i].ours;
    const char *hint = NULL;
    for (size_t i = 0; i < KRX_COUNT(remedies) && !hint; i++)
        if (strstr(message, remedies[i].said) || strstr(details, remedies[i].said)) {
            code = remedies[i].code;
            hint = remedies[i].hint;
        }
    krx_fail(call, code, "CNI plugin %s, %s, status %d: %.600s%s%.200s", plugin, command, status,
             message, *details ? ": " : "", details);
    return hint ? krx_hint(call, "%s", hint) : code;
}

/* ------------------------------------------------------------------------------------- calling */

static const char *find(const krx_oci_cni *cni, const char *plugin)
{
    for (const char *const *f = cni->folders; f && *f; f++) {
        const char *path = krx_arena_printf(cni->arena, "%s/%s", *f, plugin);
        if (path && access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

int32_t krx_oci_cni_find(krx_call *call, const krx_oci_cni *cni, const char *plugin,
                         const char **path)
{
    krx_auto_str krx_str looked = {0};
    *path = find(cni, plugin);
    if (*path)
        return 0;
    for (const char *const *f = cni->folders; f && *f; f++)
        krx_str_addf(&looked, "%s%s", looked.length ? ", " : "", *f);
    krx_fail(call, KRX_E_UNAVAILABLE, "the CNI plugin '%s' is not there (looked in %.400s)", plugin,
             looked.length ? krx_str_get(&looked) : "no folder");
    return krx_hint(call, "install containernetworking-plugins, name its folder in the setting "
                          "cni_path, or use network: host");
}

static const char *joined(krx_arena *arena, const char *const *folders)
{
    const char *all = "";
    for (const char *const *f = folders; all && f && *f; f++)
        all = krx_arena_printf(arena, "%s%s%s", all, *all ? ":" : "", *f);
    return all;
}

static const char *const *environment(const krx_oci_cni *cni, const char *command)
{
    const char *path = getenv("PATH");
    krx_ptrs env = {0};
    const char *texts[] = {
        krx_arena_printf(cni->arena, "PATH=%s%s/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin",
                         path ? path : "", path ? ":" : ""),
        "LC_ALL=C",
        "CNI_IFNAME=eth0",
        "CNI_ARGS=",
        krx_arena_printf(cni->arena, "CNI_COMMAND=%s", command),
        krx_arena_printf(cni->arena, "CNI_CONTAINERID=%s", cni->id),
        krx_arena_printf(cni->arena, "CNI_NETNS=%s", cni->netns),
        krx_arena_printf(cni->arena, "CNI_PATH=%s", joined(cni->arena, cni->folders)),
    };
    for (size_t i = 0; i < KRX_COUNT(texts); i++)
        if (!texts[i] || krx_ptrs_add(cni->arena, &env, texts[i]) < 0)
            return NULL;
    return (const char *const *)krx_ptrs_end(cni->arena, &env);
}

static int32_t fill_input(krx_call *call, const krx_oci_cni *cni, const cJSON *config)
{
    krx_autofree char *text = cJSON_PrintUnformatted(config);
    if (!text)
        return no_memory(call);
    if (ftruncate(cni->input_fd, 0) < 0 || lseek(cni->input_fd, 0, SEEK_SET) < 0 ||
        krx_write_all(cni->input_fd, text, strlen(text)) < 0 ||
        lseek(cni->input_fd, 0, SEEK_SET) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "writing a plugin's configuration: %s",
                        strerror(errno));
    return 0;
}

static void read_said(int fd, char said[SAID_MAX])
{
    ssize_t n = pread(fd, said, SAID_MAX - 1, 0);
    said[n > 0 ? n : 0] = '\0';
    while (n > 0 && (said[n - 1] == '\n' || said[n - 1] == ' '))
        said[--n] = '\0';
}

int32_t krx_oci_cni_call(krx_call *call, const krx_oci_cni *cni, const char *command,
                         const char *plugin, const cJSON *config, cJSON **answer)
{
    krx_auto_str krx_str text = {0};
    char said[SAID_MAX];
    const char *path = NULL;
    int32_t status = 0;
    krx_autoclose int errors = memfd_create("said", MFD_CLOEXEC);
    int32_t code = krx_oci_cni_find(call, cni, plugin, &path);
    if (code >= 0)
        code = fill_input(call, cni, config);
    if (code < 0)
        return code;
    krx_program program = {
        .argv = (const char *const[]){path, NULL},
        .env = environment(cni, command),
        .stdin_fd = cni->input_fd,
        .stderr_fd = errors,
        .limit = ANSWER_MAX,
    };
    if (!program.env)
        return no_memory(call);
    code = krx_program_run(call, &program, &text, &status);
    if (code < 0)
        return krx_wrap(call, "CNI plugin %s, %s", plugin, command);
    read_said(errors, said);
    if (status != 0)
        return krx_oci_cni_fail(call, plugin, command, status, krx_str_get(&text), said);
    return answer ? krx_json_parse(call, plugin, krx_str_get(&text), text.length, answer) : 0;
}

/* -------------------------------------------------------------------------------------- chains */

/* The configuration of one plugin of the list as it gets it. */
static cJSON *plugin_config(const cJSON *list, const cJSON *plugin,
                            const krx_oci_port *const *ports, const cJSON *previous)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *config = cJSON_Duplicate(plugin, 1);
    krx_json_add_text(&maker, config, "cniVersion", krx_json_text(list, "cniVersion"));
    krx_json_add_text(&maker, config, "name", krx_json_text(list, "name"));
    if (krx_json_bool(krx_json_object(plugin, "capabilities"), "portMappings", false)) {
        cJSON *mapped = krx_oci_cni_ports(ports);
        cJSON *runtime = krx_json_add_object(&maker, config, "runtimeConfig");
        if (mapped)
            krx_json_add_item(&maker, runtime, "portMappings", mapped);
        else if (ports && *ports)
            maker.failed = true;
    }
    if (previous)
        krx_json_add_item(&maker, config, "prevResult", cJSON_Duplicate(previous, 1));
    return config && !maker.failed ? krx_move_ptr(config) : NULL;
}

int32_t krx_oci_cni_add(krx_call *call, const krx_oci_cni *cni, const cJSON *list,
                        const krx_oci_port *const *ports, cJSON **result)
{
    const cJSON *plugin;
    krx_auto_json cJSON *previous = NULL;
    int32_t code = 0;
    cJSON_ArrayForEach (plugin, krx_json_array(list, "plugins")) {
        krx_auto_json cJSON *config = plugin_config(list, plugin, ports, previous);
        cJSON *answer = NULL;
        code = config ? krx_oci_cni_call(call, cni, "ADD", krx_json_text(plugin, "type"), config,
                                         &answer)
                      : no_memory(call);
        if (answer) {
            cJSON_Delete(previous);
            previous = answer;
        }
        if (code >= 0 && answer && cni->note)
            code = cni->note(call, cni->ctx, answer);
        if (code < 0)
            break;
    }
    if (code < 0) {
        krx_side_call undo;
        if (krx_oci_cni_del(krx_undo_call(&undo, call), cni, list, ports, previous) < 0)
            krx_log(call, KRX_LOG_WARN, "taking back the network of %s: %s", cni->id,
                    undo.error.message);
        return code;
    }
    *result = krx_move_ptr(previous);
    return 0;
}

int32_t krx_oci_cni_del(krx_call *call, const krx_oci_cni *cni, const cJSON *list,
                        const krx_oci_port *const *ports, const cJSON *previous)
{
    const cJSON *plugins = krx_json_array(list, "plugins");
    krx_error first = {.code = 0};
    for (int i = cJSON_GetArraySize(plugins); i-- > 0;) {
        const cJSON *plugin = cJSON_GetArrayItem(plugins, i);
        krx_auto_json cJSON *config = plugin_config(list, plugin, ports, previous);
        int32_t code =
            config ? krx_oci_cni_call(call, cni, "DEL", krx_json_text(plugin, "type"), config, NULL)
                   : no_memory(call);
        if (code < 0 && first.code == 0)
            first = *call->error;
    }
    if (first.code < 0)
        *call->error = first;
    return first.code;
}
