/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/results.h"
#include "programs/kranix/output.h"
#include "programs/kranix/progress.h"

typedef struct image_run {
    krx_sink sink;
    krx_cli *cli;
    cJSON *images;
    krx_cli_table table;
    size_t count;
} image_run;

static const char *first(const char *const *list)
{
    return list && list[0] ? list[0] : NULL;
}

static void add_row(image_run *run, const char *tag, const krx_image *image)
{
    char size[24], age[24], id[20];
    const char *colon = strchr(image->id, ':');
    (void)snprintf(id, 13, "%s", colon ? colon + 1 : image->id);
    krx_cli_table_add(&run->table, tag);
    krx_cli_table_add(&run->table, run->cli->format == KRX_FORMAT_WIDE ? image->id : id);
    krx_cli_table_add(&run->table, krx_cli_size(image->size_bytes, size));
    krx_cli_table_add(&run->table, krx_cli_age(image->created_ns, krx_now_unix(), age));
    krx_cli_table_add(&run->table, image->in_use < 0 ? "-" : image->in_use ? "yes" : "no");
}

static int32_t take_image(krx_sink *sink, uint32_t kind, const void *item)
{
    image_run *run = sink->ctx;
    const krx_image *image = item;
    if (kind != KRX_ITEM_IMAGE)
        return 0;
    run->count++;
    if (krx_cli_structured(run->cli)) {
        cJSON_AddItemToArray(run->images, krx_image_to_json(image));
    } else if (run->cli->format == KRX_FORMAT_NAME) {
        (void)printf("%s\n", first(image->tags) ? first(image->tags) : image->id);
    } else if (!image->tags || !image->tags[0]) {
        add_row(run, "<none>", image);
    } else {
        for (size_t i = 0; image->tags[i]; i++)
            add_row(run, image->tags[i], image);
    }
    return 0;
}

static krx_image_req *request(krx_cli *cli, krx_cli_op *op, const char *name)
{
    uint32_t which = cli->options.verb->op;
    krx_image_req *req = krx_arena_new_of(op->arena, krx_image_req);
    if (!req)
        return NULL;
    const char *second = cli->options.arg_count > 1 ? cli->options.args[1] : NULL;
    *req = (krx_image_req){.struct_size = sizeof *req,
                           .force = krx_cli_flag(cli, KRX_OPT_FORCE),
                           .image = krx_arena_strdup(op->arena, name),
                           .platform =
                               krx_arena_strdup(op->arena, krx_cli_value(cli, KRX_OPT_PLATFORM)),
                           .all = krx_cli_flag(cli, KRX_OPT_ALL)};
    if (which == KRX_OP_image_tag)
        req->target = krx_arena_strdup(op->arena, second);
    if (which == KRX_OP_image_import) {
        req->file = req->image;
        req->image = krx_arena_strdup(op->arena, second);
        req->target = req->image;
    }
    return req;
}

/* For what the backend has nothing to tell of. */
static void add_deed(image_run *run, const char *name, const char *target, const char *past)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "image", name);
    if (target)
        cJSON_AddStringToObject(json, "target", target);
    cJSON_AddStringToObject(json, "action", past);
    cJSON_AddItemToArray(run->images, json);
}

static int one(krx_cli *cli, image_run *run, const char *name)
{
    static const struct {
        uint32_t op;
        const char *past;
    } pasts[] = {{KRX_OP_image_pull, "pulled"},
                 {KRX_OP_image_push, "pushed"},
                 {KRX_OP_image_tag, "tagged"},
                 {KRX_OP_image_remove, "removed"},
                 {KRX_OP_image_import, "imported"}};
    uint32_t which = cli->options.verb->op;
    krx_auto_cli_op krx_cli_op *op = krx_cli_op_new();
    krx_backend *backend = NULL;
    krx_cli_progress progress;
    krx_cli_call call;
    size_t before = run->count;
    krx_image_req *req = op ? request(cli, op, name) : NULL;
    if (!req)
        return krx_cli_no_memory(cli);
    krx_cli_call_init(cli, &call, which == KRX_OP_image_list ? KRX_CLI_UNARY_NS : KRX_CLI_FOREVER);
    krx_cli_progress_init(&progress, cli, name ? name : "images");
    call.call.progress = &progress.sink;
    int32_t code = krx_cli_backend(cli, &call.call, NULL, &backend);
    if (!code)
        code = krx_cli_invoke(&call.call, backend, which, req, &run->sink, op);
    krx_cli_progress_end(&progress);
    if (code)
        return krx_cli_error(cli, &call.error);
    for (size_t i = 0; i < KRX_COUNT(pasts); i++) {
        if (pasts[i].op != which)
            continue;
        if (cli->format <= KRX_FORMAT_WIDE && !cli->quiet)
            (void)printf("%s %s\n", name, pasts[i].past);
        if (krx_cli_structured(cli) && run->count == before)
            add_deed(run, name, req->target, pasts[i].past);
    }
    return 0;
}

static int print_images(krx_cli *cli, image_run *run)
{
    uint32_t which = cli->options.verb->op;
    bool single = which == KRX_OP_image_tag && cJSON_GetArraySize(run->images) == 1;
    if (krx_cli_structured(cli))
        return krx_cli_print_json(cli, single ? cJSON_DetachItemFromArray(run->images, 0)
                                              : cJSON_Duplicate(run->images, true));
    if (cli->format == KRX_FORMAT_NAME)
        return 0;
    if (which == KRX_OP_image_list || (which == KRX_OP_image_prune && run->count))
        krx_cli_table_print(&run->table, cli->color_out);
    else if (which == KRX_OP_image_prune && !cli->quiet)
        (void)fputs("nothing to remove\n", stdout);
    return 0;
}

int krx_cli_images(krx_cli *cli)
{
    static const char *const titles[] = {"IMAGE", "ID", "SIZE", "AGE", "USED"};
    const krx_cli_options *o = &cli->options;
    uint32_t which = o->verb->op;
    bool each =
        which == KRX_OP_image_pull || which == KRX_OP_image_push || which == KRX_OP_image_remove;
    image_run run = {.cli = cli};
    int status = 0;
    if (!krx_cli_runtime(cli, &status))
        return status;
    run.images = cJSON_CreateArray();
    run.sink = (krx_sink){
        .struct_size = sizeof run.sink, .kind = KRX_ITEM_IMAGE, .emit = take_image, .ctx = &run};
    krx_cli_table_init(&run.table, titles, KRX_COUNT(titles));
    if (!run.images)
        return krx_cli_no_memory(cli);
    size_t rounds = each ? o->arg_count : 1;
    for (size_t i = 0; i < rounds; i++) {
        int result = one(cli, &run, i < o->arg_count ? o->args[i] : NULL);
        status = status ? status : result;
    }
    if (!status || run.count)
        (void)print_images(cli, &run);
    cJSON_Delete(run.images);
    krx_cli_table_free(&run.table);
    return status;
}
