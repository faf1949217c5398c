/* Records what a process does to the files below a directory, in order, so that a power loss can be simulated later.
 *
 * Preloaded (LD_PRELOAD) into a program on Rust's std, which reaches the kernel through these libc symbols.
 *   VIDIMUS_TRACE             the trace, appended to (several runs make one history)
 *   VIDIMUS_TRACE_ROOT        the directory; absolute, without symbolic links
 *   VIDIMUS_TRACE_KILL_AFTER  SIGKILL itself after that many records: the trace then holds exactly what was done
 * What is written to standard output is recorded as a mark: that is where the program says what it acknowledged.
 * One lock is held over each call and its record, so the order of the records is the order of the calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, FSYNC, FDATASYNC, RENAME, UNLINK, MKDIR, MARK, SYNC_RANGE, UNKNOWN };

struct record {
    uint32_t kind, fill, path_len, path2_len;
    uint64_t ino, offset, len, data_len;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static char root[PATH_MAX];
static size_t root_len;
static long left = -1;

__attribute__((constructor)) static void start(void) {
    const char *file = getenv("VIDIMUS_TRACE"), *dir = getenv("VIDIMUS_TRACE_ROOT");
    const char *kill_after = getenv("VIDIMUS_TRACE_KILL_AFTER");
    if (!file || !dir || strlen(dir) >= sizeof root) return;
    strcpy(root, dir);
    root_len = strlen(root);
    if (kill_after) left = atol(kill_after);
    trace = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (trace < 0) abort();
}

static int below(const char *path) {
    return trace >= 0 && !strncmp(path, root, root_len) && (path[root_len] == '/' || !path[root_len]);
}

/* The path of a file descriptor that is below the root; 0 if it is not. */
static int path_of(int fd, char *path) {
    char link[64];
    if (trace < 0 || fd < 0) return 0;
    strcpy(link, "/proc/self/fd/");
    char digits[16], *at = digits + sizeof digits;
    *--at = 0;
    do *--at = '0' + fd % 10; while (fd /= 10);
    strcat(link, at);
    ssize_t len = readlink(link, path, PATH_MAX - 1);
    if (len <= 0) return 0;
    path[len] = 0;
    return below(path);
}

static uint64_t ino_of(int fd) {
    struct stat st;
    return fstat(fd, &st) ? 0 : st.st_ino;
}

static void put(const void *bytes, size_t len) {
    for (const char *at = bytes; len;) {
        long n = syscall(SYS_write, trace, at, len);
        if (n <= 0) abort();
        at += n;
        len -= n;
    }
}

static void record(uint32_t kind, const char *path, const char *path2, uint64_t ino, uint64_t offset, const void *data,
                   uint64_t len) {
    int saved = errno;
    const char *bytes = data;
    struct record r = { kind, 0, strlen(path), strlen(path2), ino, offset, len, data ? len : 0 };
    /* sled wipes what is left of a segment when it opens: one byte stands for all. */
    if (data && len > 64 && !memcmp(bytes, bytes + 1, len - 1)) r.fill = 1, r.data_len = 1;
    put(&r, sizeof r);
    put(path, r.path_len);
    put(path2, r.path2_len);
    put(bytes, r.data_len);
    if (left > 0 && !--left) syscall(SYS_kill, getpid(), SIGKILL), pause();
    errno = saved;
}

#define HELD(body) do { pthread_mutex_lock(&lock); body; pthread_mutex_unlock(&lock); } while (0)

static int open_at(int dir, const char *path, int flags, mode_t mode) {
    if (path[0] != '/' || !below(path)) return syscall(SYS_openat, dir, path, flags, mode);
    int fd;
    HELD({
        struct stat st;
        int there = !lstat(path, &st);
        fd = syscall(SYS_openat, dir, path, flags, mode);
        if (fd >= 0 && !there) record(CREATE, path, "", ino_of(fd), 0, NULL, 0);
        else if (fd >= 0 && flags & O_TRUNC) record(TRUNCATE, path, "", ino_of(fd), 0, NULL, 0);
    });
    return fd;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list a; va_start(a, flags); mode = va_arg(a, mode_t); va_end(a); }
int open(const char *path, int flags, ...) { MODE return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_at(AT_FDCWD, path, flags, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE return open_at(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE return open_at(dir, path, flags, mode); }

static ssize_t write_at(int fd, const void *data, size_t len, off_t offset, int at_cursor) {
    char path[PATH_MAX];
    int mine = path_of(fd, path), mark = trace >= 0 && fd == 1;
    if (!mine && !mark)
        return at_cursor ? syscall(SYS_write, fd, data, len) : syscall(SYS_pwrite64, fd, data, len, offset);
    ssize_t n;
    HELD({
        if (at_cursor && mine) offset = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
        n = at_cursor ? syscall(SYS_write, fd, data, len) : syscall(SYS_pwrite64, fd, data, len, offset);
        if (n > 0) record(mark ? MARK : WRITE, mark ? "" : path, "", ino_of(fd), offset, data, n);
    });
    return n;
}

/* A vectored write may be short: the first part that is not empty is enough of an answer. */
static const struct iovec *first_of(const struct iovec *parts, int count) {
    while (count > 1 && !parts->iov_len) parts++, count--;
    return parts;
}

ssize_t write(int fd, const void *data, size_t len) { return write_at(fd, data, len, 0, 1); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t at) { return write_at(fd, data, len, at, 0); }
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at) { return write_at(fd, data, len, at, 0); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
    parts = first_of(parts, count);
    return count < 1 ? 0 : write_at(fd, parts->iov_base, parts->iov_len, 0, 1);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    parts = first_of(parts, count);
    return count < 1 ? 0 : write_at(fd, parts->iov_base, parts->iov_len, at, 0);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return pwritev(fd, parts, count, at); }

/* A call on a descriptor: done, and recorded where it worked and the file is below the root. */
#define ON_FD(call, kind, offset, len) \
    char path[PATH_MAX]; \
    int mine = path_of(fd, path); \
    long done; \
    HELD(done = (call); if (mine && !done) record(kind, path, "", ino_of(fd), offset, NULL, len)); \
    return done

int fsync(int fd) { ON_FD(syscall(SYS_fsync, fd), FSYNC, 0, 0); }
int fdatasync(int fd) { ON_FD(syscall(SYS_fdatasync, fd), FDATASYNC, 0, 0); }
int ftruncate(int fd, off_t len) { ON_FD(syscall(SYS_ftruncate, fd, len), TRUNCATE, 0, len); }
int ftruncate64(int fd, off64_t len) { ON_FD(syscall(SYS_ftruncate, fd, len), TRUNCATE, 0, len); }
int sync_file_range(int fd, off64_t at, off64_t len, unsigned how) {
    ON_FD(syscall(SYS_sync_file_range, fd, at, len, how), SYNC_RANGE, at, len);
}
int fallocate(int fd, int mode, off_t at, off_t len) { ON_FD(syscall(SYS_fallocate, fd, mode, at, len), UNKNOWN, at, len); }
int fallocate64(int fd, int mode, off64_t at, off64_t len) { return fallocate(fd, mode, at, len); }
int posix_fallocate(int fd, off_t at, off_t len) { return fallocate(fd, 0, at, len) ? errno : 0; }
int posix_fallocate64(int fd, off64_t at, off64_t len) { return fallocate(fd, 0, at, len) ? errno : 0; }

/* A call on a path. */
#define ON_PATH(call, kind, path, path2) \
    long done; \
    HELD(done = (call); if (!done && (below(path) || below(path2))) record(kind, path, path2, 0, 0, NULL, 0)); \
    return done

int rename(const char *from, const char *to) { ON_PATH(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0), RENAME, from, to); }
int unlink(const char *path) { ON_PATH(syscall(SYS_unlinkat, AT_FDCWD, path, 0), UNLINK, path, ""); }
int mkdir(const char *path, mode_t mode) { ON_PATH(syscall(SYS_mkdirat, AT_FDCWD, path, mode), MKDIR, path, ""); }
/* Not modelled by the replayer, which fails when it meets them. */
int rmdir(const char *path) { ON_PATH(syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR), UNKNOWN, path, ""); }
int link(const char *from, const char *to) { ON_PATH(syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0), UNKNOWN, from, to); }
int symlink(const char *from, const char *to) { ON_PATH(syscall(SYS_symlinkat, from, AT_FDCWD, to), UNKNOWN, to, ""); }
