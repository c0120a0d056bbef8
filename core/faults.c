/* SPDX-License-Identifier: Apache-2.0 */
#include "core/faults.h"

#include <config.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#ifdef KRX_FAULTS

#define FAULT_TEXT_MAX 64

static int32_t code_of(const char *name, size_t length)
{
#define CODE_ROW(code, value, http, retry, text) {#code, value},
    static const struct {
        const char *name;
        int32_t code;
    } codes[] = {KRX_ERROR_TABLE(CODE_ROW)};
    for (size_t i = 0; i < KRX_COUNT(codes); i++)
        if (strlen(codes[i].name) == length && strncmp(codes[i].name, name, length) == 0)
            return codes[i].code;
    return KRX_E_INTERNAL;
}

static int32_t apply(krx_call *call, const char *op, const char *action)
{
    const char *open = strchr(action, '('), *end = strchr(action, ')');
    if (strcmp(action, "off") == 0)
        return 0;
    if (strcmp(action, "hang") == 0)
        for (;;)
            (void)pause();
    if (!open || !end || end < open)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "KRANIX_FAULTS: '%s' is no fault", action);
    if (strncmp(action, "delay(", 6) == 0)
        return krx_sleep(call, strtoll(open + 1, NULL, 10) * KRX_NS_PER_MS);
    if (strncmp(action, "error(", 6) == 0)
        return krx_fail(call, code_of(open + 1, (size_t)(end - open - 1)), "fault injected in %s",
                        op);
    return krx_fail(call, KRX_E_INVALID_ARGUMENT, "KRANIX_FAULTS: '%s' is no fault", action);
}

/* "driver.ping" fits "driver.ping", "driver.*" and "*". */
static int fits(const char *pattern, size_t length, const char *op)
{
    if (length && pattern[length - 1] == '*')
        return strncmp(pattern, op, length - 1) == 0;
    return strlen(op) == length && strncmp(pattern, op, length) == 0;
}

int32_t krx_fault_in(krx_call *call, const char *faults, const char *op)
{
    char action[FAULT_TEXT_MAX];
    for (const char *p = faults; *p;) {
        p += strspn(p, ", ");
        size_t length = strcspn(p, ", ");
        const char *name = strncmp(p, "op:", 3) == 0 ? p + 3 : p;
        const char *equals = memchr(p, '=', length);
        if (equals && fits(name, (size_t)(equals - name), op)) {
            size_t n = length - (size_t)(equals + 1 - p);
            n = n < sizeof action ? n : sizeof action - 1;
            memcpy(action, equals + 1, n);
            action[n] = '\0';
            return apply(call, op, action);
        }
        p += length;
    }
    return 0;
}

int32_t krx_fault(krx_call *call, const char *op)
{
    const char *faults = secure_getenv("KRANIX_FAULTS");
    return faults ? krx_fault_in(call, faults, op) : 0;
}

#else

int32_t krx_fault_in(krx_call *call, const char *faults, const char *op)
{
    (void)call, (void)faults, (void)op;
    return 0;
}

int32_t krx_fault(krx_call *call, const char *op)
{
    (void)call, (void)op;
    return 0;
}

#endif
