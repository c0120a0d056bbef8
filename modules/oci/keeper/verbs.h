/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the keeper and the packer are called with. DIR is containers/<id>. Besides what
 * docs say, the module counts on this:
 *
 *   start DIR
 *       takes the lock itself, clears stop_asked; returns when the program runs
 *   start DIR --restore IMAGES [--restore-option OPTION]...
 *       the same, but the program goes on from the checkpoint in the folder IMAGES: conmon
 *       --restore IMAGES, each option passed on as --runtime-opt; there is no `runtime
 *       start` then, and the event is `restore`. A restart by policy later begins anew
 *   exited DIR
 *       by conmon. While it waits for the back-off the phase is WAITING, and a stop_asked
 *       that appears in container.json ends the wait within 100 ms: phase EXITED. With
 *       restart_asked it is started anew instead, at once and whatever its policy says;
 *       the lock is held from the note of the end until then
 *   reap DIR
 *       for a container whose end nobody noted: `runtime delete --force` (kills what is
 *       left of it), network, pasta, prober, mounts, cgroups; phase EXITED (REMOVING stays
 *       so). Nothing left to do is no error
 *   revive DIR
 *       for one that nobody looks after any more (krx_oci_container_lost): notes what
 *       runs, or reaps it; what its restart policy wants to run is waited for and started
 *       by a keeper that goes on alone, which is written when the answer comes. Nothing to
 *       do, or somebody who is at it, is no error
 *   remove DIR
 *       reap, then the folder itself (inside the user namespace when rootless), also one
 *       that is half removed or lacks container.json or launch.json; gone already is no
 *       error. Nobody but it deletes such a folder
 *   attach DIR
 *       for looking into what goes wrong: {"network": ..., "ip": ..., "ports": [...]}
 *   detach DIR
 *       takes back all that the network gave, however far it got
 *   probe DIR
 *       the probes of one run, until it ends; begun by start and exited
 *   run [--rootfs DIR] [--shed] [--view NETNS] [--inside PID] [--at-once] -- ARGV...
 *       becomes that command, in a mount namespace of its own: with the container's root
 *       file system on bundle/rootfs, without /sys/fs/cgroup/unified; or in the namespaces
 *       of that process
 *   connect DIR PORT
 *       between its stdin/stdout and that port in the container's network namespace, until
 *       both sides have ended. A failure: status 1 and the error's object on standard
 *       error
 *
 * and the packer with
 *
 *   changes DIR FILE [FOLDER]
 *       writes what the container changed in its root file system as the tar of a layer
 *       (what was deleted as .wh. files): of DIR/upper, else all of DIR/copy; or all of
 *       DIR/FOLDER. The container stands still. Answers {"entries": N, "bytes": N,
 *       "whole": BOOL}
 *   archive FILE FOLDER
 *       all that is in the folder as a tar (FILE ending in .gz or .zst: packed)
 *   unarchive FILE FOLDER
 *       the way back, into an empty folder: plain files and folders only
 *   bandwidth DIR EGRESS INGRESS
 *       bits per second, 0: no limit, -: as it is; the container runs
 *   unpack FOLDER DIFF_ID BYTES_MAX ENTRIES_MAX [--rootless]
 *       the blob is standard input; a DIFF_ID of "any" is not checked. Answers {"bytes": N,
 *       "entries": N, "diff_id": "sha256:..."}
 *   discard FOLDER
 *       removes it with all that is in it
 *   erase FOLDER LIST
 *       removes from it the paths of the JSON array in the file LIST
 *   plain FILE BYTES_MAX
 *       writes the tar of standard input, packed or not, plainly into the file
 */
#ifndef KRX_OCI_VERBS_H
#define KRX_OCI_VERBS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include <kranix/call.h>

#include "lib/base/arena.h"

/*
 * argv[0] is the verb. SIGTERM, SIGINT and SIGHUP cancel the call. What a verb adds to `answer` is
 * its answer; a failure is put into the answer by the caller. Logging goes to standard error.
 */
typedef int32_t krx_oci_verb_fn(krx_call *call, krx_arena *arena, int argc, char **argv,
                                cJSON *answer);

typedef struct krx_oci_verb {
    const char *name;
    krx_oci_verb_fn *run;
    int32_t least; /* arguments after the verb; fewer are INVALID_ARGUMENT */
    bool silent;   /* has no answer: standard output is its own */
    bool mapped;   /* without root it runs in a user namespace */
} krx_oci_verb;

/* Of this program; the last has no name. */
extern const krx_oci_verb krx_oci_verbs[];

#endif
