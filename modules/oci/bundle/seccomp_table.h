/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: which system calls the default profile allows, and to whom. */
#ifndef KRX_OCI_SECCOMP_TABLE_H
#define KRX_OCI_SECCOMP_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Allowed always; names that a kernel or libseccomp does not know are passed over by runtimes. */
extern const char *const krx_oci_seccomp_always[];

/* Allowed in addition with one of these capabilities, or on these machines. */
typedef struct krx_oci_seccomp_more {
    const char *cap;     /* NULL: any */
    const char *machine; /* beginning of uname -m; NULL: all */
    const char *const *names;
} krx_oci_seccomp_more;
extern const krx_oci_seccomp_more krx_oci_seccomp_more_rows[];

/* What the profile's architecture words are; ended by one without machine. */
typedef struct krx_oci_seccomp_machine {
    const char *machine;
    const char *const *words;
} krx_oci_seccomp_machine;
extern const krx_oci_seccomp_machine krx_oci_seccomp_machines[];

/* Allowed when an argument is right, unless the capability already allows all of it. */
typedef struct krx_oci_seccomp_arg {
    const char *name;
    const char *unless; /* capability, or NULL */
    unsigned index;
    uint64_t value;
    uint64_t masked; /* of SCMP_CMP_MASKED_EQ */
    const char *op;
} krx_oci_seccomp_arg;
extern const krx_oci_seccomp_arg krx_oci_seccomp_args[];

#endif
