/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_VERBS_H
#define KRX_OCI_VERBS_H

/* argv[0] is the verb. Answers the exit status. */
typedef struct krx_oci_verb {
    const char *name;
    int (*run)(int argc, char **argv);
} krx_oci_verb;

#endif
