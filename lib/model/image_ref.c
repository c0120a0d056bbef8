/* SPDX-License-Identifier: Apache-2.0 */
/* Image references: [host[:port]/]path[:tag][@digest]. */
#include <ctype.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/text.h"
#include "lib/model/image.h"

#define REFERENCE_MAX 512
#define NAME_MAX_ 255
#define TAG_MAX 128

void krx_image_ref_free(krx_image_ref *ref)
{
    free(ref->registry);
    free(ref->repository);
    free(ref->tag);
    free(ref->digest);
    free(ref->name);
    *ref = (krx_image_ref){0};
}

static bool is_small(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* One component: letters and digits, joined by '.', '_', '__' or any number of '-'. */
static bool component_valid(const char *p, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (is_small(p[i]))
            continue;
        size_t joint = 1;
        while (i + joint < length && p[i] != '.' && p[i + joint] == p[i])
            joint++;
        if (!strchr("._-", p[i]) || !p[i] || (p[i] == '_' && joint > 2) || i == 0 ||
            i + joint >= length || !is_small(p[i + joint]))
            return false;
        i += joint - 1;
    }
    return length > 0;
}

static bool path_valid(const char *path)
{
    for (;;) {
        size_t n = strcspn(path, "/");
        if (!component_valid(path, n))
            return false;
        if (!path[n])
            return true;
        path += n + 1;
    }
}

static bool registry_valid(const char *text)
{
    const char *colon = strrchr(text, ':');
    const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
    if (text[0] == '[')
        return bracket &&
               strspn(text + 1, "0123456789abcdefABCDEF:.") == (size_t)(bracket - text - 1) &&
               (!bracket[1] || (bracket[1] == ':' && bracket[2] &&
                                strspn(bracket + 2, "0123456789") == strlen(bracket + 2)));
    size_t host = colon ? (size_t)(colon - text) : strlen(text);
    for (size_t i = 0; i < host; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr(".-", text[i]))
            return false;
    return host && isalnum((unsigned char)text[0]) && isalnum((unsigned char)text[host - 1]) &&
           (!colon || (colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1)));
}

static bool tag_valid(const char *tag)
{
    size_t n = strlen(tag);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)tag[i]) && tag[i] != '_' && (i == 0 || !strchr(".-", tag[i])))
            return false;
    return n > 0 && n <= TAG_MAX;
}

static bool digest_valid(const char *digest)
{
    size_t algorithm = strcspn(digest, ":");
    size_t hex = digest[algorithm] ? strspn(digest + algorithm + 1, "0123456789abcdef") : 0;
    if (krx_has_prefix(digest, "sha256:") && hex != 64)
        return false;
    return algorithm && hex >= 32 && !digest[algorithm + 1 + hex];
}

/* The first part is a registry when it looks like a host, as docker(1) decides. */
static bool begins_with_registry(const char *name, size_t first)
{
    if (!name[first])
        return false;
    if (first == 9 && strncmp(name, "localhost", 9) == 0)
        return true;
    for (size_t i = 0; i < first; i++)
        if (name[i] == '.' || name[i] == ':' || isupper((unsigned char)name[i]))
            return true;
    return false;
}

static bool split_name(krx_image_ref *ref)
{
    size_t first = strcspn(ref->name, "/");
    const char *path = ref->name;
    if (begins_with_registry(ref->name, first)) {
        ref->registry = strndup(ref->name, first);
        path = ref->name + first + 1;
    } else {
        ref->registry = strdup("docker.io");
    }
    if (krx_streq(ref->registry, "index.docker.io")) {
        free(ref->registry);
        ref->registry = strdup("docker.io");
    }
    bool library = krx_streq(ref->registry, "docker.io") && !strchr(path, '/');
    ref->repository = krx_format("%s%s", library ? "library/" : "", path);
    return ref->registry && ref->repository;
}

static const char *check(const krx_image_ref *ref, const char *text)
{
    if (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64)
        return "that is an image's id; a name is needed here";
    if (strlen(ref->name) > NAME_MAX_)
        return "the name is longer than 255 characters";
    if (!registry_valid(ref->registry))
        return "the registry is not a host name with an optional port";
    for (const char *p = ref->repository; *p; p++)
        if (isupper((unsigned char)*p))
            return "the name must be in lower case";
    if (!path_valid(ref->repository))
        return "the name takes lower case letters and digits, joined by '.', '_' or '-'";
    if (ref->tag && !tag_valid(ref->tag))
        return "the tag takes up to 128 letters, digits, '_', '.' and '-'";
    if (ref->digest && !digest_valid(ref->digest))
        return "the digest is not sha256: and 64 hexadecimal digits";
    return NULL;
}

static int32_t fail_reference(krx_call *call, const char *text, const char *why)
{
    char clean[128];
    krx_text_clean(clean, sizeof clean, text, strlen(text));
    (void)krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%s' is not an image name: %s", clean, why);
    return krx_hint(call, "write [REGISTRY/]NAME[:TAG][@DIGEST], such as nginx:1.25");
}

static int32_t fail_files(krx_call *call, const char *text)
{
    char clean[256];
    krx_text_clean(clean, sizeof clean, text, strlen(text));
    (void)krx_fail(call, KRX_E_INVALID_ARGUMENT,
                   "'%s' names files of this machine; the name of an image in a registry is needed "
                   "here",
                   clean);
    return krx_hint(call, "only the backend oci takes images from files");
}

int32_t krx_image_ref_parse(krx_call *call, const char *text, krx_image_ref *out)
{
    *out = (krx_image_ref){0};
    if (krx_blank(text))
        return fail_reference(call, "", "it is empty");
    krx_image_form form;
    if (krx_image_form_read(text, &form) || form.kind != KRX_IMAGE_REFERENCE)
        return fail_files(call, text);
    if (strlen(text) > REFERENCE_MAX)
        return fail_reference(call, text, "it is too long");
    krx_auto_image_ref krx_image_ref ref = {0};
    const char *at = strchr(text, '@');
    size_t end = at ? (size_t)(at - text) : strlen(text);
    size_t name = end;
    while (name && text[name - 1] != ':' && text[name - 1] != '/')
        name--;
    bool tagged = name && text[name - 1] == ':';
    ref.name = strndup(text, tagged ? name - 1 : end);
    ref.digest = at ? strdup(at + 1) : NULL;
    ref.tag = tagged ? strndup(text + name, end - name) : at ? NULL : strdup("latest");
    if (!ref.name || (at && !ref.digest) || ((tagged || !at) && !ref.tag) || !split_name(&ref))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    const char *why = check(&ref, text);
    if (why)
        return fail_reference(call, text, why);
    *out = ref;
    ref = (krx_image_ref){0};
    return 0;
}
