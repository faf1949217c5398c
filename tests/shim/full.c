/* A disk that is full: writes below a directory fail with ENOSPC once a budget is used up.
 *
 *   VIDIMUS_FULL_ROOT     the directory; absolute, without symbolic links
 *   VIDIMUS_FULL_CONTROL  a file with the budget in bytes, in decimal; read again at every write
 * Every byte that is written counts, also where it overwrites another, as on a copy-on-write file system. Like a real
 * disk it takes what still fits and answers with a short write. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *control;
static long long used;

__attribute__((constructor)) static void start(void) {
    root = getenv("VIDIMUS_FULL_ROOT");
    control = getenv("VIDIMUS_FULL_CONTROL");
}

static int below(int fd) {
    char link[64] = "/proc/self/fd/", path[PATH_MAX], digits[16], *at = digits + sizeof digits;
    if (!root || !control || fd < 0) return 0;
    *--at = 0;
    do *--at = '0' + fd % 10; while (fd /= 10);
    strcat(link, at);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len <= 0) return 0;
    path[len] = 0;
    return !strncmp(path, root, strlen(root)) && path[strlen(root)] == '/';
}

static long long budget(void) {
    char text[32] = "";
    int fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) abort();
    if (syscall(SYS_read, fd, text, sizeof text - 1) < 0) abort();
    syscall(SYS_close, fd);
    return atoll(text);
}

static ssize_t write_at(int fd, const void *data, size_t len, off_t offset, int at_cursor) {
    int mine = below(fd);
    ssize_t n;
    if (mine) {
        pthread_mutex_lock(&lock);
        long long room = budget() - used;
        if (room <= 0 && len) {
            pthread_mutex_unlock(&lock);
            errno = ENOSPC;
            return -1;
        }
        if ((long long)len > room) len = room;
    }
    n = at_cursor ? syscall(SYS_write, fd, data, len) : syscall(SYS_pwrite64, fd, data, len, offset);
    if (mine) {
        if (n > 0) used += n;
        pthread_mutex_unlock(&lock);
    }
    return n;
}

ssize_t write(int fd, const void *data, size_t len) { return write_at(fd, data, len, 0, 1); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t at) { return write_at(fd, data, len, at, 0); }
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at) { return write_at(fd, data, len, at, 0); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
    while (count > 1 && !parts->iov_len) parts++, count--;
    return count < 1 ? 0 : write_at(fd, parts->iov_base, parts->iov_len, 0, 1);
}
