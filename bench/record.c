/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record LISTEN-SOCKET REAL-SOCKET FOLDER
 *
 * Passes HTTP over unix sockets on and writes down each request: a line "METHOD PATH BODYFILE" in
 * FOLDER/requests ("-" for no body). So the bench lets curl do the very calls that kranix does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEADER_MAX = 65536 };

typedef struct parser {
    char header[HEADER_MAX];
    size_t used;
    size_t body_left;
    int body_fd; /* -1: between requests */
    const char *folder;
} parser;

static void die(const char *what)
{
    fprintf(stderr, "record: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int unix_socket(const char *path, struct sockaddr_un *at)
{
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at->sun_path) {
        errno = ENAMETOOLONG;
        die(path);
    }
    strcpy(at->sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    return fd;
}

static void write_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            exit(0);
        data += n;
        length -= (size_t)n;
    }
}

/* A whole header is there: note the request, open the file for its body. */
static void begin_request(parser *p)
{
    char body[512] = "-", line[HEADER_MAX + 600], path[512], method[16], target[HEADER_MAX];
    const char *length = strcasestr(p->header, "\r\ncontent-length:");
    p->body_left = length ? strtoul(length + 17, NULL, 10) : 0;
    p->body_fd = -1;
    if (p->body_left) {
        (void)snprintf(body, sizeof body, "%s/body-XXXXXX", p->folder);
        p->body_fd = mkostemp(body, O_CLOEXEC);
    }
    if (sscanf(p->header, "%15s %65535s", method, target) != 2)
        return;
    int n = snprintf(line, sizeof line, "%s %s %s\n", method, target, body);
    (void)snprintf(path, sizeof path, "%s/requests", p->folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        die(path);
    write_all(fd, line, (size_t)n);
    close(fd);
}

static void feed(parser *p, const char *data, size_t length)
{
    while (length) {
        if (p->body_left) {
            size_t n = length < p->body_left ? length : p->body_left;
            write_all(p->body_fd, data, n);
            data += n;
            length -= n;
            p->body_left -= n;
            if (!p->body_left)
                close(p->body_fd);
            continue;
        }
        if (p->used + 1 >= sizeof p->header)
            exit(1);
        p->header[p->used++] = *data++;
        p->header[p->used] = '\0';
        length--;
        if (p->used >= 4 && memcmp(p->header + p->used - 4, "\r\n\r\n", 4) == 0) {
            begin_request(p);
            p->used = 0;
        }
    }
}

static void pass(int client, int server, const char *folder)
{
    static parser p;
    char piece[65536];
    struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    p.folder = folder;
    while (poll(fds, 2, -1) > 0) {
        for (int i = 0; i < 2; i++) {
            if (!fds[i].revents)
                continue;
            ssize_t n = read(fds[i].fd, piece, sizeof piece);
            if (n <= 0)
                exit(0);
            if (i == 0)
                feed(&p, piece, (size_t)n);
            write_all(i == 0 ? server : client, piece, (size_t)n);
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un at;
    if (argc != 4) {
        fputs("usage: record LISTEN-SOCKET REAL-SOCKET FOLDER\n", stderr);
        return 2;
    }
    (void)signal(SIGCHLD, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    int listener = unix_socket(argv[1], &at);
    (void)unlink(argv[1]);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 64))
        die(argv[1]);
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        if (fork() == 0) {
            int server = unix_socket(argv[2], &at);
            if (connect(server, (struct sockaddr *)&at, sizeof at))
                die(argv[2]);
            pass(client, server, argv[3]);
            exit(0);
        }
        close(client);
    }
}
