/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/image: names, layouts also hostile ones, our index, what is tidied up, errors. */
#include "lib/base/sha256.h"
#include "modules/oci/image/here.h"
#include "modules/oci/image/layout.h"
#include "modules/oci/image/skopeo.h"
#include "modules/oci/store/launch.h"
#include "tests/unit/oci_folder.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define DIFF "sha256:" ONES

static const krx_oci_platform amd64 = {"linux", "amd64", NULL}, arm64 = {"linux", "arm64", "v8"};

/* Writes a blob into images/ of the store; its digest. */
static const char *blob(oci_folder *f, const char *text)
{
    char digits[KRX_SHA256_TEXT];
    krx_sha256 hash;
    krx_sha256_init(&hash);
    krx_sha256_add(&hash, text, strlen(text));
    krx_sha256_text(&hash, digits);
    (void)oci_write(f, krx_arena_printf(f->arena, "images/blobs/sha256/%s", digits), text, 0600);
    return krx_arena_printf(f->arena, "sha256:%s", digits);
}

static const char *config(oci_folder *f, const char *architecture, const char *diff_ids)
{
    return blob(f, krx_arena_printf(f->arena,
                                    "{\"os\":\"linux\",\"architecture\":\"%s\",\"config\":{\"Env\":"
                                    "[\"A=1\"],\"Cmd\":[\"run\"],\"ExposedPorts\":{\"80/tcp\":{}}},"
                                    "\"rootfs\":{\"diff_ids\":[%s]}}",
                                    architecture, diff_ids));
}

static const char *manifest(oci_folder *f, const char *config_digest, const char *layer)
{
    return blob(f, krx_arena_printf(f->arena,
                                    "{\"schemaVersion\":2,\"config\":{\"digest\":\"%s\"},"
                                    "\"layers\":[{\"digest\":\"%s\",\"size\":10}]}",
                                    config_digest, layer));
}

static const char *image_of(oci_folder *f, const char *architecture)
{
    return manifest(f, config(f, architecture, "\"" DIFF "\""), blob(f, architecture));
}

static int32_t read_image(oci_folder *f, const char *digest, const krx_oci_platform *platform,
                          krx_oci_image *out)
{
    const krx_oci_blob top = {.digest = digest, .size = KRX_UNSET};
    return krx_oci_layout_image(&f->call, f->arena, oci_path(f, "images"), &top, platform, "it",
                                out);
}

static krx_oci_images images_of(const oci_folder *f)
{
    return (krx_oci_images){.store = &f->store};
}

/* --------------------------------------------------------------------------------------- names */

static void names_become_full(void **state)
{
    static const struct {
        const char *text, *full, *familiar;
        int from;
    } rows[] = {
        {"busybox", "docker.io/library/busybox:latest", "busybox:latest", KRX_OCI_FROM_REGISTRY},
        {"joe/a:1", "docker.io/joe/a:1", "joe/a:1", KRX_OCI_FROM_REGISTRY},
        {"localhost:5000/a", "localhost:5000/a:latest", NULL, KRX_OCI_FROM_REGISTRY},
        {"a:1@sha256:" ONES, "docker.io/library/a@sha256:" ONES, "a@sha256:" ONES,
         KRX_OCI_FROM_REGISTRY},
        {"oci:/a/b:v1", "oci:/a/b:v1", NULL, KRX_OCI_FROM_LAYOUT},
        {"docker-archive:/a.tar", "docker-archive:/a.tar", NULL, KRX_OCI_FROM_ARCHIVE},
        {"oci-archive:/a.tar:x", "oci-archive:/a.tar:x", NULL, KRX_OCI_FROM_ARCHIVE},
        {"rootfs:/a:b", "rootfs:/a:b", NULL, KRX_OCI_FROM_FOLDER},
    };
    oci_folder *f = *state;
    krx_oci_source source;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        assert_int_equal(krx_oci_source_read(&f->call, f->arena, rows[i].text, &source), 0);
        assert_int_equal(source.from, rows[i].from);
        assert_string_equal(source.reference, rows[i].full);
        assert_string_equal(krx_oci_familiar(source.reference),
                            rows[i].familiar ? rows[i].familiar : rows[i].full);
    }
    assert_int_equal(krx_oci_source_read(&f->call, f->arena, "oci:/a/b:v1:w", &source), 0);
    assert_string_equal(source.path, "/a/b");
    assert_string_equal(source.inside, "v1:w");
    assert_int_equal(krx_oci_source_read(&f->call, f->arena, "rootfs:./a", &source),
                     KRX_E_INVALID_ARGUMENT);
    assert_in(f->error.hint, "absolute path");
}

static void platforms_are_compared(void **state)
{
    oci_folder *f = *state;
    krx_oci_platform p;
    assert_int_equal(krx_oci_platform_read(&f->call, f->arena, "aarch64", &p), 0);
    assert_string_equal(p.architecture, "arm64");
    assert_true(krx_oci_platform_fits(&p, "linux", "arm64", "v8"));
    assert_false(krx_oci_platform_fits(&p, "linux", "amd64", NULL));
    assert_false(krx_oci_platform_fits(&p, "windows", "arm64", NULL));
    assert_int_equal(krx_oci_platform_read(&f->call, f->arena, "linux/arm/v7", &p), 0);
    assert_true(krx_oci_platform_fits(&p, "linux", "arm", "v6"));
    assert_false(krx_oci_platform_fits(&p, "linux", "arm", "v8"));
    assert_int_equal(krx_oci_platform_read(&f->call, f->arena, NULL, &p), 0);
    assert_non_null(p.architecture);
    assert_int_equal(krx_oci_platform_read(&f->call, f->arena, "a/b/c/d", &p),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_oci_platform_read(&f->call, f->arena, "--all", &p),
                     KRX_E_INVALID_ARGUMENT);
}

/* -------------------------------------------------------------------------------------- layouts */

static void images_are_found_through_indexes(void **state)
{
    oci_folder *f = *state;
    krx_oci_image image;
    const char *inner = blob(
        f, krx_arena_printf(f->arena,
                            "{\"schemaVersion\":2,\"manifests\":["
                            "{\"digest\":\"sha256:" ZEROS "\",\"platform\":{\"os\":\"unknown\","
                            "\"architecture\":\"unknown\"}},"
                            "{\"digest\":\"%s\",\"platform\":{\"os\":\"linux\",\"architecture\":"
                            "\"amd64\"}},{\"digest\":\"%s\",\"platform\":{\"os\":\"linux\","
                            "\"architecture\":\"arm64\",\"variant\":\"v8\"}}]}",
                            image_of(f, "amd64"), image_of(f, "arm64")));
    const char *outer =
        blob(f, krx_arena_printf(
                    f->arena, "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"%s\"}]}", inner));
    assert_int_equal(read_image(f, outer, &amd64, &image), 0);
    assert_string_equal(image.architecture, "amd64");
    assert_string_equal(image.env[0], "A=1");
    assert_null(image.env[1]);
    assert_string_equal(image.command[0], "run");
    assert_string_equal(image.ports[0], "80/tcp");
    assert_string_equal(image.diff_ids[0], DIFF);
    assert_int_equal(read_image(f, outer, &arm64, &image), 0);
    assert_string_equal(image.architecture, "arm64");
    const krx_oci_platform other = {"linux", "riscv64", NULL};
    assert_int_equal(read_image(f, outer, &other, &image), KRX_E_NOT_FOUND);
    assert_in(f->error.message, "linux/riscv64");
}

static void hostile_documents_are_refused(void **state)
{
    oci_folder *f = *state;
    krx_oci_image image;
    const char *deep = image_of(f, "amd64");
    for (int i = 0; i < 6; i++)
        deep = blob(f, krx_arena_printf(f->arena,
                                        "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"%s\"}]}",
                                        deep));
    char *layers = krx_arena_alloc(f->arena, 100 * 600 + 200);
    strcpy(layers, "{\"schemaVersion\":2,\"config\":{\"digest\":\"" DIFF "\"},\"layers\":[");
    for (int i = 0; i < 600; i++)
        strcat(layers, i ? ",{\"digest\":\"" DIFF "\"}" : "{\"digest\":\"" DIFF "\"}");
    strcat(layers, "]}");
    char *nested = krx_arena_alloc(f->arena, 200001);
    memset(nested, '[', 200000);
    const struct {
        const char *digest, *why;
    } rows[] = {
        {deep, "too deep"},
        {blob(f, layers), "too many"},
        {blob(f, nested), "JSON"},
        {blob(f, "[]"), "no JSON object"},
        {blob(f, "{\"schemaVersion\":1}"), "version 2"},
        {blob(f, "{\"schemaVersion\":2}"), "neither layers"},
        {blob(f, "{\"schemaVersion\":2,\"layers\":[],\"manifests\":[]}"), "or both"},
        {blob(f, "{\"schemaVersion\":2,\"layers\":[]}"), "no configuration"},
        {blob(f, "{\"schemaVersion\":2,\"layers\":[],\"config\":{\"digest\":\"sha256:../../x\"}}"),
         "digest"},
        {blob(f, "{\"schemaVersion\":2,\"layers\":[],\"config\":{\"digest\":\"" DIFF
                 "\",\"size\":-7}}"),
         "negative"},
        {manifest(f, config(f, "amd64", ""), DIFF), "differ in their layers"},
        {manifest(f, config(f, "amd64", "\"sha256:short\""), DIFF), "digest"},
        {manifest(f, DIFF, DIFF), "is missing"},
        {"sha256:" ZEROS, "is missing"},
    };
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        int32_t code = read_image(f, rows[i].digest, &amd64, &image);
        if (code != KRX_E_DATA_LOSS || !strstr(f->error.message, rows[i].why))
            fail_msg("row %zu: %d %s", i, code, f->error.message);
    }
    /* what was changed after it was named */
    const char *good = image_of(f, "amd64");
    assert_int_equal(read_image(f, good, &amd64, &image), 0);
    (void)oci_write(f, krx_arena_printf(f->arena, "images/blobs/sha256/%s", good + 7),
                    "{\"schemaVersion\":2}", 0600);
    assert_int_equal(read_image(f, good, &amd64, &image), KRX_E_DATA_LOSS);
    assert_in(f->error.message, "not what its digest says");
}

/* ------------------------------------------------------------------------------------- our index
 */

static void put(oci_folder *f, const char *digest, const char *name)
{
    const krx_oci_images images = images_of(f);
    const krx_oci_blob entry = {.media = "m", .digest = digest, .size = KRX_UNSET, .name = name};
    assert_int_equal(krx_oci_index_put(&f->call, f->arena, &images, &entry), 0);
}

static size_t entries(oci_folder *f, const char *name, const char **digest)
{
    const krx_oci_images images = images_of(f);
    krx_oci_image_manifest index;
    assert_int_equal(krx_oci_index_read(&f->call, f->arena, &images, &index), 0);
    const krx_oci_blob *found = krx_oci_index_find(&index, name);
    *digest = found ? found->digest : NULL;
    return index.count;
}

static void a_name_moves_and_leaves_the_old_image(void **state)
{
    oci_folder *f = *state;
    const char *digest;
    put(f, "sha256:" ONES, "a");
    put(f, "sha256:" ONES, "b");
    assert_int_equal(entries(f, "a", &digest), 2);
    assert_string_equal(digest, "sha256:" ONES);
    put(f, "sha256:" ONES, "a");
    assert_int_equal(entries(f, "a", &digest), 2);
    /* it still has the name b, so that no nameless one is left */
    put(f, "sha256:" ZEROS, "a");
    assert_int_equal(entries(f, "a", &digest), 2);
    assert_string_equal(digest, "sha256:" ZEROS);
    put(f, "sha256:" ZEROS, "b");
    assert_int_equal(entries(f, "b", &digest), 3);
    assert_string_equal(digest, "sha256:" ZEROS);
}

static bool is_there(oci_folder *f, const char *path)
{
    return access(oci_path(f, path), F_OK) == 0;
}

static void only_what_nobody_needs_is_tidied_up(void **state)
{
    oci_folder *f = *state;
    const krx_oci_images images = images_of(f);
    const char *digest = image_of(f, "amd64"), *stray = blob(f, "stray");
    const char *const used[] = {oci_path(f, "layers/2222222222222222/fs"), NULL};
    const krx_oci_launch launch = {
        .runtime = "runc", .runtime_path = "/runc", .conmon_path = "/conmon", .layers = used};
    put(f, digest, "kept");
    (void)oci_write(f, "layers/1111111111111111/complete", DIFF, 0600);
    (void)oci_write(f, "layers/2222222222222222/fs/file", "", 0600);
    (void)oci_write(f, "layers/3333333333333333/fs/file", "", 0600);
    (void)oci_write(f, "layers/1111111111111111.new/fs/file", "", 0600);
    (void)oci_write(f, "images/tmp-abcdef/index.json", "", 0600);
    assert_int_equal(mkdir(oci_path(f, "containers/web-1-x"), 0700), 0);
    assert_int_equal(mkdir(oci_path(f, "containers/web-2-x"), 0700), 0);
    assert_int_equal(krx_oci_launch_write(&f->call, &f->store, "web-1-x", &launch), 0);

    /* not while somebody makes something of them */
    int hold = krx_oci_images_hold(&f->call, &images);
    assert_true(hold >= 0);
    assert_int_equal(krx_oci_tidy(&f->call, f->arena, &images), 0);
    assert_true(is_there(f, "layers/3333333333333333"));
    close(hold);

    assert_int_equal(krx_oci_tidy(&f->call, f->arena, &images), 0);
    assert_true(is_there(f, "layers/1111111111111111/complete"));
    assert_true(is_there(f, "layers/2222222222222222/fs/file"));
    assert_false(is_there(f, "layers/3333333333333333"));
    assert_false(is_there(f, "layers/1111111111111111.new"));
    assert_false(is_there(f, "images/tmp-abcdef"));
    assert_true(is_there(f, krx_arena_printf(f->arena, "images/blobs/sha256/%s", digest + 7)));
    assert_false(is_there(f, krx_arena_printf(f->arena, "images/blobs/sha256/%s", stray + 7)));

    /* what can't be read is no reason to take its layers */
    (void)oci_write(f, "containers/web-1-x/launch.json", "{", 0600);
    assert_true(krx_oci_tidy(&f->call, f->arena, &images) < 0);
    assert_true(is_there(f, "layers/2222222222222222/fs/file"));
}

/* ---------------------------------------------------------------------------------------- skopeo
 */

static void errors_of_skopeo_are_understood(void **state)
{
    static const struct {
        const char *text;
        int32_t code;
    } rows[] = {
        {"time=\"x\" level=fatal msg=\"reading manifest 1 in a/b: manifest unknown: x\"",
         KRX_E_NOT_FOUND},
        {"level=fatal msg=\"requested access to the resource is denied\"", KRX_E_PERMISSION_DENIED},
        {"level=fatal msg=\"unauthorized: authentication required\"", KRX_E_UNAUTHENTICATED},
        {"level=fatal msg=\"dial tcp: lookup x: no such host\"", KRX_E_UNAVAILABLE},
        {"level=fatal msg=\"dial tcp 1.2.3.4:5: connect: connection refused\"", KRX_E_UNAVAILABLE},
        {"level=fatal msg=\"write /x: no space left on device\"", KRX_E_RESOURCE_EXHAUSTED},
        {"level=fatal msg=\"no image found in manifest list for architecture x\"", KRX_E_NOT_FOUND},
        {"something else", KRX_E_UNKNOWN},
        {"", KRX_E_UNKNOWN},
    };
    oci_folder *f = *state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        int32_t code = krx_oci_skopeo_fail(&f->call, "pulling x", true, rows[i].text, 1);
        if (code != rows[i].code)
            fail_msg("'%s': %d %s", rows[i].text, code, f->error.message);
        assert_in(f->error.message, "pulling x: ");
        assert_not_in(f->error.message, "level=");
    }
    (void)krx_oci_skopeo_fail(&f->call, "pulling x", true,
                              "level=fatal msg=\"Get \\\"https://joe:secret@r/v2/\\\": \\\"x\\\"\"",
                              1);
    assert_not_in(f->error.message, "secret");
    assert_in(f->error.message, "https://r/v2/");
    assert_int_equal(krx_oci_skopeo_fail(&f->call, "importing x", false,
                                         "level=fatal msg=\"unexpected EOF\"", 1),
                     KRX_E_DATA_LOSS);
    assert_true(krx_oci_registry_local("localhost:5000"));
    assert_true(krx_oci_registry_local("127.1.2.3"));
    assert_false(krx_oci_registry_local("localhost.example"));
    assert_false(krx_oci_registry_local("ghcr.io"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, oci_folder_setup, oci_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_become_full),
        TEST(platforms_are_compared),
        TEST(images_are_found_through_indexes),
        TEST(hostile_documents_are_refused),
        TEST(a_name_moves_and_leaves_the_old_image),
        TEST(only_what_nobody_needs_is_tidied_up),
        TEST(errors_of_skopeo_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
