/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libFuzzer: runs a fuzz target on the files that are named. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    enum { LIMIT = 4 << 20 };
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    size_t size;

    if (!file) {
        perror(path);
        return 1;
    }
    data = malloc(LIMIT);
    if (!data) {
        perror("malloc");
        fclose(file);
        return 1;
    }
    size = fread(data, 1, LIMIT, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    int i, failed = 0;

    for (i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    printf("%d inputs replayed\n", argc - 1);
    return failed;
}
