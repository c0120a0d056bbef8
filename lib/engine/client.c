/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, agreeing on a version, and calls. */
#include <stdlib.h>
#include <string.h>

#include "lib/engine/internal.h"

#define API_TEXT(api) (int)((api) / 1000), (int)((api) % 1000)

static int32_t parse_api(const char *text)
{
    char *end = NULL;
    unsigned long major = strtoul(text, &end, 10);
    if (end == text || *end != '.' || major > 1000)
        return 0;
    const char *rest = end + 1;
    unsigned long minor = strtoul(rest, &end, 10);
    if (end == rest || *end || minor > 999)
        return 0;
    return (int32_t)(major * 1000 + minor);
}

/* ------------------------------------------------------------------------------------- opening */

static int32_t open_http(krx_call *call, krx_engine *engine, const krx_engine_place *place)
{
    krx_autofree char *label = krx_format("the %s at %s", engine->product, place->address);
    krx_autofree char *hint = krx_format("is the %s running? set 'host' or DOCKER_HOST if it "
                                         "listens elsewhere",
                                         engine->product);
    if (!label || !hint)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    krx_http_endpoint endpoint = {
        .label = label,
        .socket_path = place->socket_path,
        .base_url = place->base_url,
        .ca_file = place->ca_file,
        .cert_file = place->cert_file,
        .key_file = place->key_file,
        .tls_insecure = place->insecure,
        .unreachable_hint = hint,
        .denied_hint = "add yourself to the docker group (and log in again) or use sudo",
    };
    return krx_http_open(call, &endpoint, &engine->http);
}

static int32_t pin_version(krx_call *call, krx_engine *engine, const krx_engine_options *options)
{
    bool given = !krx_blank(options->api_version);
    const char *text = given                         ? options->api_version
                       : options->ignore_environment ? NULL
                                                     : getenv("DOCKER_API_VERSION");
    if (krx_blank(text))
        return 0;
    int32_t api = parse_api(text);
    if (api < KRX_ENGINE_API_OLDEST || api > KRX_ENGINE_API_NEWEST)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "%s is '%.32s', which is not between %d.%d and %d.%d",
                        given ? "api_version" : "DOCKER_API_VERSION", text,
                        API_TEXT(KRX_ENGINE_API_OLDEST), API_TEXT(KRX_ENGINE_API_NEWEST));
    engine->api = api;
    engine->pinned = true;
    return 0;
}

static int32_t fill_engine(krx_call *call, krx_engine *engine, const krx_engine_options *options)
{
    krx_engine_place place = {0};
    engine->config_dir = krx_docker_config_dir(options);
    engine->product = strdup(krx_blank(options->product) ? "Docker engine" : options->product);
    if (!engine->product)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_engine_find(call, options, engine->config_dir, &place);
    if (code == 0)
        code = open_http(call, engine, &place);
    engine->address = krx_move_ptr(place.address);
    krx_engine_place_free(&place);
    return code < 0 ? code : pin_version(call, engine, options);
}

int32_t krx_engine_open(krx_call *call, const krx_engine_options *options, krx_engine **out)
{
    *out = NULL;
    krx_auto_engine krx_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = fill_engine(call, engine, options);
    if (code < 0)
        return code;
    *out = krx_move_ptr(engine);
    return 0;
}

void krx_engine_close(krx_engine *engine)
{
    if (!engine)
        return;
    krx_http_close(engine->http);
    free(engine->product);
    free(engine->address);
    free(engine->config_dir);
    free(engine);
}

const char *krx_engine_address(const krx_engine *engine)
{
    return engine->address;
}

/* ------------------------------------------------------------------------------------ the version
 */

static int32_t fail_not_engine(krx_call *call, const krx_engine *engine)
{
    (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s does not speak the Docker Engine API",
                   krx_http_label(engine->http));
    return krx_hint(call, "check the address; something else seems to listen there");
}

/* From the body of /version: the newest it speaks, and the oldest. */
static int32_t read_version(krx_call *call, krx_engine *engine, int32_t *newest, int32_t *oldest)
{
    krx_auto_http_response krx_http_response response = {0};
    krx_auto_json cJSON *json = NULL;
    krx_http_request request = {.method = "GET", .path = "/version", .limit = 1u << 20};
    krx_engine_request as = {.path = "/version", .what = "asking for the engine's version"};
    int32_t code = krx_http_request_run(call, engine->http, &request, &response);
    if (code < 0)
        return code;
    if (response.status == 404)
        return fail_not_engine(call, engine);
    if (response.status / 100 != 2)
        return krx_engine_fail(call, &as, &response);
    code = krx_json_parse(call, krx_http_label(engine->http), krx_str_get(&response.body),
                          response.body.length, &json);
    if (code < 0)
        return code;
    *newest = parse_api(krx_json_text(json, "ApiVersion"));
    *oldest = parse_api(krx_json_text(json, "MinAPIVersion"));
    return *newest ? 0 : fail_not_engine(call, engine);
}

static int32_t read_ping(krx_call *call, krx_engine *engine, int32_t *newest)
{
    krx_auto_http_response krx_http_response response = {0};
    krx_http_request request = {.method = "GET", .path = "/_ping", .limit = 65536};
    krx_engine_request as = {.path = "/_ping", .what = "greeting the engine"};
    int32_t code = krx_http_request_run(call, engine->http, &request, &response);
    if (code < 0)
        return code;
    const char *version = krx_http_header(&response, "Api-Version");
    *newest = version ? parse_api(version) : 0;
    if (*newest || response.status == 404 || response.status / 100 == 2)
        return 0;
    if (strstr(krx_str_get(&response.body), "HTTP request to an HTTPS server")) {
        (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s wants TLS", krx_http_label(engine->http));
        return krx_hint(call, "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or tls_ca, tls_cert "
                              "and tls_key in the settings");
    }
    return krx_engine_fail(call, &as, &response);
}

static int32_t agree(krx_call *call, krx_engine *engine, int32_t newest, int32_t oldest)
{
    const char *label = krx_http_label(engine->http);
    if (newest < KRX_ENGINE_API_OLDEST) {
        (void)krx_fail(call, KRX_E_UNSUPPORTED,
                       "%s is too old: it speaks API %d.%d, needed is %d.%d or newer", label,
                       API_TEXT(newest), API_TEXT(KRX_ENGINE_API_OLDEST));
        return krx_hint(call, "upgrade the engine");
    }
    if (oldest > KRX_ENGINE_API_NEWEST) {
        (void)krx_fail(call, KRX_E_UNSUPPORTED,
                       "%s is too new: it wants API %d.%d or newer, known here is %d.%d", label,
                       API_TEXT(oldest), API_TEXT(KRX_ENGINE_API_NEWEST));
        return krx_hint(call, "upgrade kranix");
    }
    engine->api = newest < KRX_ENGINE_API_NEWEST ? newest : KRX_ENGINE_API_NEWEST;
    return 0;
}

int32_t krx_engine_api(krx_call *call, krx_engine *engine, int32_t *api)
{
    int32_t newest = 0, oldest = 0, code = 0;
    if (!engine->api) {
        code = read_ping(call, engine, &newest);
        /* what is newer than us may also want newer than us: only /version tells */
        if (code == 0 && (!newest || newest > KRX_ENGINE_API_NEWEST))
            code = read_version(call, engine, &newest, &oldest);
        if (code == 0)
            code = agree(call, engine, newest, oldest);
    }
    *api = engine->api;
    return code;
}

/* Another daemon took over, or someone pinned what it does not speak. */
static bool is_version_refusal(const krx_http_response *response)
{
    const char *text = krx_str_get(&response->body);
    return response->status == 400 && strstr(text, "client version") &&
           (strstr(text, "too new") || strstr(text, "too old"));
}

/* ---------------------------------------------------------------------------------------- calls */

char *krx_engine_path(krx_call *call, krx_engine *engine, const krx_engine_request *request)
{
    int32_t api = 0;
    bool plain = request->flags & KRX_ENGINE_NO_VERSION;
    if (!plain && krx_engine_api(call, engine, &api) < 0)
        return NULL;
    char *path = plain ? krx_format("%s", request->path)
                       : krx_format("/v%d.%d%s", API_TEXT(api), request->path);
    if (!path)
        (void)krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return path;
}

bool krx_engine_body(const krx_engine_request *request, krx_http_request *http, char **owned)
{
    http->body = request->body;
    http->body_length = request->body_length;
    *owned = NULL;
    if (!request->json)
        return true;
    *owned = cJSON_PrintUnformatted(request->json);
    http->body = *owned;
    http->body_length = *owned ? strlen(*owned) : 0;
    return *owned != NULL;
}

static int32_t run_once(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                        krx_http_request *http, krx_http_response *response)
{
    krx_autofree char *path = krx_engine_path(call, engine, request);
    if (!path)
        return call->error->code;
    http->path = path;
    int32_t code = krx_http_request_run(call, engine->http, http, response);
    if (request->status)
        *request->status = response->status;
    return code;
}

int32_t krx_engine_run(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                       krx_http_write_fn *on_body, void *ctx, krx_http_response *response)
{
    krx_autofree char *owned = NULL;
    krx_http_request http = {.method = request->method ? request->method : "GET",
                             .headers = request->headers,
                             .read_body = request->read_body,
                             .read_ctx = request->read_ctx,
                             .content_type = request->content_type,
                             .limit = request->limit,
                             .on_body = on_body,
                             .on_body_ctx = ctx,
                             .idle_timeout_ns = request->idle_timeout_ns};
    if (!krx_engine_body(request, &http, &owned))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = run_once(call, engine, request, &http, response);
    if (code == 0 && is_version_refusal(response) && !engine->pinned && !request->read_body) {
        engine->api = 0;
        code = run_once(call, engine, request, &http, response);
    }
    if (code) /* with on_body it may be the callback's own, which has no text */
        return code < 0 && request->what && !on_body ? krx_wrap(call, "%s", request->what) : code;
    if (response->status / 100 == 2 || response->status == 304)
        return 0;
    return krx_engine_fail(call, request, response);
}

int32_t krx_engine_call(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                        cJSON **out)
{
    krx_auto_http_response krx_http_response response = {0};
    if (out)
        *out = NULL;
    int32_t code = krx_engine_run(call, engine, request, NULL, NULL, &response);
    if (code || !out || !response.body.length)
        return code;
    code = krx_json_parse(call, krx_http_label(engine->http), response.body.data,
                          response.body.length, out);
    return code < 0 && request->what ? krx_wrap(call, "%s", request->what) : code;
}

int32_t krx_engine_get(krx_call *call, krx_engine *engine, const char *path, const char *what,
                       cJSON **out)
{
    krx_engine_request request = {.method = "GET", .path = path, .what = what};
    return krx_engine_call(call, engine, &request, out);
}

int32_t krx_engine_post(krx_call *call, krx_engine *engine, const char *path, const char *what,
                        const cJSON *json, cJSON **out)
{
    krx_engine_request request = {.method = "POST", .path = path, .what = what, .json = json};
    return krx_engine_call(call, engine, &request, out);
}

int32_t krx_engine_delete(krx_call *call, krx_engine *engine, const char *path, const char *what)
{
    krx_engine_request request = {.method = "DELETE", .path = path, .what = what};
    return krx_engine_call(call, engine, &request, NULL);
}
