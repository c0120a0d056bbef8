/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/logs/lines.h"

#include <string.h>

#include "lib/base/clock.h"

#define STAMP_MAX 40

/* ---------------------------------------------------------------------------------------- lines */

static int32_t hand_out(krx_k8s_log_lines *l, bool partial)
{
    krx_log_line line = {.stream = 1,
                         .partial = partial,
                         .time_ns = l->time_ns,
                         .text = krx_str_get(&l->text),
                         .length = l->text.length};
    int32_t code = l->fn(l->ctx, &line);
    krx_str_reset(&l->text);
    l->continued = partial;
    l->in_text = false;
    return code;
}

/* What was collected is a stamp, or it is text after all. */
static void end_stamp(krx_k8s_log_lines *l)
{
    int64_t time_ns;
    bool stamp = krx_time_parse(krx_str_get(&l->text), &time_ns);
    l->in_text = true;
    if (!l->continued)
        l->time_ns = stamp ? time_ns : KRX_UNSET;
    if (stamp)
        krx_str_reset(&l->text);
}

/* Takes one byte of what may be a stamp; true when it was used up. */
static bool take_stamp_byte(krx_k8s_log_lines *l, char c)
{
    if (c == ' ' && l->text.length) {
        end_stamp(l);
        return l->text.length == 0;
    }
    if (c == '\n' || l->text.length >= STAMP_MAX) {
        end_stamp(l);
        return false;
    }
    krx_str_addc(&l->text, c);
    return true;
}

static int32_t take_text(krx_k8s_log_lines *l, const char **data, size_t *length)
{
    const char *newline = memchr(*data, '\n', *length);
    size_t n = newline ? (size_t)(newline - *data) : *length;
    size_t room = l->text.length < KRX_K8S_LOG_PIECE ? KRX_K8S_LOG_PIECE - l->text.length : 0;
    bool full = n > room || (n == room && !newline);
    n = full ? room : n;
    krx_str_addn(&l->text, *data, n);
    bool ends = newline && !full;
    *data += n + ends;
    *length -= n + ends;
    return ends || full ? hand_out(l, !ends) : 0;
}

int32_t krx_k8s_log_lines_feed(krx_call *call, krx_k8s_log_lines *l, const char *data,
                               size_t length)
{
    while (length) {
        int32_t code = 0;
        if (l->in_text) {
            code = take_text(l, &data, &length);
        } else if (take_stamp_byte(l, *data)) {
            data++;
            length--;
        }
        if (krx_str_failed(&l->text))
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        if (code)
            return code;
    }
    return 0;
}

int32_t krx_k8s_log_lines_end(krx_call *call, krx_k8s_log_lines *l)
{
    if (!l->in_text && l->text.length)
        end_stamp(l);
    if (krx_str_failed(&l->text))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return l->text.length ? hand_out(l, false) : 0;
}

void krx_k8s_log_lines_free(krx_k8s_log_lines *l)
{
    krx_str_free(&l->text);
}

bool krx_k8s_log_is_gone(const char *text, size_t length, const char *container_id)
{
    static const char begin[] = "unable to retrieve container logs for ";
    size_t used = sizeof begin - 1, id = strlen(container_id);
    return id && length == used + id && memcmp(text, begin, used) == 0 &&
           memcmp(text + used, container_id, id) == 0;
}

/* ------------------------------------------------------------------------------------- position */

int64_t krx_k8s_log_resume(krx_k8s_log_position *p)
{
    if (!p->begun)
        return KRX_UNSET;
    p->to_skip = p->in_second + p->in_second_before;
    return p->second > 0 ? (p->second - 1) * KRX_NS_PER_S : 0;
}

static void count(krx_k8s_log_position *p, int64_t time_ns)
{
    int64_t second = time_ns / KRX_NS_PER_S;
    if (!p->begun || second > p->second) {
        p->in_second_before = p->begun && second == p->second + 1 ? p->in_second : 0;
        p->in_second = 0;
        p->second = second;
    }
    if (!p->begun || time_ns > p->newest_ns)
        p->newest_ns = time_ns;
    if (!p->begun || time_ns < p->first_ns)
        p->first_ns = time_ns;
    p->in_second += second == p->second;
    p->in_second_before += second == p->second - 1;
    p->begun = true;
}

bool krx_k8s_log_accept(krx_k8s_log_position *p, int64_t time_ns)
{
    if (p->to_skip && time_ns < p->first_ns)
        return false;
    if (p->to_skip && time_ns <= p->newest_ns) {
        p->to_skip--;
        return false;
    }
    p->to_skip = 0;
    count(p, time_ns);
    return true;
}
