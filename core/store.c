/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sqlite.h"
#include "core/turn.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/str.h"

/* How long another process may hold the file when the call has no nearer deadline. */
#define BUSY_MAX_NS (10 * KRX_NS_PER_S)
#define BUSY_STEP_NS (5 * KRX_NS_PER_MS)

struct krx_store {
    char *dir;
    char *file;
    krx_turn turn;
    krx_sqlite sql; /* filled when the file is opened */
    sqlite3 *db;
    krx_call *call; /* the one that waits for a busy file */
    int64_t busy_until_ns;
};

/* Step n brings version n to n + 1. Only appended to. */
static const char *const migrations[] = {
    "CREATE TABLE kv (space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " changed_ns INTEGER NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID;",
};

char *krx_state_dir(const char *wanted)
{
    if (!krx_blank(wanted))
        return krx_format("%s", wanted);
    const char *root = krx_paths_get()->state_dir;
    if (geteuid() == 0)
        return krx_format("%s", root);
    const char *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
    if (state && state[0] == '/')
        return krx_format("%s/kranix", state);
    return home && home[0] == '/' ? krx_format("%s/.local/state/kranix", home)
                                  : krx_format("%s", root);
}

krx_store *krx_store_new(const char *dir)
{
    krx_store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->dir = krx_format("%s", dir);
    store->file = krx_format("%s/" KRX_STORE_FILE, dir);
    if (store->dir && store->file && krx_turn_init(&store->turn) == 0)
        return store;
    free(store->dir);
    free(store->file);
    free(store);
    return NULL;
}

void krx_store_free(krx_store *store)
{
    if (!store)
        return;
    if (store->db)
        (void)store->sql.close(store->db);
    krx_turn_destroy(&store->turn);
    free(store->dir);
    free(store->file);
    free(store);
}

static int32_t fail_sql(krx_call *call, krx_store *store, int code, const char *what)
{
    const char *why = store->db ? store->sql.errmsg(store->db) : store->sql.errstr(code);
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        krx_fail(call, KRX_E_DATA_LOSS, "the state file %s is damaged (%s): %s", store->file, what,
                 why);
        return krx_hint(call,
                        "put a backup in its place, or move it away to start with none: "
                        "mv %s %s.damaged",
                        store->file, store->file);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        if (krx_check(call) < 0)
            return krx_wrap(call, "waiting for the state file %s", store->file);
        krx_fail(call, KRX_E_UNAVAILABLE, "the state file %s is in use by another process",
                 store->file);
        return krx_hint(call, "try again; see who has it open with: fuser -v %s", store->file);
    case SQLITE_FULL:
    case SQLITE_NOMEM:
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "%s in the state file %s: %s", what,
                        store->file, why);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "%s in the state file %s: %s", what,
                        store->file, why);
    default:
        return krx_fail(call, KRX_E_INTERNAL, "%s in the state file %s: %s", what, store->file,
                        why);
    }
}

/* SQLite asks whether to try again. */
static int still_patient(void *ctx, int tries)
{
    krx_store *store = ctx;
    (void)tries;
    if (krx_now_monotonic() >= store->busy_until_ns)
        return 0;
    return krx_sleep(store->call, BUSY_STEP_NS) == 0;
}

static int32_t check_dir(krx_call *call, const krx_store *store)
{
    struct stat st;
    if (krx_make_dirs(call, store->dir, 0700) < 0)
        return krx_wrap(call, "the state folder");
    if (stat(store->dir, &st) < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "the state folder %s: %s", store->dir,
                        strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return krx_fail(call, KRX_E_FAILED_PRECONDITION, "the state folder %s is no folder",
                        store->dir);
    if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))) {
        krx_fail(call, KRX_E_PERMISSION_DENIED,
                 "the state folder %s belongs to or can be written by another user", store->dir);
        return krx_hint(call, "chown it to this user and: chmod 700 %s", store->dir);
    }
    return 0;
}

/* Makes the file with the right mode; SQLite gives its -wal and -shm the same. */
static int32_t make_file(krx_call *call, const krx_store *store)
{
    int fd = open(store->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "the state file %s: %s", store->file,
                        strerror(errno));
    close(fd);
    return 0;
}

static int exec_sql(krx_store *store, const char *sql)
{
    return store->sql.exec(store->db, sql, NULL, NULL, NULL);
}

/* The one row and column of a query, as a number. */
static int query_number(krx_store *store, const char *sql, int64_t *value)
{
    sqlite3_stmt *query = NULL;
    int code = store->sql.prepare_v2(store->db, sql, -1, &query, NULL);
    if (code == SQLITE_OK)
        code = store->sql.step(query);
    if (code == SQLITE_ROW) {
        *value = store->sql.column_int64(query, 0);
        code = SQLITE_OK;
    } else if (code == SQLITE_DONE) {
        *value = 0;
        code = SQLITE_OK;
    }
    (void)store->sql.finalize(query);
    return code;
}

static int32_t migrate(krx_call *call, krx_store *store)
{
    int64_t version = 0;
    int code = exec_sql(store, "BEGIN IMMEDIATE;"
                               "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER);");
    if (code == SQLITE_OK)
        code = query_number(store, "SELECT max(version) FROM schema_version", &version);
    if (code == SQLITE_OK && (uint64_t)version > KRX_COUNT(migrations)) {
        (void)exec_sql(store, "ROLLBACK");
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "the state file %s has version %lld, this program knows up to %zu: it was "
                 "written by a newer one",
                 store->file, (long long)version, KRX_COUNT(migrations));
        return krx_hint(call, "use that newer program, or other state with --state-dir DIR");
    }
    for (size_t i = (size_t)version; i < KRX_COUNT(migrations) && code == SQLITE_OK; i++) {
        char record[96];
        (void)snprintf(record, sizeof record, "INSERT INTO schema_version VALUES (%zu);", i + 1);
        code = exec_sql(store, migrations[i]);
        if (code == SQLITE_OK)
            code = exec_sql(store, record);
    }
    if (code == SQLITE_OK)
        code = exec_sql(store, "COMMIT");
    if (code == SQLITE_OK)
        return 0;
    int32_t failed = fail_sql(call, store, code, "preparing the tables");
    (void)exec_sql(store, "ROLLBACK");
    return failed;
}

static int32_t open_db(krx_call *call, krx_store *store)
{
    int64_t version = 0;
    int code = store->sql.open_v2(
        store->file, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
        NULL);
    if (code == SQLITE_OK)
        code = store->sql.busy_handler(store->db, still_patient, store);
    if (code == SQLITE_OK)
        code = exec_sql(store, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                               "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
    if (code == SQLITE_OK &&
        query_number(store, "SELECT max(version) FROM schema_version", &version) == SQLITE_OK &&
        version == (int64_t)KRX_COUNT(migrations))
        return 0;
    return code == SQLITE_OK ? migrate(call, store) : fail_sql(call, store, code, "opening");
}

static int32_t ensure_open(krx_call *call, krx_store *store)
{
    if (store->db)
        return 0;
    int32_t code = check_dir(call, store);
    if (code == 0)
        code = make_file(call, store);
    if (code == 0)
        code = krx_sqlite_load(call, &store->sql);
    if (code == 0)
        code = open_db(call, store);
    if (code && store->db) {
        (void)store->sql.close(store->db);
        store->db = NULL;
    }
    return code;
}

/* Takes the lock within the call's limits and opens the file. */
static int32_t begin(krx_call *call, krx_store *store, const char *space, const char *key)
{
    static const bool patient = false;
    int64_t limit = krx_now_monotonic() + BUSY_MAX_NS;
    if (krx_blank(space) || krx_blank(key) || strlen(key) > KRX_STORE_KEY_MAX)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "a stored value needs a space and a key of 1 to %u bytes",
                        KRX_STORE_KEY_MAX);
    if (call->deadline_ns < limit)
        limit = call->deadline_ns;
    if (krx_turn_take(&store->turn, "store", limit, &patient)) {
        int32_t code = krx_check(call);
        return code ? code
                    : krx_fail(call, KRX_E_UNAVAILABLE, "the state file %s is busy", store->file);
    }
    store->call = call;
    store->busy_until_ns = limit;
    int32_t code = ensure_open(call, store);
    if (code)
        krx_turn_give_back(&store->turn);
    return code;
}

static int bind(const krx_store *store, sqlite3_stmt *statement, const char *space, const char *key,
                const char *value)
{
    int code = store->sql.bind_text(statement, 1, space, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = store->sql.bind_text(statement, 2, key, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && value)
        code = store->sql.bind_text(statement, 3, value, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && value)
        code = store->sql.bind_int64(statement, 4, krx_now_unix());
    return code;
}

/* The value, to be freed, in *out; NULL when there is none. */
static int fetch(krx_store *store, const char *space, const char *key, char **out)
{
    sqlite3_stmt *query = NULL;
    int code = store->sql.prepare_v2(store->db, "SELECT value FROM kv WHERE space = ? AND key = ?",
                                     -1, &query, NULL);
    if (code == SQLITE_OK)
        code = bind(store, query, space, key, NULL);
    if (code == SQLITE_OK)
        code = store->sql.step(query);
    if (code == SQLITE_ROW) {
        const unsigned char *text = store->sql.column_text(query, 0);
        *out = text ? strdup((const char *)text) : NULL;
        code = *out ? SQLITE_OK : SQLITE_NOMEM;
    } else if (code == SQLITE_DONE) {
        code = SQLITE_OK;
    }
    (void)store->sql.finalize(query);
    return code;
}

int32_t krx_store_read(krx_call *call, krx_store *store, const char *space, const char *key,
                       krx_sink *out)
{
    krx_autofree char *value = NULL;
    int32_t failed = begin(call, store, space, key);
    if (failed)
        return failed;
    int code = fetch(store, space, key, &value);
    if (code != SQLITE_OK)
        failed = fail_sql(call, store, code, "reading");
    krx_turn_give_back(&store->turn);
    if (failed)
        return failed;
    if (!value)
        return krx_fail(call, KRX_E_NOT_FOUND, "nothing is stored as '%s'", key);
    krx_text text = {.struct_size = sizeof text, .text = value};
    return krx_emit(out, KRX_ITEM_TEXT, &text);
}

int32_t krx_store_write(krx_call *call, krx_store *store, const char *space, const char *key,
                        const char *value)
{
    if (value && strlen(value) > KRX_STORE_VALUE_MAX)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "the value of '%s' is larger than %u KiB",
                        key ? key : "", KRX_STORE_VALUE_MAX / 1024);
    int32_t failed = begin(call, store, space, key);
    if (failed)
        return failed;
    sqlite3_stmt *change = NULL;
    int code = store->sql.prepare_v2(store->db,
                                     value ? "INSERT OR REPLACE INTO kv VALUES (?, ?, ?, ?)"
                                           : "DELETE FROM kv WHERE space = ? AND key = ?",
                                     -1, &change, NULL);
    if (code == SQLITE_OK)
        code = bind(store, change, space, key, value);
    if (code == SQLITE_OK)
        code = store->sql.step(change);
    (void)store->sql.finalize(change);
    if (code != SQLITE_DONE)
        failed = fail_sql(call, store, code, "writing");
    krx_turn_give_back(&store->turn);
    return failed;
}
