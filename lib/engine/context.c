/* SPDX-License-Identifier: Apache-2.0 */
/* The Docker configuration folder: config.json and contexts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/engine/internal.h"

#define FILE_MAX ((size_t)1 << 20)
#define CONTEXTS_MAX 4096

static char *home_folder(void)
{
    const char *home = getenv("HOME");
    char buffer[4096];
    struct passwd entry, *found = NULL;
    if (!krx_blank(home))
        return strdup(home);
    if (getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) != 0 || !found)
        return NULL;
    return strdup(found->pw_dir);
}

char *krx_docker_config_dir(const krx_engine_options *options)
{
    const char *set = options->config_dir;
    if (krx_blank(set) && !options->ignore_environment)
        set = getenv("DOCKER_CONFIG");
    if (!krx_blank(set))
        return strdup(set);
    krx_autofree char *home = home_folder();
    return home ? krx_format("%s/.docker", home) : NULL;
}

/* The whole file in one piece of memory that grows nowhere else: it may hold secrets. */
static int32_t read_private(krx_call *call, const char *path, char **out, size_t *length)
{
    struct stat st;
    *out = NULL;
    *length = 0;
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "opening %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size > FILE_MAX)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is not a regular file of at most %zu KiB",
                        path, FILE_MAX / 1024);
    size_t room = (size_t)st.st_size;
    char *text = calloc(1, room + 1);
    if (!text)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", path);
    *out = text;
    while (*length < room) {
        ssize_t n = read(fd, text + *length, room - *length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return krx_fail(call, KRX_E_UNKNOWN, "reading %s: %s", path, strerror(errno));
        if (n == 0)
            break;
        *length += (size_t)n;
    }
    return 0;
}

static int32_t read_json(krx_call *call, const char *path, cJSON **out)
{
    krx_autofree char *text = NULL;
    size_t length = 0;
    *out = NULL;
    int32_t code = read_private(call, path, &text, &length);
    if (code == 0 && length) {
        *out = cJSON_ParseWithLength(text, length);
        if (!cJSON_IsObject(*out)) {
            krx_secret_json_free(*out);
            *out = NULL;
            code = krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is not a JSON object", path);
        }
    }
    if (text)
        explicit_bzero(text, length);
    return code;
}

int32_t krx_docker_config_read(krx_call *call, const char *config_dir, cJSON **out)
{
    *out = NULL;
    if (!config_dir)
        return 0;
    krx_autofree char *path = krx_format("%s/config.json", config_dir);
    if (!path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return read_json(call, path, out);
}

int32_t krx_docker_context_current(krx_call *call, const char *config_dir, char **out)
{
    krx_auto_secret_json cJSON *config = NULL;
    *out = NULL;
    int32_t code = krx_docker_config_read(call, config_dir, &config);
    if (code < 0)
        return code;
    const char *name = krx_json_text(config, "currentContext");
    if (!*name || krx_streq(name, "default"))
        return 0;
    *out = strdup(name);
    return *out ? 0 : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

char *krx_docker_tls_file(const char *folder, const char *name)
{
    char *path = krx_format("%s/%s", folder, name);
    if (path && access(path, F_OK) < 0) {
        free(path);
        path = NULL;
    }
    return path;
}

static int32_t take_context(krx_call *call, const char *config_dir, const char *id,
                            const char *name, const cJSON *meta, krx_engine_place *out, char **host)
{
    const cJSON *docker = krx_json_get(krx_json_get(meta, "Endpoints"), "docker");
    const char *address = krx_json_text(docker, "Host");
    if (!*address)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "docker context '%s' has no Docker endpoint",
                        name);
    krx_autofree char *tls = krx_format("%s/contexts/tls/%s/docker", config_dir, id);
    *host = strdup(address);
    if (!tls || !*host)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    out->insecure = krx_json_bool(docker, "SkipTLSVerify", false);
    out->ca_file = krx_docker_tls_file(tls, "ca.pem");
    out->cert_file = krx_docker_tls_file(tls, "cert.pem");
    out->key_file = krx_docker_tls_file(tls, "key.pem");
    out->tls = out->ca_file || out->cert_file || out->key_file || out->insecure;
    return 0;
}

int32_t krx_docker_context_find(krx_call *call, const char *config_dir, const char *name,
                                krx_engine_place *out, char **host)
{
    krx_autofree char *folder = krx_format("%s/contexts/meta", config_dir ? config_dir : "");
    int budget = CONTEXTS_MAX;
    *host = NULL;
    if (!folder)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    krx_autodir DIR *dir = config_dir ? opendir(folder) : NULL;
    for (struct dirent *e; dir && budget-- && (e = readdir(dir));) {
        krx_auto_json cJSON *meta = NULL;
        if (e->d_name[0] == '.')
            continue;
        krx_autofree char *path = krx_format("%s/%s/meta.json", folder, e->d_name);
        if (!path)
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        int32_t code = read_json(call, path, &meta);
        if (code < 0)
            return code;
        if (krx_streq(krx_json_text(meta, "Name"), name))
            return take_context(call, config_dir, e->d_name, name, meta, out, host);
    }
    (void)krx_fail(call, KRX_E_INVALID_ARGUMENT, "docker context '%s' does not exist in %s", name,
                   config_dir ? folder : "any folder: there is no home");
    return krx_hint(call, "'docker context ls' shows them; unset DOCKER_CONTEXT or run 'docker "
                          "context use default' for the local engine");
}
