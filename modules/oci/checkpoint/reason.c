/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRIU's logs. A line of interest looks like
 *     (00.084232) 12: Error (criu/sk-inet.c:191): inet: Connected TCP socket, consider ...
 * The first ones say why, later ones only that the rest failed too.
 */
#include <ctype.h>
#include <string.h>

#include "modules/oci/checkpoint/criu.h"

#define REASONS_MAX 2
#define REASON_MAX 400

/* Said in runs that go well, or of what follows from the cause. */
static const char *const noise[] = {"Can't setup RLIMIT_NOFILE", "Dumping FAILED",
                                    "Restoring FAILED",          "address already assigned",
                                    "Address already assigned",  "Unlock network failed",
                                    "Can't open dir cgroup",     "exited, status="};

static const struct {
    const char *text;
    const char *hint;
} hints[] = {
    {"--tcp-established", "give --tcp-established, or let the program close its connections"},
    {"skip-in-flight", "give --tcp-skip-in-flight"},
    {"link-remap option", "give --link-remap"},
    {"vdso:", "this CRIU is too old for this kernel: set criu_path to a newer one"},
    {"Connected TCP socket in image", "give --tcp-established to restore"},
    {"Can't bind inet socket", "the address of the connection is not there; restore without "
                               "--tcp-established closes it"},
    {"io_uring", "programs that use io_uring can't be kept"},
    {"Can't lookup mount=", "a program holds a file open that is not of its container"},
};

static bool contains(const char *text, size_t length, const char *word)
{
    return memmem(text, length, word, strlen(word)) != NULL;
}

/* Behind "Error (criu/x.c:12): "; NULL for a line that is no error or says nothing. */
static const char *error_of(const char *line, size_t length)
{
    static const char mark[] = "Error (";
    const char *at = memmem(line, length, mark, sizeof mark - 1);
    const char *end = line + length;
    if (!at || at - line > 40)
        return NULL;
    for (size_t i = 0; i < KRX_COUNT(noise); i++)
        if (contains(line, length, noise[i]))
            return NULL;
    at = memmem(at, (size_t)(end - at), "): ", 3);
    if (!at)
        return NULL;
    at += 3;
    while (at < end && isspace((unsigned char)*at))
        at++;
    return at < end ? at : NULL;
}

static void add_clean(krx_str *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length && i < REASON_MAX; i++)
        krx_str_addc(out, isprint((unsigned char)text[i]) ? text[i] : '?');
}

char *krx_oci_criu_reason(krx_arena *arena, const char *log, const char **hint)
{
    krx_auto_str krx_str text = {0};
    int count = 0;
    *hint = NULL;
    while (*log && count < REASONS_MAX) {
        size_t length = strcspn(log, "\n");
        const char *said = error_of(log, length);
        size_t n = said ? (size_t)(log + length - said) : 0;
        while (n && (said[n - 1] == '.' || isspace((unsigned char)said[n - 1])))
            n--;
        if (n) {
            krx_str_add(&text, count++ ? "; " : "");
            add_clean(&text, said, n);
        }
        log += length + (log[length] == '\n');
    }
    for (size_t i = 0; text.length && !*hint && i < KRX_COUNT(hints); i++)
        if (strstr(text.data, hints[i].text))
            *hint = hints[i].hint;
    return text.length && !krx_str_failed(&text) ? krx_arena_strdup(arena, text.data) : NULL;
}
