/* SPDX-License-Identifier: Apache-2.0 */
/* until TEXT PATTERN: waits until a file of that pattern holds the text; looks every 0.2 ms, as
 * programs that are started again and again to look would take time from what is measured. */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 200000

static int holds(const char *path, const char *text)
{
    char content[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, content, sizeof content - 1);
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return 0;
    content[n] = '\0';
    return strstr(content, text) != NULL;
}

int main(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    int found = 0;
    if (argc != 3)
        return fputs("usage: until TEXT PATTERN\n", stderr), 2;
    for (; !found; nanosleep(&pause, NULL)) {
        glob_t files;
        if (glob(argv[2], GLOB_NOSORT, NULL, &files) != 0)
            continue;
        for (size_t i = 0; !found && i < files.gl_pathc; i++)
            found = holds(files.gl_pathv[i], argv[1]);
        globfree(&files);
    }
    return 0;
}
