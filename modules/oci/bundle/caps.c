/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/bundle/caps.h"

#include <string.h>
#include <strings.h>
#include <sys/prctl.h>

#include "lib/base/str.h"

/* By number; the last column says who has it: D default, N what nested containers need. */
static const struct {
    const char *name;
    const char *sets;
} caps[KRX_OCI_CAPS_MAX] = {
    {"CHOWN", "DN"},
    {"DAC_OVERRIDE", "DN"},
    {"DAC_READ_SEARCH", ""},
    {"FOWNER", "DN"},
    {"FSETID", "DN"},
    {"KILL", "DN"},
    {"SETGID", "DN"},
    {"SETUID", "DN"},
    {"SETPCAP", "DN"},
    {"LINUX_IMMUTABLE", ""},
    {"NET_BIND_SERVICE", "DN"},
    {"NET_BROADCAST", ""},
    {"NET_ADMIN", "N"},
    {"NET_RAW", "DN"},
    {"IPC_LOCK", ""},
    {"IPC_OWNER", ""},
    {"SYS_MODULE", ""},
    {"SYS_RAWIO", ""},
    {"SYS_CHROOT", "DN"},
    {"SYS_PTRACE", "N"},
    {"SYS_PACCT", ""},
    {"SYS_ADMIN", "N"},
    {"SYS_BOOT", ""},
    {"SYS_NICE", ""},
    {"SYS_RESOURCE", "N"},
    {"SYS_TIME", ""},
    {"SYS_TTY_CONFIG", ""},
    {"MKNOD", "DN"},
    {"LEASE", ""},
    {"AUDIT_WRITE", "DN"},
    {"AUDIT_CONTROL", ""},
    {"SETFCAP", "DN"},
    {"MAC_OVERRIDE", ""},
    {"MAC_ADMIN", ""},
    {"SYSLOG", ""},
    {"WAKE_ALARM", ""},
    {"BLOCK_SUSPEND", ""},
    {"AUDIT_READ", ""},
    {"PERFMON", ""},
    {"BPF", ""},
    {"CHECKPOINT_RESTORE", ""},
};

#define ALL ((UINT64_C(1) << KRX_OCI_CAPS_MAX) - 1)

const char *krx_oci_cap_name(int number)
{
    return number >= 0 && number < KRX_OCI_CAPS_MAX ? caps[number].name : NULL;
}

int krx_oci_cap_number(const char *name)
{
    const char *bare = strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;
    for (int i = 0; i < KRX_OCI_CAPS_MAX; i++)
        if (strcasecmp(bare, caps[i].name) == 0)
            return i;
    return -1;
}

bool krx_oci_caps_has(const krx_oci_caps *have, const char *name)
{
    int number = krx_oci_cap_number(name);
    return number >= 0 && have->set >> number & 1;
}

static uint64_t set_of(char which)
{
    uint64_t set = 0;
    for (int i = 0; i < KRX_OCI_CAPS_MAX; i++)
        if (strchr(caps[i].sets, which))
            set |= UINT64_C(1) << i;
    return set;
}

static uint64_t named(const char *const *names)
{
    uint64_t set = 0;
    for (size_t i = 0; names && names[i]; i++) {
        int number = krx_oci_cap_number(names[i]);
        if (krx_strcaseeq(names[i], "ALL"))
            set = ALL;
        else if (number >= 0)
            set |= UINT64_C(1) << number;
    }
    return set;
}

/* A name that is dropped stays dropped beside `add: [ALL]`; one that is added stays beside
 * `drop: [ALL]`. */
krx_oci_caps krx_oci_caps_of(const krx_capabilities *wanted, bool nested)
{
    uint64_t base = set_of('D') | (nested ? set_of('N') : 0);
    uint64_t add = wanted ? named(wanted->add) : 0, drop = wanted ? named(wanted->drop) : 0;
    return (krx_oci_caps){drop == ALL ? add : add == ALL ? ALL & ~drop : (base & ~drop) | add};
}

krx_oci_caps krx_oci_caps_own(void)
{
    krx_oci_caps own = {0};
    for (int i = 0; i < KRX_OCI_CAPS_MAX; i++)
        if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
            own.set |= UINT64_C(1) << i;
    return own;
}
