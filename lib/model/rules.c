/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/rules.h"
#include "lib/model/image.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "lib/model/image.h"

typedef const char *rule_function(krx_arena *arena, const char *text, const char **canonical);

static bool label(const char *text, size_t max)
{
    size_t n = strlen(text);
    if (n == 0 || n > max || text[0] == '-' || text[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') &&
            text[i] != '-')
            return false;
    return true;
}

static const char *rule_name(krx_arena *arena, const char *text, const char **canonical)
{
    (void)arena;
    (void)canonical;
    return label(text, 63) ? NULL
                           : "at most 63 lower-case letters, digits and '-', "
                             "with a letter or digit at both ends";
}

static const char *rule_portname(krx_arena *arena, const char *text, const char **canonical)
{
    (void)arena;
    (void)canonical;
    bool letter = false;
    for (const char *p = text; *p; p++)
        letter = letter || isalpha((unsigned char)*p);
    return letter && label(text, 15) && !strstr(text, "--")
               ? NULL
               : "at most 15 lower-case letters, digits and single '-', with a letter in it";
}

static bool address(const char *text)
{
    unsigned char raw[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1;
}

static const char *rule_ip(krx_arena *arena, const char *text, const char **canonical)
{
    (void)arena;
    (void)canonical;
    return address(text) ? NULL : "an IP address such as 127.0.0.1 or ::1";
}

static const char *rule_cron(krx_arena *arena, const char *text, const char **canonical)
{
    (void)arena;
    (void)canonical;
    return krx_rule_cron(text);
}

static const char *rule_image(krx_arena *arena, const char *text, const char **canonical)
{
    (void)arena;
    (void)canonical;
    size_t n = strlen(text);
    if (n == 64 && strspn(text, "0123456789abcdef") == 64)
        return NULL; /* an image id */
    krx_image_form form;
    const char *allowed = krx_image_form_read(text, &form);
    return allowed || form.kind != KRX_IMAGE_REFERENCE ? allowed : krx_rule_image(text);
}

#define ZONE_DIR "/usr/share/zoneinfo"

static bool zone_known(const char *text)
{
    char path[128], magic[4];
    if (access(ZONE_DIR "/UTC", R_OK) != 0 && access(ZONE_DIR "/Europe", R_OK) != 0)
        return true; /* no database here: the backend has the last word */
    (void)snprintf(path, sizeof path, ZONE_DIR "/%s", text);
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd >= 0 && read(fd, magic, sizeof magic) == 4 && memcmp(magic, "TZif", 4) == 0;
}

static const char *rule_timezone(krx_arena *arena, const char *text, const char **canonical)
{
    (void)arena;
    (void)canonical;
    static const char allowed[] = "an IANA time zone such as UTC or Europe/Berlin";
    size_t n = strlen(text);
    if (n == 0 || n > 64 || !isalpha((unsigned char)*text) || strstr(text, "//") ||
        text[n - 1] == '/')
        return allowed;
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("/_+-", *p))
            return allowed;
    return zone_known(text) ? NULL : allowed;
}

static const char *rule_abspath(krx_arena *arena, const char *text, const char **canonical)
{
    (void)arena;
    (void)canonical;
    static const char allowed[] = "a path that starts with '/' and has no '..' in it";
    if (*text != '/' || strlen(text) > 4095)
        return allowed;
    for (const char *p = text; (p = strstr(p, "/..")); p += 3)
        if (p[3] == '/' || p[3] == '\0')
            return allowed;
    return NULL;
}

static const char *const capabilities[] = {
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
};

static const char *rule_capability(krx_arena *arena, const char *text, const char **canonical)
{
    static const char allowed[] = "a Linux capability such as NET_ADMIN, or ALL";
    const char *bare = strncasecmp(text, "CAP_", 4) == 0 ? text + 4 : text;
    for (size_t i = 0; i < KRX_COUNT(capabilities); i++)
        if (strcasecmp(bare, capabilities[i]) == 0) {
            *canonical = capabilities[i];
            return NULL;
        }
    const char *near = krx_closest(bare, capabilities, KRX_COUNT(capabilities));
    const char *told =
        near ? krx_arena_printf(arena, "%s; did you mean '%s'?", allowed, near) : NULL;
    return told ? told : allowed;
}

static const char *const signals[] = {
    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1", "SEGV",
    "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN", "TTOU",
    "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
};

static bool small_number(const char *text, int low, int high)
{
    size_t n = strlen(text);
    if (n == 0 || n > 2 || strspn(text, "0123456789") != n)
        return false;
    int value = atoi(text);
    return value >= low && value <= high;
}

static const char *rule_signal(krx_arena *arena, const char *text, const char **canonical)
{
    const char *bare = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    if (bare == text && small_number(text, 1, 64))
        return NULL;
    for (size_t i = 0; i < KRX_COUNT(signals); i++)
        if (strcasecmp(bare, signals[i]) == 0) {
            *canonical = krx_arena_printf(arena, "SIG%s", signals[i]);
            return NULL;
        }
    if ((strncasecmp(bare, "RTMIN+", 6) == 0 && small_number(bare + 6, 0, 30)) ||
        (strncasecmp(bare, "RTMAX-", 6) == 0 && small_number(bare + 6, 0, 30))) {
        *canonical =
            krx_arena_printf(arena, "SIGRTM%s%s", toupper(bare[3]) == 'I' ? "IN" : "AX", bare + 5);
        return NULL;
    }
    return "a signal such as SIGTERM, QUIT, SIGRTMIN+3 or a number from 1 to 64";
}

static const char *rule_platform(krx_arena *arena, const char *text, const char **canonical)
{
    (void)arena;
    (void)canonical;
    unsigned slashes = 0, length = 0;
    bool fine = strlen(text) <= 64;
    for (const char *p = text; *p && fine; p++) {
        if (*p == '/') {
            fine = length > 0 && ++slashes <= 2;
            length = 0;
        } else {
            fine = islower((unsigned char)*p) || isdigit((unsigned char)*p) || strchr("_.-", *p);
            length++;
        }
    }
    return fine && slashes >= 1 && length > 0
               ? NULL
               : "os/architecture[/variant], such as linux/amd64 or linux/arm/v7";
}

static bool host_entry_name(const char *p, size_t n)
{
    if (n == 0 || n > 253)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)p[i]) && !strchr(".-_", p[i]))
            return false;
    return true;
}

static const char *rule_hostentry(krx_arena *arena, const char *text, const char **canonical)
{
    static const char allowed[] = "name:address, such as db:10.0.0.5, db:[::1] or up:host-gateway";
    size_t n = strcspn(text, ":=");
    char raw[64];
    if (!text[n] || !host_entry_name(text, n))
        return allowed;
    const char *p = text + n + 1;
    size_t length = strlen(p);
    if (length > 2 && *p == '[' && p[length - 1] == ']') {
        p++;
        length -= 2;
    }
    if (length >= sizeof raw)
        return allowed;
    (void)snprintf(raw, sizeof raw, "%.*s", (int)length, p);
    if (!address(raw) && strcmp(raw, "host-gateway") != 0)
        return allowed;
    *canonical = krx_arena_printf(arena, "%.*s:%s", (int)n, text, raw);
    return NULL;
}

/* A named namespace stays where it is: a path that could lead elsewhere is none. */
static const char *rule_network(krx_arena *arena, const char *text, const char **canonical)
{
    static const char *const modes[] = {"bridge", "host", "none"};
    for (size_t i = 0; i < KRX_COUNT(modes); i++)
        if (strcmp(text, modes[i]) == 0)
            return NULL;
    if (strncmp(text, "ns:", 3) == 0 && !rule_abspath(arena, text + 3, canonical))
        return NULL;
    return "bridge, host, none, or ns: and the absolute path of a network namespace";
}

static const char *rule_runtime(krx_arena *arena, const char *text, const char **canonical)
{
    size_t n = strlen(text);
    bool fine = n > 0 && n <= 128 && isalnum((unsigned char)text[0]);
    (void)arena;
    (void)canonical;
    for (size_t i = 0; i < n && fine; i++)
        fine = isalnum((unsigned char)text[i]) || strchr("._-", text[i]);
    return fine ? NULL : "the name of an OCI runtime, such as crun, runc or runsc";
}

#define NAME_PATTERN "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"

static const struct {
    const char *name;
    rule_function *check;
    const char *help;
    const char *pattern;
    const char *samples[2];
} rules[] = {
    {"@name",
     rule_name,
     "at most 63 lower-case letters, digits and `-`",
     NAME_PATTERN,
     {"web", "db-1"}},
    {"@portname",
     rule_portname,
     "at most 15 lower-case letters, digits and `-`",
     "^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$",
     {"http", "admin-2"}},
    {"@ip", rule_ip, "IPv4 or IPv6 address", NULL, {"127.0.0.1", "::1"}},
    {"@cron", rule_cron, "five cron fields", NULL, {"*/5 * * * *", "0 3 1,15 jan-jun mon-fri"}},
    {"@timezone",
     rule_timezone,
     "IANA time zone",
     "^[A-Za-z][A-Za-z0-9/_+-]*$",
     {"UTC", "Europe/Berlin"}},
    {"@image",
     rule_image,
     "image reference; on oci also `rootfs:/path`, `oci:/path[:tag]`, `oci-archive:/path`, "
     "`docker-archive:/path`",
     NULL,
     {"registry.example:5000/team/app:1.10", "nginx"}},
    {"@abspath", rule_abspath, "absolute path without `..`", "^/", {"/srv/data", "/var/x"}},
    {"@capability",
     rule_capability,
     "Linux capability, with or without `CAP_`",
     NULL,
     {"NET_ADMIN", "SYS_TIME"}},
    {"@signal", rule_signal, "name or number of a signal", NULL, {"SIGQUIT", "SIGRTMIN+3"}},
    {"@platform",
     rule_platform,
     "os/architecture[/variant]",
     "^[a-z0-9_.-]+/[a-z0-9_.-]+(/[a-z0-9_.-]+)?$",
     {"linux/amd64", "linux/arm/v7"}},
    {"@hostentry",
     rule_hostentry,
     "name:address",
     "^[A-Za-z0-9._-]+[:=].+$",
     {"db:10.0.0.5", "six:2001:db8::1"}},
    {"@network",
     rule_network,
     "`bridge`, `host`, `none` or `ns:/path`",
     "^(bridge|host|none|ns:/.*)$",
     {"bridge", "host"}},
    {"@runtime",
     rule_runtime,
     "name of an OCI runtime",
     "^[A-Za-z0-9][A-Za-z0-9._-]*$",
     {"crun", "runsc"}},
};

static size_t find(const char *rule)
{
    size_t i = 0;
    while (i < KRX_COUNT(rules) && strcmp(rules[i].name, rule) != 0)
        i++;
    return i;
}

const char *krx_rule_check(krx_arena *arena, const char *rule, const char *text,
                           const char **canonical)
{
    size_t i = find(rule);
    *canonical = NULL;
    return i < KRX_COUNT(rules) ? rules[i].check(arena, text, canonical)
                                : "nothing: the table names a rule that does not exist";
}

const char *krx_rule_help(const char *rule)
{
    size_t i = find(rule);
    return i < KRX_COUNT(rules) ? rules[i].help : NULL;
}

const char *krx_rule_sample(const char *rule, unsigned n)
{
    size_t i = find(rule);
    return i < KRX_COUNT(rules) ? rules[i].samples[n % 2] : NULL;
}

const char *krx_rule_pattern(const char *rule)
{
    size_t i = find(rule);
    return i < KRX_COUNT(rules) ? rules[i].pattern : NULL;
}
