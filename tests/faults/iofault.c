/* An LD_PRELOAD shim that counts, records and breaks the disk calls a process makes under one folder.
 *
 * Python drives it at run time through ctypes.CDLL(None) (see fault_shim.py), so that a fault hits the operation under
 * test and never the interpreter's own start. A process can also be armed from outside by IOFAULT_DIR, IOFAULT_LOG and
 * IOFAULT_PLAN="mask:nth:mode:errno:repeat:keep".
 *
 * The shim keeps no table of descriptors: /proc/self/fd and F_GETFL say at each call what a descriptor is, so dup, fork
 * and descriptors that were open before the scope was set cannot confuse it. It calls the kernel by number and never the
 * C library's own wrappers, so no symbol look-up can fail half-way.
 *
 * Not seen: writes through a shared mapping (msync is counted and can fail, its data is not recorded), stdio's own
 * writes and io_uring. powerloss.py compares the recording with the real folder and refuses one that missed something.
 */
#include "iofault.h"

/* ---- calls without data: one shape for all ---- */

struct call {
    int op;
    long number, a, b, c, d, e;
    const char *path, *path2;
    int fd; /* -1 for calls by path */
    int64_t offset, length;
    int flags;
};

static long run(struct call *call)
{
    return syscall(call->number, call->a, call->b, call->c, call->d, call->e);
}

static long perform(struct call *call)
{
    pthread_mutex_lock(&lock);
    struct strike strike = count(call->op);
    long result, truth = -1;
    if (fails_before(strike)) {
        errno = strike.error;
        result = -1;
    } else {
        truth = strike.mode == MODE_KILL_TORN ? 0 : run(call);
        result = aftermath(strike, truth);
    }
    struct header head = head_of(call->op, strike, result);
    /* A name or a size that did change is recorded as changed, whatever the caller was told; a sync which reported an
     * error is recorded as failed, so that the enumerator may not rely on it. */
    if (truth >= 0 && call->op != OP_SYNC)
        head.flags &= ~FLAG_FAILED;
    int is_folder = 0;
    if (call->fd >= 0)
        head.inode = inode_of(call->fd, &is_folder);
    head.flags |= call->flags | (is_folder ? FLAG_FOLDER : 0);
    head.offset = call->offset;
    head.length = call->length;
    record(head, call->path, call->path2, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

/* ---- open ---- */

static int do_open(int folder, const char *name, int flags, mode_t mode)
{
    char room[PATH_MAX];
    const char *path = path_at(folder, name, room);
    if (path == NULL)
        return syscall(SYS_openat, folder, name, flags, mode);
    pthread_mutex_lock(&lock);
    struct strike strike = count(OP_OPEN);
    struct stat facts;
    int kept = errno;
    int fresh = (flags & O_CREAT) && fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0;
    errno = kept;
    long fd;
    if (fails_before(strike)) {
        errno = strike.error;
        fd = -1;
    } else {
        fd = syscall(SYS_openat, folder, name, flags, mode);
    }
    struct header head = head_of(OP_OPEN, strike, fd);
    if (fd >= 0) {
        int is_folder;
        head.inode = inode_of(fd, &is_folder);
        head.flags |= (fresh ? FLAG_CREATED : 0) | (is_folder ? FLAG_FOLDER : 0) | (flags & O_TRUNC ? FLAG_EMPTIED : 0);
    }
    record(head, path, NULL, NULL, 0);
    long result = aftermath(strike, fd);
    if (result < 0 && fd >= 0) {
        int error = errno;
        syscall(SYS_close, fd);
        errno = error;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

#define OPEN_MODE(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

EXPORT int open(const char *path, int flags, ...) { OPEN_MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
EXPORT int open64(const char *path, int flags, ...) { OPEN_MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
EXPORT int openat(int at, const char *path, int flags, ...) { OPEN_MODE(flags, mode) return do_open(at, path, flags, mode); }
EXPORT int openat64(int at, const char *path, int flags, ...) { OPEN_MODE(flags, mode) return do_open(at, path, flags, mode); }
EXPORT int __open_2(const char *path, int flags) { return do_open(AT_FDCWD, path, flags, 0); }
EXPORT int __open64_2(const char *path, int flags) { return do_open(AT_FDCWD, path, flags, 0); }
EXPORT int __openat_2(int at, const char *path, int flags) { return do_open(at, path, flags, 0); }
EXPORT int __openat64_2(int at, const char *path, int flags) { return do_open(at, path, flags, 0); }
EXPORT int creat(const char *path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
EXPORT int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* ---- write ---- */

static long write_now(int fd, const struct iovec *parts, int number, off_t at)
{
    return at < 0 ? syscall(SYS_writev, fd, parts, number) : syscall(SYS_pwritev, fd, parts, number, at, 0L);
}

/* The first `keep` bytes of a vector; a torn write keeps half, in whole sectors when there are several. */
static int cut(const struct iovec *parts, int number, size_t keep, struct iovec *out)
{
    int used = 0;
    for (; used < number && keep > 0; used++) {
        out[used] = parts[used];
        if (out[used].iov_len > keep)
            out[used].iov_len = keep;
        keep -= out[used].iov_len;
    }
    return used;
}

static size_t kept_bytes(long keep, size_t total)
{
    if (keep >= 0)
        return (size_t)keep < total ? (size_t)keep : total;
    size_t half = total / 2;
    return half >= SECTOR_BYTES ? half - half % SECTOR_BYTES : half;
}

static int is_torn(int mode)
{
    return mode == MODE_SHORT || mode == MODE_TORN || mode == MODE_KILL_TORN;
}

static off_t size_of(int fd)
{
    struct stat facts;
    return fstat(fd, &facts) == 0 ? facts.st_size : 0;
}

static long do_write(int fd, const struct iovec *parts, int number, off_t at)
{
    char room[PATH_MAX];
    const char *path = scope_bytes && fd != log_fd ? path_of_fd(fd, room) : NULL;
    if (path == NULL || number > VECTORS_MAX)
        return write_now(fd, parts, number, at);
    pthread_mutex_lock(&lock);
    struct strike strike = count(OP_WRITE);
    size_t total = 0;
    for (int i = 0; i < number; i++)
        total += parts[i].iov_len;
    int status = syscall(SYS_fcntl, fd, F_GETFL);
    off_t offset = at;
    if (status & O_APPEND)
        offset = size_of(fd);
    else if (at < 0)
        offset = syscall(SYS_lseek, fd, 0L, SEEK_CUR);
    long done = -1, result;
    if (fails_before(strike)) {
        errno = strike.error;
        result = -1;
    } else if (is_torn(strike.mode)) {
        static struct iovec some[VECTORS_MAX];
        done = write_now(fd, some, cut(parts, number, kept_bytes(strike.keep, total), some), at);
        result = aftermath(strike, done);
    } else {
        done = write_now(fd, parts, number, at);
        result = aftermath(strike, done);
    }
    struct header head = head_of(OP_WRITE, strike, result);
    if (status & O_DSYNC) /* O_SYNC holds this bit too */
        head.flags |= FLAG_DSYNC;
    head.inode = inode_of(fd, NULL);
    head.offset = offset;
    head.length = total;
    record(head, path, NULL, parts, done > 0 ? done : 0);
    pthread_mutex_unlock(&lock);
    return result;
}

static long write_one(int fd, const void *bytes, size_t length, off_t at)
{
    struct iovec part = { (void *)bytes, length };
    return do_write(fd, &part, 1, at);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t length) { return write_one(fd, bytes, length, -1); }
EXPORT ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return write_one(fd, bytes, length, at); }
EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return write_one(fd, bytes, length, at); }
EXPORT ssize_t writev(int fd, const struct iovec *parts, int number) { return do_write(fd, parts, number, -1); }
EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int number, off_t at) { return do_write(fd, parts, number, at); }
EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int number, off64_t at) { return do_write(fd, parts, number, at); }

/* Copies inside the kernel would go unseen. The callers that use them (shutil) fall back to write on these errors. */
EXPORT ssize_t sendfile(int out, int in, off_t *at, size_t length)
{
    char room[PATH_MAX];
    if (scope_bytes && path_of_fd(out, room)) {
        errno = ENOTSOCK;
        return -1;
    }
    return syscall(SYS_sendfile, out, in, at, length);
}
EXPORT ssize_t sendfile64(int out, int in, off64_t *at, size_t length) { return sendfile(out, in, at, length); }
EXPORT ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t length, unsigned flags)
{
    char room[PATH_MAX];
    if (scope_bytes && path_of_fd(out, room)) {
        errno = EXDEV;
        return -1;
    }
    return syscall(SYS_copy_file_range, in, in_at, out, out_at, length, flags);
}

/* ---- barriers, sizes ---- */

static int on_fd(int op, int fd, long number, long b, long c, long d, int64_t offset, int64_t length)
{
    char room[PATH_MAX];
    struct call call = { .op = op, .number = number, .a = fd, .b = b, .c = c, .d = d, .fd = fd, .offset = offset,
                         .length = length };
    call.path = scope_bytes ? path_of_fd(fd, room) : NULL;
    return call.path ? perform(&call) : run(&call);
}

EXPORT int fsync(int fd) { return on_fd(OP_SYNC, fd, SYS_fsync, 0, 0, 0, 0, 0); }
EXPORT int fdatasync(int fd) { return on_fd(OP_SYNC, fd, SYS_fdatasync, 0, 0, 0, 0, 0); }
EXPORT int ftruncate(int fd, off_t length) { return on_fd(OP_TRUNCATE, fd, SYS_ftruncate, length, 0, 0, 0, length); }
EXPORT int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }
EXPORT int truncate(const char *name, off_t length)
{
    char room[PATH_MAX];
    struct call call = { .op = OP_TRUNCATE, .number = SYS_truncate, .a = (long)name, .b = length, .fd = -1, .length = length };
    call.path = path_at(AT_FDCWD, name, room);
    return call.path ? perform(&call) : run(&call);
}
EXPORT int truncate64(const char *name, off64_t length) { return truncate(name, length); }
EXPORT int fallocate(int fd, int mode, off_t at, off_t length)
{
    char room[PATH_MAX];
    if (mode != 0 && scope_bytes && path_of_fd(fd, room)) { /* holes and shifts: nobody here needs them, nor models them */
        errno = EOPNOTSUPP;
        return -1;
    }
    return on_fd(OP_TRUNCATE, fd, SYS_fallocate, mode, at, length, at, -length); /* negative: grows, never shrinks */
}
EXPORT int fallocate64(int fd, int mode, off64_t at, off64_t length) { return fallocate(fd, mode, at, length); }
EXPORT int posix_fallocate(int fd, off_t at, off_t length)
{
    int kept = errno;
    int error = fallocate(fd, 0, at, length) < 0 ? errno : 0;
    errno = kept;
    return error;
}
EXPORT int posix_fallocate64(int fd, off64_t at, off64_t length) { return posix_fallocate(fd, at, length); }

static int sync_all(long number, long fd)
{
    struct call call = { .op = OP_SYNC, .number = number, .a = fd, .fd = -1, .path = "", .flags = FLAG_ALL_FILES };
    return scope_bytes ? perform(&call) : run(&call);
}

EXPORT void sync(void) { sync_all(SYS_sync, 0); }
EXPORT int syncfs(int fd) { return sync_all(SYS_syncfs, fd); }
EXPORT int msync(void *start, size_t length, int flags)
{
    struct call call = { .op = OP_SYNC, .number = SYS_msync, .a = (long)start, .b = length, .c = flags, .fd = -1 };
    call.path = "?mapping"; /* which file is not known here: counted and breakable, no barrier in the model */
    return scope_bytes ? perform(&call) : run(&call);
}

/* ---- names ---- */

static int on_names(int op, long number, long a, const char *b, long c, long d, long e, const char *path, const char *path2)
{
    struct call call = { .op = op, .number = number, .a = a, .b = (long)b, .c = c, .d = d, .e = e, .fd = -1, .path = path,
                         .path2 = path2 };
    return path || path2 ? perform(&call) : run(&call);
}

EXPORT int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    char room[PATH_MAX], room2[PATH_MAX];
    const char *path = path_at(from_at, from, room), *path2 = path_at(to_at, to, room2);
    return on_names(OP_RENAME, SYS_renameat2, from_at, from, to_at, (long)to, flags, path, path2);
}
EXPORT int renameat(int from_at, const char *from, int to_at, const char *to) { return renameat2(from_at, from, to_at, to, 0); }
EXPORT int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

EXPORT int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
    char room[PATH_MAX], room2[PATH_MAX];
    const char *path = path_at(from_at, from, room), *path2 = path_at(to_at, to, room2);
    return on_names(OP_LINK, SYS_linkat, from_at, from, to_at, (long)to, flags, path, path2);
}
EXPORT int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

EXPORT int unlinkat(int at, const char *name, int flags)
{
    char room[PATH_MAX];
    return on_names(OP_UNLINK, SYS_unlinkat, at, name, flags, 0, 0, path_at(at, name, room), NULL);
}
EXPORT int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
EXPORT int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

EXPORT int mkdirat(int at, const char *name, mode_t mode)
{
    char room[PATH_MAX];
    return on_names(OP_MKDIR, SYS_mkdirat, at, name, mode, 0, 0, path_at(at, name, room), NULL);
}
EXPORT int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }
