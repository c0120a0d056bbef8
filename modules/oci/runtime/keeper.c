/* SPDX-License-Identifier: Apache-2.0 */
/* Our helper program: where it is, and how it is asked. */
#include <dlfcn.h>
#include <limits.h>
#include <string.h>

#include "lib/json/json.h"
#include "modules/oci/runtime/capture.h"
#include "modules/oci/runtime/table.h"

#define KEEPER "kranix-oci-keeper"
#define ANSWER_MAX ((size_t)1024 * 1024)

/* The folder of the file that this code is in: the module, the keeper or a test. */
static char *own_folder(krx_arena *arena)
{
    static const char here;
    char real[PATH_MAX];
    Dl_info info;
    if (!dladdr(&here, &info) || !info.dli_fname || !strchr(info.dli_fname, '/') ||
        !realpath(info.dli_fname, real))
        return NULL;
    *strrchr(real, '/') = '\0';
    return krx_arena_strdup(arena, real);
}

int32_t krx_oci_keeper_find(krx_call *call, krx_arena *arena, const char *setting, const char **out)
{
    *out = NULL;
    if (!krx_blank(setting)) {
        *out = krx_oci_find_program(arena, setting);
        return *out ? 0
                    : krx_fail(call, KRX_E_NOT_FOUND, "setting keeper: %s is no program", setting);
    }
    char *folder = own_folder(arena);
    const char *const places[] = {
        folder ? krx_arena_printf(arena, "%s/../" KEEPER, folder) : NULL,
        folder ? krx_arena_printf(arena, "%s/../libexec/" KEEPER, folder) : NULL,
        folder ? krx_arena_printf(arena, "%s/" KEEPER, folder) : NULL,
        KRX_LIBEXEC_DIR "/" KEEPER,
    };
    for (size_t i = 0; !*out && i < KRX_COUNT(places); i++)
        *out = places[i] ? krx_oci_find_program(arena, places[i]) : NULL;
    if (*out)
        return 0;
    krx_fail(call, KRX_E_NOT_FOUND, "the program " KEEPER " is not there");
    return krx_hint(call, "install kranix anew, or say where it is with the setting keeper");
}

static void log_lines(krx_call *call, krx_str *errors)
{
    char *rest = errors->data, *line;
    while (rest && (line = strsep(&rest, "\n")))
        if (*line)
            krx_log(call, KRX_LOG_WARN, "keeper: %s", line);
}

static int32_t take_error(krx_call *call, const cJSON *error)
{
    int64_t code = krx_json_int(error, "code", KRX_E_UNKNOWN);
    if (code >= 0 || code < KRX_E_LAST_)
        code = KRX_E_UNKNOWN;
    krx_fail(call, (int32_t)code, "%s", krx_json_text(error, "message"));
    const char *hint = krx_json_text(error, "hint");
    return *hint ? krx_hint(call, "%s", hint) : (int32_t)code;
}

static int32_t read_answer(krx_call *call, const krx_oci_keeper_job *job, int32_t status,
                           const krx_str *text, cJSON **answer)
{
    krx_auto_json cJSON *json = cJSON_ParseWithLength(krx_str_get(text), text->length);
    const cJSON *error = krx_json_object(json, "error");
    if (error)
        return take_error(call, error);
    if (status > 128 && status < 256)
        return krx_fail(call, KRX_E_INTERNAL, "keeper %s was ended by signal %d", job->verb,
                        status - 128);
    if (status != 0 || !cJSON_IsObject(json))
        return krx_fail(call, KRX_E_INTERNAL, "keeper %s ended with status %d and no answer",
                        job->verb, status);
    if (answer)
        *answer = krx_move_ptr(json);
    return 0;
}

int32_t krx_oci_keeper_run(krx_call *call, krx_arena *arena, const krx_oci_keeper_job *job,
                           cJSON **answer)
{
    krx_auto_str krx_str text = {0}, errors = {0};
    krx_ptrs argv = {0};
    int32_t status = -1;
    if (answer)
        *answer = NULL;
    (void)krx_ptrs_add(arena, &argv, job->keeper);
    (void)krx_ptrs_add(arena, &argv, job->verb);
    for (size_t i = 0; job->args && job->args[i]; i++)
        (void)krx_ptrs_add(arena, &argv, job->args[i]);
    krx_oci_capture capture = {.argv = (const char *const *)krx_ptrs_end(arena, &argv),
                               .stdin_fd = job->stdin_fd,
                               .limit = ANSWER_MAX,
                               .patient = true};
    if (krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_oci_capture_run(call, &capture, &text, &errors, &status);
    log_lines(call, &errors);
    if (code < 0)
        return krx_wrap(call, "keeper %s", job->verb);
    return read_answer(call, job, status, &text, answer);
}
