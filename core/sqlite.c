/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sqlite.h"

#include <dlfcn.h>
#include <string.h>

#include "lib/base/cleanup.h"

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
#define SYMBOL(name) {"sqlite3_" #name, offsetof(krx_sqlite, name)},
    KRX_SQLITE_TABLE(SYMBOL)
#undef SYMBOL
};

static int32_t fail_load(krx_call *call)
{
    const char *why = dlerror();
    krx_fail(call, KRX_E_FAILED_PRECONDITION, "SQLite can't be loaded: %s",
             why ? why : "the dynamic linker gives no reason");
    return krx_hint(call, "install the package that has %s", KRX_SQLITE_SONAME);
}

int32_t krx_sqlite_load(krx_call *call, krx_sqlite *sql)
{
    void *handle = dlopen(KRX_SQLITE_SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return fail_load(call);
    for (size_t i = 0; i < KRX_COUNT(symbols); i++) {
        void *found = dlsym(handle, symbols[i].name);
        if (!found)
            return fail_load(call);
        memcpy((char *)sql + symbols[i].offset, &found, sizeof found);
    }
    return 0;
}
