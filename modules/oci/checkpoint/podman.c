/* SPDX-License-Identifier: Apache-2.0 */
/* An archive of podman: is it whole, and what would ours say of it? */
#include "modules/oci/checkpoint/podman.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/sha256.h"
#include "lib/json/json.h"
#include "lib/replicas/names.h"
#include "modules/oci/image/here.h"

#define JSON_MAX ((size_t)4 * 1024 * 1024)
#define IMAGES KRX_OCI_SAVED_IMAGES "/"

bool krx_oci_podman_is(const char *folder)
{
    krx_autofree char *config = krx_format("%s/" KRX_OCI_PODMAN_CONFIG, folder);
    krx_autofree char *spec = krx_format("%s/" KRX_OCI_PODMAN_SPEC, folder);
    return config && spec && (access(config, F_OK) == 0 || access(spec, F_OK) == 0);
}

static int32_t read_json(const krx_oci_podman *p, const char *folder, const char *name, cJSON **out)
{
    krx_auto_str krx_str text = {0};
    const char *path = krx_arena_printf(p->arena, "%s/%s", folder, name);
    if (!path)
        return krx_no_memory(p->call);
    int32_t code = krx_read_file(p->call, path, JSON_MAX, &text);
    if (code == KRX_E_NOT_FOUND)
        return krx_fail(p->call, KRX_E_DATA_LOSS, "archive %s is not whole: it has no %s", p->file,
                        name);
    if (code == 0)
        code = krx_json_parse(p->call, name, krx_str_get(&text), text.length, out);
    if (code == 0 && !cJSON_IsObject(*out))
        code = krx_fail(p->call, KRX_E_DATA_LOSS, "%s is no object", name);
    return code < 0 ? krx_wrap(p->call, "archive %s", p->file) : 0;
}

/* ------------------------------------------------------------------------------------ is it whole
 */

static const krx_oci_saved_file *find(const krx_oci_manifest *m, const char *begin, bool exactly)
{
    for (size_t i = 0; m->files[i]; i++)
        if (exactly ? strcmp(m->files[i]->path, begin) == 0
                    : krx_has_prefix(m->files[i]->path, begin))
            return m->files[i];
    return NULL;
}

static int32_t lacks(const krx_oci_podman *p, const char *what)
{
    return krx_fail(p->call, KRX_E_DATA_LOSS, "archive %s is not whole: it has no %s", p->file,
                    what);
}

/* What CRIU writes in each dump; "..." stands for a number. */
static int32_t check_images(const krx_oci_podman *p, const krx_oci_manifest *m)
{
    static const struct {
        const char *begin;
        bool exactly;
    } needed[] = {{IMAGES "inventory.img", true}, {IMAGES "pstree.img", true},
                  {IMAGES "files.img", true},     {IMAGES "descriptors.json", true},
                  {IMAGES "core-", false},        {IMAGES "mm-", false},
                  {IMAGES "pagemap-", false},     {IMAGES "pages-", false},
                  {IMAGES "mountpoints-", false}};
    for (size_t i = 0; i < KRX_COUNT(needed); i++) {
        const krx_oci_saved_file *found = find(m, needed[i].begin, needed[i].exactly);
        if (!found || found->size == 0)
            return lacks(p, krx_arena_printf(p->arena, "%s%s", needed[i].begin,
                                             needed[i].exactly ? "" : "..."));
    }
    return 0;
}

static int32_t check_volumes(const krx_oci_podman *p, const krx_oci_manifest *m)
{
    const cJSON *volume;
    bool any = find(m, "volumes/", false) != NULL;
    cJSON_ArrayForEach (volume, krx_json_array(p->config, "namedVolumes")) {
        const char *name = krx_json_text(volume, "volumeName");
        const char *path = krx_arena_printf(p->arena, "volumes/%s.tar", name);
        if (!path)
            return krx_no_memory(p->call);
        if (any && !find(m, path, true))
            return lacks(p, path);
        if (!any)
            krx_log(p->call, KRX_LOG_WARN, "archive %s was made without what is in volume '%.100s'",
                    p->file, name);
    }
    return 0;
}

/* -------------------------------------------------------------------------------- of what machine
 */

/* The architecture is the first thing that the image of a process tells. */
static const char *const machines[] = {NULL,    "x86_64", "armv7l",      "aarch64", "ppc64le",
                                       "s390x", "mips64", "loongarch64", "riscv64"};
static const unsigned char core_magic[] = {0x19, 0x43, 0x56, 0x54, 0x47, 0x38, 0x05, 0x55};

static int32_t read_machine(const krx_oci_podman *p, const char *folder, krx_oci_manifest *m)
{
    unsigned char head[14];
    const krx_oci_saved_file *core = find(m, IMAGES "core-", false);
    const char *path = core ? krx_arena_printf(p->arena, "%s/%s", folder, core->path) : NULL;
    if (!path)
        return krx_no_memory(p->call);
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || read(fd, head, sizeof head) != (ssize_t)sizeof head ||
        memcmp(head, core_magic, sizeof core_magic) != 0 || head[12] != 8 || head[13] == 0 ||
        head[13] >= KRX_COUNT(machines))
        return krx_fail(p->call, KRX_E_DATA_LOSS, "archive %s: %s is no image of CRIU", p->file,
                        core->path);
    m->host.architecture = machines[head[13]];
    return 0;
}

/* When it was dumped, and a part of a second that tells it from others of that second. */
static int32_t read_time(const krx_oci_podman *p, const char *folder, krx_oci_manifest *m)
{
    krx_sha256 hash;
    struct stat st;
    char text[KRX_SHA256_TEXT];
    const char *path = krx_arena_printf(p->arena, "%s/" IMAGES "inventory.img", folder);
    if (!path || stat(path, &st) != 0)
        return lacks(p, IMAGES "inventory.img");
    krx_sha256_init(&hash);
    for (size_t i = 0; m->files[i]; i++)
        krx_sha256_add(&hash, m->files[i]->sha256, strlen(m->files[i]->sha256));
    krx_sha256_text(&hash, text);
    text[8] = '\0';
    m->created_ns =
        (int64_t)st.st_mtim.tv_sec * KRX_NS_PER_S + (int64_t)strtoul(text, NULL, 16) % KRX_NS_PER_S;
    return st.st_mtim.tv_sec > 0 ? 0
                                 : krx_fail(p->call, KRX_E_DATA_LOSS,
                                            "archive %s does not say when it was made", p->file);
}

/* ---------------------------------------------------------------------------------------- its
 * image */

static int32_t no_image(const krx_oci_podman *p, const char *name)
{
    krx_fail(p->call, KRX_E_FAILED_PRECONDITION,
             "image %s of archive %s is not here, and it is of no registry", name, p->file);
    return krx_hint(p->call,
                    "where podman has it: podman save -o image.tar %s; here: kranix images import "
                    "image.tar",
                    name);
}

/* Under any name, when it is here as podman has it. */
static const char *name_of(const krx_oci_podman *p, const krx_oci_images *images, const char *id)
{
    krx_side_call side;
    krx_oci_local *local = NULL;
    const char *name = NULL;
    if (!*id || krx_oci_local_find(krx_side_call_init(&side, p->call), p->arena, images, id, &local,
                                   &name) < 0)
        return NULL;
    for (size_t i = 0; i < local->blobs.count && !name; i++)
        name = ((const krx_oci_blob *)local->blobs.items[i])->name;
    return name;
}

/* An image that was made in docker's format has another id in an OCI layout, as its configuration
 * is written anew. Then CRIU's own look at the files that are open is all there is. */
static void compare(const krx_oci_podman *p, const char *theirs)
{
    const char *ours = p->image_id ? strchr(p->image_id, ':') : NULL;
    if (!ours || strcmp(ours + 1, theirs) != 0)
        krx_log(p->call, KRX_LOG_WARN,
                "image %s has the id %.12s in podman and %.12s here: nothing but the files that "
                "programs have open tells whether it is the same",
                p->image, theirs, ours ? ours + 1 : "none");
}

static int32_t find_image(krx_oci_podman *p, krx_oci_backend *backend)
{
    krx_oci_images images;
    krx_oci_image image = {0};
    const char *given = krx_json_text(p->config, "rootfsImageName");
    const char *id = krx_json_text(p->config, "rootfsImageID");
    krx_oci_images_of(backend, &images);
    p->image = given;
    int32_t code = krx_oci_image_look(p->call, p->arena, &images, given, NULL, &image);
    if (code == KRX_E_NOT_FOUND) {
        (void)krx_forgive(p->call);
        const char *known = name_of(p, &images, id);
        if (!known && krx_has_prefix(given, "localhost/"))
            return no_image(p, given);
        p->image = known ? known : given;
        code = known ? krx_oci_image_look(p->call, p->arena, &images, known, NULL, &image)
                     : krx_oci_image_fetch(p->call, p->arena, &images, given, NULL, &image);
    }
    if (code < 0)
        return krx_wrap(p->call, "image of archive %s", p->file);
    p->image_id = image.id;
    compare(p, id);
    return 0;
}

/* ------------------------------------------------------------------------------------------ all of
 * it */

static int32_t fill_container(const krx_oci_podman *p, krx_oci_manifest *m)
{
    krx_ptrs list = {0};
    krx_oci_saved *saved = krx_arena_new_of(p->arena, krx_oci_saved);
    if (!saved)
        return krx_no_memory(p->call);
    *saved = (krx_oci_saved){.replica = 1,
                             .folder = ".",
                             .id = krx_arena_strdup(p->arena, krx_json_text(p->config, "id")),
                             .image = p->image,
                             .image_id = p->image_id,
                             .network = p->network,
                             .changes = find(m, KRX_OCI_SAVED_CHANGES, true) != NULL,
                             .podman = true};
    (void)krx_ptrs_add(p->arena, &list, saved);
    m->containers = (const krx_oci_saved *const *)krx_ptrs_end(p->arena, &list);
    return 0;
}

static int32_t fill(krx_oci_podman *p, const char *folder, krx_oci_manifest *m)
{
    const char *name = krx_json_text(p->config, "name");
    m->workload = krx_oci_podman_name(p->arena, *name ? name : "podman");
    m->namespace_ = "default";
    m->comment = krx_arena_printf(p->arena, "container %.200s of podman", name);
    m->host.runtime = krx_arena_strdup(p->arena, p->runtime);
    m->spec_json = m->workload ? krx_oci_podman_spec(p, m->workload) : NULL;
    int32_t code = fill_container(p, m);
    if (code == 0)
        code = read_machine(p, folder, m);
    if (code == 0)
        code = read_time(p, folder, m);
    if (code < 0)
        return code;
    const char *base = krx_replica_base_name(p->arena, m->namespace_, m->workload);
    m->id = base ? krx_oci_saved_id(p->arena, base, m->created_ns) : NULL;
    return m->id && m->spec_json && !krx_arena_failed(p->arena) ? 0 : krx_no_memory(p->call);
}

int32_t krx_oci_podman_manifest(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                                const char *folder, const char *file, krx_oci_manifest *out)
{
    krx_oci_podman p = {.call = call, .arena = arena, .file = file};
    krx_auto_json cJSON *config = NULL, *spec = NULL;
    *out = (krx_oci_manifest){0};
    int32_t code = krx_oci_manifest_hash(call, arena, folder, out);
    if (code == 0)
        code = read_json(&p, folder, KRX_OCI_PODMAN_CONFIG, &config);
    if (code == 0)
        code = read_json(&p, folder, KRX_OCI_PODMAN_SPEC, &spec);
    p.config = config;
    p.spec = spec;
    if (code == 0)
        code = check_images(&p, out);
    if (code == 0)
        code = krx_oci_podman_check(&p);
    if (code == 0)
        code = check_volumes(&p, out);
    if (code == 0)
        code = find_image(&p, backend);
    if (code == 0) {
        p.image = krx_arena_strdup(arena, p.image);
        p.network = krx_arena_strdup(arena, p.network);
        code = fill(&p, folder, out);
    }
    return code < 0 ? code : krx_oci_manifest_write(call, folder, out);
}
