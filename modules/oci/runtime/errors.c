/* SPDX-License-Identifier: Apache-2.0 */
/* What the failures of the runtimes mean. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/json/json.h"
#include "modules/oci/runtime/errors.h"

#define TEXT_MAX 700u

/* The first row all of whose words are in the text. A missing program comes before a missing
 * container: both are "not found". */
static const struct {
    const char *words[3];
    int32_t code;
    const char *hint;
} rows[] = {
    {{"criu", "executable file not found"},
     KRX_E_UNSUPPORTED,
     "install criu 4 or newer, or set criu_path"},
    {{"criu", "version check failed"}, KRX_E_UNSUPPORTED, "set criu_path to one that works here"},
    {{"executable file", "not found"},
     KRX_E_INVALID_ARGUMENT,
     "the image has no such program; look at command and args"},
    {{"exec: \"", "no such file or directory"},
     KRX_E_INVALID_ARGUMENT,
     "the image has no such program; look at command and args"},
    {{"failed to load ", "no such file or directory"},
     KRX_E_INVALID_ARGUMENT,
     "the image has no such program; look at command and args"},
    {{"error finding executable", "no such file"},
     KRX_E_INVALID_ARGUMENT,
     "the image has no such program; look at command and args"},
    {{"exec: \"", "permission denied"},
     KRX_E_INVALID_ARGUMENT,
     "the program may not be run by that user"},
    {{"open executable", "permission denied"},
     KRX_E_INVALID_ARGUMENT,
     "the program may not be run by that user"},
    {{"exec format error"},
     KRX_E_INVALID_ARGUMENT,
     "the program is for another processor, or is no program; look at platform"},
    {{"unable to find user"}, KRX_E_INVALID_ARGUMENT, "the image has no such user"},
    {{"unable to find group"}, KRX_E_INVALID_ARGUMENT, "the image has no such group"},
    {{"chdir to cwd"}, KRX_E_INVALID_ARGUMENT, "look at workingDir"},
    {{"chdir `"}, KRX_E_INVALID_ARGUMENT, "look at workingDir"},
    {{"container does not exist"}, KRX_E_NOT_FOUND, NULL},
    {{"container", "does not exist"}, KRX_E_NOT_FOUND, NULL},
    {{"/status`", "no such file or directory"}, KRX_E_NOT_FOUND, NULL},
    {{"loading container", "file does not exist"}, KRX_E_NOT_FOUND, NULL},
    {{"loading sandbox", "file does not exist"}, KRX_E_NOT_FOUND, NULL},
    {{".state: no such file or directory"}, KRX_E_NOT_FOUND, NULL},
    {{"no such container"}, KRX_E_NOT_FOUND, NULL},
    {{"container with given id already exists"}, KRX_E_ALREADY_EXISTS, NULL},
    {{"container", "already exists"}, KRX_E_ALREADY_EXISTS, NULL},
    {{"paused"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"not stopped"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"not in `created` or `stopped` state"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"not in `"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"in state "}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"not running"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"container", "has stopped"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"container that has stopped"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"is stopped"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"process already finished"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"no such process"}, KRX_E_FAILED_PRECONDITION, NULL},
    {{"rlimit"},
     KRX_E_FAILED_PRECONDITION,
     "a limit is above what this process may set: see ulimit -Ha"},
    {{"cgroups in hybrid mode not supported"},
     KRX_E_UNAVAILABLE,
     "set runtime to runc on a machine with both kinds of control groups"},
    {{"network enabled in root network namespace"},
     KRX_E_UNAVAILABLE,
     "this build of runsc can't join a network namespace on this kernel; set network to none or "
     "host"},
    {{"unknown or unavailable criu"}, KRX_E_UNSUPPORTED, NULL},
    {{"no space left on device"}, KRX_E_RESOURCE_EXHAUSTED, NULL},
    {{"cannot allocate memory"}, KRX_E_RESOURCE_EXHAUSTED, NULL},
    {{"too many open files"}, KRX_E_RESOURCE_EXHAUSTED, NULL},
    {{"resource temporarily unavailable"}, KRX_E_RESOURCE_EXHAUSTED, NULL},
    {{"container init was oom-killed"}, KRX_E_RESOURCE_EXHAUSTED, "raise resources.memoryLimit"},
    {{"memory limit too low"}, KRX_E_RESOURCE_EXHAUSTED, "raise resources.memoryLimit"},
    {{"operation not permitted"}, KRX_E_PERMISSION_DENIED, NULL},
    {{"permission denied"}, KRX_E_PERMISSION_DENIED, NULL},
};

static bool has_words(const char *text, const char *const words[3])
{
    for (size_t i = 0; i < 3 && words[i]; i++)
        if (!strcasestr(text, words[i]))
            return false;
    return true;
}

int32_t krx_oci_error_code(const char *text, const char **hint)
{
    *hint = NULL;
    for (size_t i = 0; i < KRX_COUNT(rows); i++)
        if (has_words(text, rows[i].words)) {
            *hint = rows[i].hint;
            return rows[i].code;
        }
    return KRX_E_UNKNOWN;
}

/* Objects of --log-format json, which may stand on one line: the text of the last error. */
static bool from_json(const char *line, const char *end, krx_str *out)
{
    bool found = false;
    while (line < end && *line == '{') {
        const char *rest = NULL;
        krx_auto_json cJSON *json =
            cJSON_ParseWithLengthOpts(line, (size_t)(end - line), &rest, false);
        const char *level = krx_json_text(json, "level");
        if (!json || !rest || rest <= line)
            break;
        if ((strcmp(level, "error") == 0 || strcmp(level, "fatal") == 0) &&
            *krx_json_text(json, "msg")) {
            krx_str_reset(out);
            krx_str_add(out, krx_json_text(json, "msg"));
            found = true;
        }
        line = rest;
    }
    return found;
}

/* time="..." level=error msg="..." of runc; crun's time in front. */
static void from_text(const char *line, size_t length, krx_str *out)
{
    const char *msg = memmem(line, length, "msg=\"", 5);
    if (memmem(line, length, "level=warn", 10) || memmem(line, length, "level=info", 10) ||
        memmem(line, length, "level=debug", 11))
        return;
    if (msg) {
        length -= (size_t)(msg + 5 - line);
        line = msg + 5;
        length -= length && line[length - 1] == '"';
    } else if (length > 21 && isdigit((unsigned char)line[0]) && line[4] == '-' &&
               line[10] == 'T') {
        const char *z = memmem(line, length, "Z: ", 3);
        length = z ? length - (size_t)(z + 3 - line) : length;
        line = z ? z + 3 : line;
    }
    krx_str_reset(out);
    krx_str_addn(out, line, length);
}

static void tidy(krx_str *text)
{
    size_t bad;
    if (text->length > TEXT_MAX) {
        text->length = TEXT_MAX;
        text->data[TEXT_MAX] = '\0';
    }
    while (text->length && !krx_utf8_valid(text->data, text->length, &bad))
        text->data[bad] = '?';
    for (size_t i = 0; i < text->length; i++)
        if ((unsigned char)text->data[i] < ' ')
            text->data[i] = ' ';
}

void krx_oci_error_text(const char *log_text, krx_str *out)
{
    krx_auto_str krx_str plain = {0};
    bool found = false;
    for (const char *line = log_text; line && *line;) {
        const char *end = line + strcspn(line, "\n");
        const char *brace = memchr(line, '{', (size_t)(end - line));
        if (*line == '{')
            found |= from_json(line, end, out);
        else if (brace && from_json(brace, end, out)) /* behind a plain line without newline */
            found = true;
        else if (end > line + strspn(line, " \t\r"))
            from_text(line, (size_t)(end - line), &plain);
        line = end + (*end == '\n');
    }
    if (!found)
        krx_str_add(out, krx_str_get(&plain));
    tidy(out);
}

int32_t krx_oci_runtime_fail(krx_call *call, const krx_oci_runtime *runtime, const char *what,
                             int status, const char *log_text)
{
    krx_auto_str krx_str text = {0};
    const char *hint;
    krx_oci_error_text(log_text ? log_text : "", &text);
    if (krx_str_failed(&text))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "%s: out of memory", what);
    if (!text.length && status > 128)
        return krx_fail(call, KRX_E_UNKNOWN, "%s: %s was ended by signal %d", what, runtime->name,
                        status - 128);
    if (!text.length)
        return krx_fail(call, KRX_E_UNKNOWN, "%s: %s ended with status %d and says nothing", what,
                        runtime->name, status);
    int32_t code = krx_oci_error_code(krx_str_get(&text), &hint);
    krx_fail(call, code, "%s: %s: %s", what, runtime->name, krx_str_get(&text));
    return hint ? krx_hint(call, "%s", hint) : code;
}
