/* SPDX-License-Identifier: Apache-2.0 */
/* A Docker engine that answers what a script says, for what a real one can't be made to do. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <kranix/call.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "tests/fake/fake.h"

#define SCRIPT_MAX ((size_t)16 << 20)

static int usage(FILE *out, int code)
{
    fputs("Usage: fake-engine --listen unix:PATH|tcp:ADDRESS:PORT [--script FILE] [--log FILE]\n"
          "Prints \"listening ADDRESS\" when it is ready and runs until SIGTERM or SIGINT.\n"
          "The script is described in tests/fake/README.md.\n",
          out);
    return code;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"script", required_argument, NULL, 's'},
                                            {"log", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *listen_at = NULL, *script = NULL, *log_path = NULL, *why = NULL;
    krx_auto_str krx_str text = {0};
    krx_error error;
    krx_call call;
    sigset_t end;
    int got;
    while ((got = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (got == 'h')
            return usage(stdout, 0);
        if (got == '?')
            return usage(stderr, 2);
        *(got == 'l' ? &listen_at : got == 's' ? &script : &log_path) = optarg;
    }
    if (!listen_at || optind != argc)
        return usage(stderr, 2);
    krx_call_init(&call, &error);
    if (script && krx_read_file(&call, script, SCRIPT_MAX, &text) < 0) {
        fprintf(stderr, "fake-engine: %s\n", error.message);
        return 1;
    }
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    krx_fake *fake = krx_fake_start(listen_at, krx_str_get(&text), log_path, &why);
    if (!fake) {
        fprintf(stderr, "fake-engine: %s: %s\n", listen_at, why);
        return 1;
    }
    printf("listening %s\n", krx_fake_address(fake));
    fflush(stdout);
    (void)sigwait(&end, &got);
    krx_fake_stop(fake);
    return 0;
}
