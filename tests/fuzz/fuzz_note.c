/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module file: as they are, and with the first header made one of this machine. */
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "core/allow.h"
#include "core/note.h"
#include "lib/base/local_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static void require(int holds)
{
    if (!holds)
        abort();
}

static void read_note(const void *data, size_t size)
{
    krx_note note;
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    int32_t rc = krx_note_parse(&call, data, size, "x.so", &note);
    require(rc == error.code);
    require(rc == 0 || error.message[0]);
    if (rc == 0) {
        require(memchr(note.name, '\0', sizeof note.name) != NULL);
        require(memchr(note.version, '\0', sizeof note.version) != NULL);
        require(krx_module_name_valid(note.name));
        require(note.magic == KRX_NOTE_MAGIC);
    } else {
        require(note.name[0] == '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_note(data, size);
    if (size < sizeof(ElfW(Ehdr)))
        return 0;
    uint8_t *copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    memcpy(copy, &__ehdr_start, offsetof(ElfW(Ehdr), e_version));
    ElfW(Half) type = ET_DYN, entry = sizeof(ElfW(Phdr));
    memcpy(copy + offsetof(ElfW(Ehdr), e_type), &type, sizeof type);
    memcpy(copy + offsetof(ElfW(Ehdr), e_phentsize), &entry, sizeof entry);
    read_note(copy, size);
    free(copy);
    return 0;
}
