/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/image/skopeo.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/base/str.h"
#include "lib/base/text.h"
#include "modules/oci/runtime/capture.h"

#define POLICY "/etc/containers/policy.json"
#define TEXT_MAX 600
#define ANSWER_MAX ((size_t)1024 * 1024)

/* ---------------------------------------------------------------------------------------- errors
 */

static const struct {
    const char *part;
    int32_t code;
    const char *hint;
} errors[] = {
    {"toomanyrequests", KRX_E_RESOURCE_EXHAUSTED, "log in to the registry, or wait"},
    {"no space left", KRX_E_RESOURCE_EXHAUSTED, "make room on the disk of the images"},
    {"no image found in", KRX_E_NOT_FOUND, "the image does not exist for this platform"},
    {"error getting credentials", KRX_E_UNAUTHENTICATED,
     "the credential helper of the Docker configuration failed; is it installed?"},
    {"unauthorized", KRX_E_UNAUTHENTICATED,
     "check the name; if it is private, log in with 'skopeo login' or 'docker login'"},
    {"authentication required", KRX_E_UNAUTHENTICATED,
     "check the name; if it is private, log in with 'skopeo login' or 'docker login'"},
    {"invalid username/password", KRX_E_UNAUTHENTICATED,
     "log in with 'skopeo login' or 'docker login'"},
    {"denied", KRX_E_PERMISSION_DENIED,
     "check the image's name; a private one needs 'skopeo login' or 'docker login'"},
    {"Source image rejected", KRX_E_PERMISSION_DENIED,
     "policy.json of containers does not allow it"},
    {"manifest unknown", KRX_E_NOT_FOUND, "check the image's name and tag"},
    {"name unknown", KRX_E_NOT_FOUND, "check the image's name and tag"},
    {"repository name not known", KRX_E_NOT_FOUND, "check the image's name and tag"},
    {"Tag \"", KRX_E_NOT_FOUND, "check the image's name and tag"},
    {"no such host", KRX_E_UNAVAILABLE, "the registry's name is not known"},
    {"server misbehaving", KRX_E_UNAVAILABLE, "the registry's name is not known"},
    {"connection refused", KRX_E_UNAVAILABLE, "is the registry running?"},
    {"HTTP response to HTTPS client", KRX_E_UNAVAILABLE,
     "allow plain HTTP for this registry: insecure = true in registries.conf"},
    {"x509", KRX_E_UNAVAILABLE,
     "the registry's certificate is not trusted; put its authority into /etc/containers/certs.d"},
    {"timeout", KRX_E_UNAVAILABLE, "the registry can't be reached"},
    {"unreachable", KRX_E_UNAVAILABLE, "the registry can't be reached"},
    {"dial tcp", KRX_E_UNAVAILABLE, "the registry can't be reached"},
    {"EOF", KRX_E_UNAVAILABLE, "the registry ended the connection; try again"},
    {"no such file", KRX_E_NOT_FOUND, NULL},
    {"not found", KRX_E_NOT_FOUND, "check the image's name and tag"},
    {"permission denied", KRX_E_PERMISSION_DENIED, NULL},
    {"does not match", KRX_E_DATA_LOSS, NULL},
};

/* time="..." level=fatal msg="the text with \" in it" */
static void message_of(const char *text, char out[TEXT_MAX])
{
    const char *found = NULL, *p = text;
    while ((p = strstr(p, "level=fatal"))) {
        found = p;
        p++;
    }
    const char *from = found ? strstr(found, "msg=") : NULL;
    size_t n = 0;
    if (!from) {
        size_t length = strlen(text), skip = length > TEXT_MAX - 1 ? length - TEXT_MAX + 1 : 0;
        krx_text_clean(out, TEXT_MAX, text + skip, length - skip);
        return;
    }
    from += strlen("msg=");
    bool quoted = *from == '"';
    char plain[TEXT_MAX * 2];
    for (from += quoted; *from && *from != '\n' && n < sizeof plain - 1; from++) {
        if (quoted && *from == '"')
            break;
        if (*from == '\\' && from[1])
            from++;
        plain[n++] = *from;
    }
    plain[n] = '\0';
    krx_text_clean(out, TEXT_MAX, plain, n);
}

int32_t krx_oci_skopeo_fail(krx_call *call, const char *what, bool registry, const char *text,
                            int32_t status)
{
    char clean[TEXT_MAX];
    message_of(text, clean);
    if (!*clean)
        return krx_fail(call, KRX_E_UNKNOWN, "%s: skopeo ended with status %d", what, status);
    for (size_t i = 0; i < KRX_COUNT(errors); i++) {
        if (!strcasestr(clean, errors[i].part))
            continue;
        if (!registry && errors[i].code == KRX_E_UNAVAILABLE)
            return krx_fail(call, KRX_E_DATA_LOSS, "%s: %s", what, clean);
        (void)krx_fail(call, errors[i].code, "%s: %s", what, clean);
        return errors[i].hint ? krx_hint(call, "%s", errors[i].hint) : call->error->code;
    }
    return krx_fail(call, KRX_E_UNKNOWN, "%s: %s", what, clean);
}

static int32_t fail_start(krx_call *call, const char *what, int32_t code)
{
    if (code != KRX_E_NOT_FOUND)
        return krx_wrap(call, "%s", what);
    (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s: the program skopeo is not there", what);
    return krx_hint(call, "install skopeo, or name an image that is unpacked: rootfs:/path");
}

/* --------------------------------------------------------------------------------- command lines
 */

bool krx_oci_registry_local(const char *registry)
{
    return registry && (krx_has_prefix(registry, "127.") || krx_has_prefix(registry, "[::1]") ||
                        krx_streq(registry, "localhost") || krx_has_prefix(registry, "localhost:"));
}

static void add(krx_arena *arena, krx_ptrs *argv, const char *word)
{
    (void)krx_ptrs_add(arena, argv, word);
}

static bool policy_there(krx_arena *arena)
{
    const char *home = getenv("HOME");
    char *own = home ? krx_arena_printf(arena, "%s/.config/containers/policy.json", home) : NULL;
    return access(POLICY, F_OK) == 0 || (own && access(own, F_OK) == 0);
}

/* What is configured; NULL leaves it to skopeo, which looks where podman and docker do. */
static const char *authfile(krx_arena *arena, const krx_oci_images *images)
{
    const char *docker = getenv("DOCKER_CONFIG");
    if (!krx_blank(images->authfile))
        return images->authfile;
    if (!krx_blank(getenv("REGISTRY_AUTH_FILE")) || krx_blank(docker))
        return NULL;
    char *file = krx_arena_printf(arena, "%s/config.json", docker);
    return file && access(file, R_OK) == 0 ? file : NULL;
}

static void add_global(krx_arena *arena, krx_ptrs *argv, const krx_oci_images *images)
{
    add(arena, argv, krx_blank(images->skopeo) ? "skopeo" : images->skopeo);
    if (!policy_there(arena))
        add(arena, argv, "--insecure-policy");
}

static void add_platform(krx_arena *arena, krx_ptrs *argv, const krx_oci_platform *platform)
{
    const char *const names[] = {"--override-os", "--override-arch", "--override-variant"};
    const char *const values[] = {platform->os, platform->architecture, platform->variant};
    for (size_t i = 0; i < KRX_COUNT(names); i++)
        if (values[i]) {
            add(arena, argv, names[i]);
            add(arena, argv, values[i]);
        }
}

static const char *const *copy_argv(krx_arena *arena, const krx_oci_copy *copy)
{
    krx_ptrs argv = {0};
    const char *credentials = copy->registry ? authfile(arena, copy->images) : NULL;
    char *blobs = krx_oci_path(arena, copy->images->store, "images", "blobs", NULL);
    add_global(arena, &argv, copy->images);
    add(arena, &argv, "--tmpdir");
    add(arena, &argv, copy->scratch);
    if (copy->platform)
        add_platform(arena, &argv, copy->platform);
    add(arena, &argv, "copy");
    if (copy->to_registry) {
        add(arena, &argv, "--src-shared-blob-dir");
        add(arena, &argv, blobs);
    } else {
        add(arena, &argv, "--dest-oci-accept-uncompressed-layers");
    }
    if (credentials) {
        add(arena, &argv, copy->to_registry ? "--dest-authfile" : "--src-authfile");
        add(arena, &argv, credentials);
    }
    if (krx_oci_registry_local(copy->registry))
        add(arena, &argv, copy->to_registry ? "--dest-tls-verify=false" : "--src-tls-verify=false");
    add(arena, &argv, "--");
    add(arena, &argv, copy->from);
    add(arena, &argv, copy->to);
    return krx_arena_failed(arena) ? NULL : (const char *const *)krx_ptrs_end(arena, &argv);
}

/* -------------------------------------------------------------------------------------- progress
 */

typedef struct watch {
    const krx_oci_copy *copy;
    char line[512];
    size_t used;
    char blobs[256][13]; /* short digests of those begun */
    size_t count;
} watch;

static int32_t show(krx_call *call, const watch *w, const char *id, const char *text, bool done)
{
    krx_progress item = {.struct_size = sizeof item,
                         .done = done,
                         .phase = w->copy->phase,
                         .id = id,
                         .text = text,
                         .current = KRX_UNSET,
                         .total = KRX_UNSET};
    return call->progress ? krx_emit(call->progress, KRX_ITEM_PROGRESS, &item) : 0;
}

/* "Copying blob sha256:5cc84ad355aa... [done]"; what else it says is of no use. */
static int32_t show_line(krx_call *call, watch *w)
{
    static const char blob[] = "Copying blob ";
    char id[13] = "";
    const char *digest = w->line + strlen(blob);
    if (!krx_has_prefix(w->line, blob))
        return 0;
    digest += krx_has_prefix(digest, "sha256:") ? strlen("sha256:") : 0;
    (void)snprintf(id, sizeof id, "%.12s", digest);
    for (size_t i = 0; i < w->count; i++)
        if (krx_streq(w->blobs[i], id))
            return 0;
    if (w->count < KRX_COUNT(w->blobs))
        memcpy(w->blobs[w->count++], id, sizeof id);
    return show(call, w, id, w->copy->to_registry ? "Pushing" : "Downloading", false);
}

static int32_t take(krx_call *call, void *ctx, const char *data, size_t length)
{
    watch *w = ctx;
    int32_t code = 0;
    for (size_t i = 0; i < length && code == 0; i++) {
        if (data[i] == '\n' || data[i] == '\r') {
            w->line[w->used] = '\0';
            w->used = 0;
            code = show_line(call, w);
        } else if (w->used < sizeof w->line - 1) {
            w->line[w->used++] = (unsigned char)data[i] < 0x20 ? ' ' : data[i];
        }
    }
    return code;
}

/* ------------------------------------------------------------------------------------- running it
 */

int32_t krx_oci_copy_run(krx_call *call, krx_arena *arena, const krx_oci_copy *copy)
{
    krx_auto_str krx_str text = {0};
    watch w = {.copy = copy};
    int32_t status = -1;
    krx_oci_capture capture = {.argv = copy_argv(arena, copy),
                               .stdin_fd = -1,
                               .on_output = take,
                               .ctx = &w,
                               .patient = true};
    if (!capture.argv)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = show(call, &w, NULL, copy->shown, false);
    if (code == 0)
        code = krx_oci_capture_run(call, &capture, NULL, &text, &status);
    if (code < 0)
        return fail_start(call, copy->what, code);
    if (status != 0)
        return krx_oci_skopeo_fail(call, copy->what, copy->registry != NULL, krx_str_get(&text),
                                   status);
    for (size_t i = 0; i < w.count && code == 0; i++)
        code = show(call, &w, w.blobs[i], copy->to_registry ? "Pushed" : "Download complete", true);
    return code;
}

int32_t krx_oci_skopeo_ask(krx_call *call, krx_arena *arena, const krx_oci_images *images,
                           const char *const *args, krx_str *answer, int32_t *status)
{
    krx_auto_str krx_str text = {0};
    krx_ptrs argv = {0};
    *status = -1;
    add_global(arena, &argv, images);
    for (size_t i = 0; args[i]; i++)
        add(arena, &argv, args[i]);
    krx_oci_capture capture = {.argv = (const char *const *)krx_ptrs_end(arena, &argv),
                               .stdin_fd = -1,
                               .limit = ANSWER_MAX};
    if (krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_oci_capture_run(call, &capture, answer, &text, status);
    return code < 0 ? fail_start(call, "looking into the archive", code) : 0;
}
