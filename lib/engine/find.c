/* SPDX-License-Identifier: Apache-2.0 */
/* Where the engine is: settings, then the environment, then the docker context, then the default.
 */
#include <string.h>
#include <strings.h>

#include "lib/engine/internal.h"

#define DEFAULT_HOST "unix:///var/run/docker.sock"

void krx_engine_place_free(krx_engine_place *place)
{
    free(place->address);
    free(place->socket_path);
    free(place->base_url);
    free(place->ca_file);
    free(place->cert_file);
    free(place->key_file);
    *place = (krx_engine_place){0};
}

static int32_t fail_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static int32_t take_socket(krx_call *call, const char *path, krx_engine_place *out)
{
    out->tls = false;
    if (path[0] != '/' || !path[1])
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "engine address 'unix://%s': the socket's path must begin with '/'", path);
    out->socket_path = strdup(path);
    out->address = krx_format("unix://%s", path);
    return out->socket_path && out->address ? 0 : fail_memory(call);
}

static bool has_port(const char *host)
{
    const char *bracket = strrchr(host, ']');
    return strchr(bracket ? bracket : host, ':') != NULL;
}

static int32_t take_tcp(krx_call *call, const char *scheme, const char *rest, krx_engine_place *out)
{
    size_t length = strcspn(rest, "/?#");
    if (memchr(rest, '@', length))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "an engine address takes no user name or password");
    if (!length || strcspn(rest, " \t\r\n\"<>\\") < length)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "engine address '%s%.200s' names no host",
                        scheme, rest);
    if (krx_streq(scheme, "https://"))
        out->tls = true;
    if (krx_streq(scheme, "http://"))
        out->tls = false;
    krx_autofree char *host = strndup(rest, length);
    if (!host)
        return fail_memory(call);
    const char *port = has_port(host) ? "" : out->tls ? ":2376" : ":2375";
    const char *path = rest + length;
    if (krx_streq(path, "/"))
        path = "";
    out->address = krx_format("%s%s%s%s", scheme, host, port, path);
    out->base_url = krx_format("%s%s%s%s", out->tls ? "https://" : "http://", host, port, path);
    return out->address && out->base_url ? 0 : fail_memory(call);
}

static int32_t fail_scheme(krx_call *call, const char *host)
{
    if (krx_has_prefix(host, "ssh://")) {
        (void)krx_fail(call, KRX_E_UNIMPLEMENTED,
                       "engine addresses that begin with ssh:// are not supported yet");
        return krx_hint(call, "forward the socket with 'ssh -L /tmp/docker.sock:/var/run/"
                              "docker.sock HOST' and use unix:///tmp/docker.sock");
    }
    (void)krx_fail(call, KRX_E_INVALID_ARGUMENT, "engine address '%.*s' is not understood",
                   (int)strcspn(host, "@"), host);
    return krx_hint(call, "it is unix:///path/to/socket, tcp://host:port or https://host:port");
}

static int32_t take_host(krx_call *call, const char *host, krx_engine_place *out)
{
    static const char *const schemes[] = {"tcp://", "http://", "https://"};
    if (krx_has_prefix(host, "unix://"))
        return take_socket(call, host + 7, out);
    if (host[0] == '/')
        return take_socket(call, host, out);
    for (size_t i = 0; i < KRX_COUNT(schemes); i++)
        if (krx_has_prefix(host, schemes[i]))
            return take_tcp(call, schemes[i], host + strlen(schemes[i]), out);
    if (strstr(host, "://") || !has_port(host))
        return fail_scheme(call, host);
    return take_tcp(call, "tcp://", host, out);
}

/* DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH, as docker(1) reads them. */
static void take_tls_environment(const char *config_dir, krx_engine_place *out)
{
    bool verify = !krx_blank(getenv("DOCKER_TLS_VERIFY"));
    const char *folder = getenv("DOCKER_CERT_PATH");
    if (!verify && krx_blank(getenv("DOCKER_TLS")))
        return;
    out->tls = true;
    out->insecure = !verify;
    if (krx_blank(folder))
        folder = config_dir;
    if (!folder)
        return;
    out->ca_file = krx_docker_tls_file(folder, "ca.pem");
    out->cert_file = krx_docker_tls_file(folder, "cert.pem");
    out->key_file = krx_docker_tls_file(folder, "key.pem");
}

static int32_t take_tls_options(krx_call *call, const krx_engine_options *o, krx_engine_place *out)
{
    const char *files[] = {o->tls_ca, o->tls_cert, o->tls_key};
    char **to[] = {&out->ca_file, &out->cert_file, &out->key_file};
    for (size_t i = 0; i < KRX_COUNT(files); i++) {
        if (krx_blank(files[i]))
            continue;
        free(*to[i]);
        if (!(*to[i] = strdup(files[i])))
            return fail_memory(call);
        out->tls = true;
    }
    if (krx_blank(o->tls_verify))
        return 0;
    if (!krx_streq(o->tls_verify, "true") && !krx_streq(o->tls_verify, "false"))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "tls_verify is true or false, not '%.32s'",
                        o->tls_verify);
    out->insecure = krx_streq(o->tls_verify, "false");
    out->tls = out->tls || !out->insecure;
    return 0;
}

/* The host in words, malloc'd, with what TLS the place brings along. */
static int32_t choose_host(krx_call *call, const krx_engine_options *o, const char *config_dir,
                           krx_engine_place *out, char **host)
{
    krx_autofree char *current = NULL;
    const char *context = o->context;
    const char *given = o->host;
    int32_t code;
    bool environment = !o->ignore_environment;
    *host = NULL;
    if (krx_blank(given) && krx_blank(context) && environment) {
        given = getenv("DOCKER_HOST");
        context = getenv("DOCKER_CONTEXT");
        if (krx_blank(given) && krx_blank(context)) {
            if ((code = krx_docker_context_current(call, config_dir, &current)) < 0)
                return code;
            context = current;
        }
    }
    if (krx_blank(given) && !krx_blank(context) && !krx_streq(context, "default"))
        return krx_docker_context_find(call, config_dir, context, out, host);
    if (krx_blank(given))
        given = krx_blank(o->default_host) ? DEFAULT_HOST : o->default_host;
    *host = strdup(given);
    if (!*host)
        return fail_memory(call);
    bool with_tls = environment && krx_blank(o->host) && !krx_has_prefix(given, "unix://");
    if (with_tls)
        take_tls_environment(config_dir, out);
    return 0;
}

int32_t krx_engine_find(krx_call *call, const krx_engine_options *options, const char *config_dir,
                        krx_engine_place *out)
{
    krx_autofree char *host = NULL;
    *out = (krx_engine_place){0};
    int32_t code = choose_host(call, options, config_dir, out, &host);
    if (code == 0)
        code = take_tls_options(call, options, out);
    if (code == 0)
        code = take_host(call, host, out);
    if (code < 0)
        return code;
    if (out->socket_path) {
        free(krx_move_ptr(out->ca_file));
        free(krx_move_ptr(out->cert_file));
        free(krx_move_ptr(out->key_file));
    }
    return 0;
}
