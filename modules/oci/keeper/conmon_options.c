/* SPDX-License-Identifier: Apache-2.0 */
/* What this conmon knows. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/program.h"
#include "lib/base/side_call.h"
#include "modules/oci/keeper/conmon.h"
#include "modules/oci/store/fields.h"

#define HELP_MAX 65536u

/* Another file at the same path has another first line. */
static char *first_line(krx_oci_job *job)
{
    struct stat st;
    const char *path = job->launch.conmon_path;
    if (stat(path, &st) < 0)
        return NULL;
    return krx_arena_printf(job->arena, "%s %" PRId64 " %" PRId64 ".%09ld\n", path,
                            (int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static bool ask(krx_oci_job *job)
{
    const char *const argv[] = {job->launch.conmon_path, "--help", NULL};
    krx_program help = {.argv = argv, .stdin_fd = -1, .stderr_fd = -1, .limit = HELP_MAX};
    krx_auto_str krx_str text = {0};
    krx_side_call side;
    int32_t status = -1;
    return krx_program_run(krx_side_call_init(&side, job->call), &help, &text, &status) == 0 &&
           strstr(krx_str_get(&text), "--log-rotate") &&
           strstr(krx_str_get(&text), "--log-max-files");
}

bool krx_oci_conmon_rotates(krx_oci_job *job)
{
    krx_side_call side;
    krx_auto_str krx_str known = {0};
    const char *path = krx_oci_run_path(job->arena, &job->store, "conmon.options", NULL, NULL);
    const char *line = first_line(job);
    if (!path || !line)
        return false;
    krx_call *own = krx_side_call_init(&side, job->call);
    if (krx_read_file(own, path, HELP_MAX, &known) == 0 &&
        krx_has_prefix(krx_str_get(&known), line))
        return strstr(krx_str_get(&known) + strlen(line), "rotate") != NULL;
    bool rotates = ask(job);
    const char *text = krx_arena_printf(job->arena, "%s%s\n", line, rotates ? "rotate" : "");
    if (text && krx_oci_replace(own, path, text) < 0)
        krx_log(job->call, KRX_LOG_WARN, "%s", side.error.message);
    return rotates;
}
