/* SPDX-License-Identifier: Apache-2.0 */
/* Where an object is, and how a request to it is called in texts. */
#include <string.h>

#include "lib/kube/internal.h"

static int32_t check_ref(krx_call *call, const krx_kube_ref *ref)
{
    const krx_kube_kind_row *row = krx_kube_row(ref->kind);
    if (!row)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "no such kind of Kubernetes object");
    if (ref->name && !*ref->name)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "a %s has no name", row->name);
    if (ref->subresource && !ref->name)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s of no %s", ref->subresource, row->name);
    if (ref->name && row->namespaced && krx_blank(ref->namespace_))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s %s has no namespace", row->name,
                        ref->name);
    return 0;
}

/* Kinds that come in one version are not asked for: the answer to the request itself tells. */
static int32_t version_for(krx_call *call, krx_kube *kube, krx_kube_kind kind, const char **out)
{
    *out = kube->versions[kind][0];
    return kube->versions[kind][1] ? krx_kube_api_version(call, kube, kind, out) : 0;
}

int32_t krx_kube_path(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, krx_str *path)
{
    const char *version;
    int32_t code = check_ref(call, ref);
    if (code < 0 || (code = version_for(call, kube, ref->kind, &version)) < 0)
        return code;
    const krx_kube_kind_row *row = krx_kube_row(ref->kind);
    krx_str_addf(path, "/%s/%s", *row->group ? "apis" : "api", version);
    if (row->namespaced && !krx_blank(ref->namespace_)) {
        krx_str_add(path, "/namespaces");
        krx_url_segment(path, ref->namespace_);
    }
    krx_url_segment(path, row->plural);
    if (ref->name)
        krx_url_segment(path, ref->name);
    if (ref->subresource)
        krx_url_segment(path, ref->subresource);
    if (!krx_str_failed(path))
        return 0;
    return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s %s in namespace %s: not a possible name",
                    row->name, ref->name ? ref->name : "", ref->namespace_ ? ref->namespace_ : "");
}

static const char *doing(const char *method, bool collection)
{
    static const struct {
        const char *method, *one, *many;
    } words[] = {{"GET", "reading", "listing"},      {"POST", "creating", "creating"},
                 {"PUT", "replacing", "replacing"},  {"PATCH", "changing", "changing"},
                 {"DELETE", "deleting", "deleting"}, {"HEAD", "reading", "listing"}};
    for (size_t i = 0; i < KRX_COUNT(words); i++)
        if (krx_streq(words[i].method, method))
            return collection ? words[i].many : words[i].one;
    return method;
}

void krx_kube_what(const char *method, const krx_kube_ref *ref, const char *path, char *out,
                   size_t room)
{
    if (path) {
        (void)snprintf(out, room, "%s %.*s", method, (int)strcspn(path, "?"), path);
        return;
    }
    const krx_kube_kind_row *row = krx_kube_row(ref->kind);
    bool collection = !ref->name, many = collection && !krx_streq(method, "POST");
    (void)snprintf(out, room, "%s %s%s%s%s%s%s%s", doing(method, collection),
                   ref->subresource ? ref->subresource : "", ref->subresource ? " of " : "",
                   !row   ? "objects"
                   : many ? row->plural
                          : row->name,
                   collection ? "" : " ", collection ? "" : ref->name,
                   krx_blank(ref->namespace_) ? "" : " in namespace ",
                   krx_blank(ref->namespace_) ? "" : ref->namespace_);
}
