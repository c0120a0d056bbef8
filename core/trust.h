/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a file may be believed: nobody but root and the user that the process runs as may have
 * written it, or moved something else to its place.
 *
 * Every component of the absolute path, from "/" on, is a real folder (no symlink) that is owned by
 * root or by the effective user and not writable by group or others; so is the file. One exception:
 * a folder like /tmp (owned by root, sticky) may be writable by all, for its entries can only be
 * moved by their owners, and the next component is checked.
 */
#ifndef KRX_CORE_TRUST_H
#define KRX_CORE_TRUST_H

#include <sys/stat.h>

#include <kranix/call.h>

/*
 * Opens a file for reading after these checks; the descriptor is of the very file that was checked.
 * KRX_E_NOT_FOUND when a component does not exist, KRX_E_PERMISSION_DENIED with the component, what
 * is wrong with it and what to do.
 */
int32_t krx_trust_open_file(krx_call *call, const char *path, int *fd);
/* The same for a folder, for fdopendir(). */
int32_t krx_trust_open_dir(krx_call *call, const char *path, int *fd);

/*
 * The judgement alone, on a component that looks like *st, for a process of user `user`: must it be
 * a folder or a regular file, and may it be a sticky folder that all may write to?
 */
int32_t krx_trust_judge(krx_call *call, const char *path, const struct stat *st, uint32_t user,
                        int is_folder, int sticky_is_ok);

#endif
