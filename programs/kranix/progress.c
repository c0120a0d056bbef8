/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kranix/progress.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "programs/kranix/output.h"
#include "programs/kranix/signals.h"

#define DRAW_EVERY_NS (100 * KRX_NS_PER_MS)
#define BAR_WIDTH 24

static void copy_clean(char *out, size_t size, const char *text)
{
    krx_autofree char *clean = krx_cli_clean(text ? text : "");
    (void)snprintf(out, size, "%s", clean ? clean : "");
}

static krx_cli_progress_line *line_of(krx_cli_progress *p, const char *id)
{
    for (size_t i = 0; i < p->count; i++)
        if (strncmp(p->lines[i].id, id, sizeof p->lines[i].id - 1) == 0)
            return &p->lines[i];
    if (p->count == KRX_CLI_PROGRESS_LINES) {
        size_t oldest = 0;
        for (size_t i = 0; i < p->count && !p->lines[oldest].done; i++)
            oldest = i;
        memmove(&p->lines[oldest], &p->lines[oldest + 1],
                (p->count - oldest - 1) * sizeof p->lines[0]);
        p->count--;
    }
    krx_cli_progress_line *line = &p->lines[p->count++];
    memset(line, 0, sizeof *line);
    copy_clean(line->id, sizeof line->id, id);
    return line;
}

static void add_bar(krx_str *out, const krx_cli_progress_line *line)
{
    char now[24], all[24];
    if (line->done || line->current == KRX_UNSET)
        return;
    if (line->total == KRX_UNSET || line->total <= 0) {
        if (line->bytes)
            krx_str_addf(out, " %s", krx_cli_size(line->current, now));
        return;
    }
    int64_t part = line->current > line->total ? line->total : line->current;
    int filled = (int)((double)part / (double)line->total * BAR_WIDTH);
    krx_str_add(out, " [");
    for (int i = 0; i < BAR_WIDTH; i++)
        krx_str_addc(out, i < filled ? '=' : i == filled ? '>' : ' ');
    if (line->bytes)
        krx_str_addf(out, "] %s/%s", krx_cli_size(part, now), krx_cli_size(line->total, all));
    else
        krx_str_addf(out, "] %lld/%lld", (long long)part, (long long)line->total);
}

static void cut_to_width(krx_str *line, uint32_t columns)
{
    if (columns > 1 && line->length > columns - 1) {
        line->length = columns - 1;
        line->data[line->length] = '\0';
    }
}

static void go_up(krx_cli_progress *p, krx_str *out)
{
    if (p->drawn)
        krx_str_addf(out, "\033[%zuA", p->drawn);
}

static void draw(krx_cli_progress *p)
{
    uint32_t rows, columns;
    krx_auto_str krx_str screen = {0};
    krx_cli_window_size(NULL, &rows, &columns);
    size_t shown = rows > 2 && p->count > rows - 2 ? rows - 2 : p->count;
    go_up(p, &screen);
    for (size_t i = p->count - shown; i < p->count; i++) {
        krx_auto_str krx_str line = {0};
        const krx_cli_progress_line *l = &p->lines[i];
        krx_str_addf(&line, "%s%s%s", l->id, *l->id ? ": " : "", *l->text ? l->text : l->phase);
        add_bar(&line, l);
        if (krx_str_failed(&line))
            return;
        cut_to_width(&line, columns);
        krx_str_addf(&screen, "\r%s\033[K\n", krx_str_get(&line));
    }
    p->drawn = shown;
    p->last_draw_ns = krx_now_monotonic();
    if (!krx_str_failed(&screen))
        (void)krx_write_all(STDERR_FILENO, screen.data, screen.length);
}

static void plain(const char *subject, const char *id, const krx_cli_progress_line *line)
{
    krx_autofree char *clean = krx_cli_clean(id);
    (void)fprintf(stderr, "%s: %s%s%s\n", subject, clean ? clean : "", *id ? ": " : "",
                  *line->text ? line->text : line->phase);
}

/* `id` is the line's: on a screen the lines of several subjects stand among each other. */
static void show(krx_cli_progress *p, const char *subject, const char *id, const krx_progress *item)
{
    char text[sizeof p->lines[0].text];
    const char *part = item->id ? item->id : "";
    krx_cli_progress_line *line = line_of(p, id);
    copy_clean(text, sizeof text, item->text);
    bool whole_changed = !*part && strcmp(text, line->text) != 0;
    bool ended = item->done && !line->done;
    copy_clean(line->phase, sizeof line->phase, item->phase);
    (void)snprintf(line->text, sizeof line->text, "%s", text);
    line->current = item->current;
    line->total = item->total;
    line->bytes = krx_streq(item->unit, "bytes");
    line->done = item->done != 0;
    if (!p->tty) {
        if (whole_changed || ended)
            plain(subject, part, line);
    } else if (krx_now_monotonic() - p->last_draw_ns >= DRAW_EVERY_NS) {
        draw(p);
    }
}

static int32_t take(krx_sink *sink, uint32_t kind, const void *data)
{
    krx_cli_progress *p = sink->ctx;
    const krx_progress *item = data;
    if (kind != KRX_ITEM_PROGRESS || p->quiet)
        return 0;
    KRX_LOCK_SCOPE(&p->lock);
    show(p, p->subject, item->id ? item->id : "", item);
    return 0;
}

static int32_t take_part(krx_sink *sink, uint32_t kind, const void *data)
{
    const krx_cli_progress_part *part = sink->ctx;
    const krx_progress *item = data;
    char id[sizeof part->whole->lines[0].id];
    if (kind != KRX_ITEM_PROGRESS || part->whole->quiet)
        return 0;
    (void)snprintf(id, sizeof id, "%s%s%s", part->subject, krx_blank(item->id) ? "" : " ",
                   item->id ? item->id : "");
    KRX_LOCK_SCOPE(&part->whole->lock);
    show(part->whole, part->subject, id, item);
    return 0;
}

void krx_cli_progress_init(krx_cli_progress *progress, const krx_cli *cli, const char *subject)
{
    memset(progress, 0, sizeof *progress);
    progress->sink = (krx_sink){.struct_size = sizeof progress->sink,
                                .kind = KRX_ITEM_PROGRESS,
                                .emit = take,
                                .ctx = progress};
    pthread_mutex_init(&progress->lock, NULL);
    progress->subject = subject;
    progress->quiet = cli->quiet;
    progress->tty = cli->tty_err && cli->color_err;
}

void krx_cli_progress_part_init(krx_cli_progress_part *part, krx_cli_progress *whole,
                                const char *subject)
{
    *part = (krx_cli_progress_part){.sink = {.struct_size = sizeof part->sink,
                                             .kind = KRX_ITEM_PROGRESS,
                                             .emit = take_part,
                                             .ctx = part},
                                    .whole = whole,
                                    .subject = subject};
}

void krx_cli_progress_say(krx_cli_progress *progress, const char *format, ...)
{
    char text[sizeof progress->lines[0].text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_progress item = {.struct_size = sizeof item,
                         .phase = "wait",
                         .text = text,
                         .current = KRX_UNSET,
                         .total = KRX_UNSET};
    (void)take(&progress->sink, KRX_ITEM_PROGRESS, &item);
}

void krx_cli_progress_end(krx_cli_progress *progress)
{
    krx_auto_str krx_str screen = {0};
    KRX_LOCK_SCOPE(&progress->lock);
    if (!progress->drawn)
        return;
    go_up(progress, &screen);
    krx_str_add(&screen, "\r\033[J");
    if (!krx_str_failed(&screen))
        (void)krx_write_all(STDERR_FILENO, screen.data, screen.length);
    progress->drawn = progress->count = 0;
}
