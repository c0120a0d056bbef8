/* SPDX-License-Identifier: Apache-2.0 */
/* What libarchive hands out goes with its scope. */
#ifndef KRX_OCI_OWNED_H
#define KRX_OCI_OWNED_H

#include <archive.h>
#include <archive_entry.h>

#include "lib/base/cleanup.h"

KRX_DEFINE_CLEANUP(archive_write, struct archive, archive_write_free)
KRX_DEFINE_CLEANUP(archive_read, struct archive, archive_read_free)
KRX_DEFINE_CLEANUP(archive_entry, struct archive_entry, archive_entry_free)
#define auto_writer KRX_CLEANUP(krx_cleanup_archive_write_)
#define auto_reader KRX_CLEANUP(krx_cleanup_archive_read_)
#define auto_entry KRX_CLEANUP(krx_cleanup_archive_entry_)

#endif
