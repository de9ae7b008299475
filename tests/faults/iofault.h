/* What the shim knows: which calls are watched, what is planned for them, and the log (see iofault.c). */
#ifndef IOFAULT_H
#define IOFAULT_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OP_OPEN, OP_WRITE, OP_SYNC, OP_TRUNCATE, OP_RENAME, OP_UNLINK, OP_MKDIR, OP_LINK, OP_MARK, OPS };
enum { MODE_NONE, MODE_BEFORE, MODE_AFTER, MODE_SHORT, MODE_TORN, MODE_KILL_BEFORE, MODE_KILL_AFTER, MODE_KILL_TORN };
enum { FLAG_DSYNC = 1, FLAG_FAILED = 2, FLAG_CREATED = 4, FLAG_FOLDER = 8, FLAG_EMPTIED = 16, FLAG_INJECTED = 32,
       FLAG_ALL_FILES = 64 };

#define SECTOR_BYTES 512
#define VECTORS_MAX 1024
#define EXPORT __attribute__((visibility("default")))

/* One record of the log: this header, the paths relative to the scope, then the bytes that reached the file. */
struct __attribute__((packed)) header {
    uint32_t total;
    uint8_t op, flags;
    uint16_t path_bytes, path2_bytes;
    int16_t error;
    uint64_t inode;
    int64_t offset, length;
};

struct strike {
    int mode, error;
    long keep;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char scope[PATH_MAX];
static size_t scope_bytes;
static int log_fd = -1;
static long counted[OPS];
static long fired;
static struct { uint32_t mask; long nth, repeat, seen; struct strike strike; } plan;

/* ---- where a call goes ---- */

static const char *inside(const char *path)
{
    if (scope_bytes == 0 || strncmp(path, scope, scope_bytes) != 0)
        return NULL;
    if (path[scope_bytes] == 0)
        return "";
    return path[scope_bytes] == '/' ? path + scope_bytes + 1 : NULL;
}

static const char *path_of_fd(int fd, char *room)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long bytes = syscall(SYS_readlinkat, AT_FDCWD, link, room, PATH_MAX - 1);
    if (bytes <= 0)
        return NULL;
    room[bytes] = 0;
    return inside(room);
}

static const char *path_at(int folder, const char *path, char *room)
{
    if (scope_bytes == 0 || path == NULL)
        return NULL;
    if (path[0] == '/')
        return inside(path);
    char base[PATH_MAX];
    if (folder == AT_FDCWD)
        strcpy(base, "/proc/self/cwd");
    else
        snprintf(base, sizeof base, "/proc/self/fd/%d", folder);
    long bytes = syscall(SYS_readlinkat, AT_FDCWD, base, room, PATH_MAX - 1);
    if (bytes <= 0 || (size_t)bytes + strlen(path) + 2 > PATH_MAX)
        return NULL;
    snprintf(room + bytes, PATH_MAX - bytes, "/%s", path);
    return inside(room);
}

/* ---- the log ---- */

static void put(const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        long done = syscall(SYS_write, log_fd, at, length);
        if (done <= 0)
            abort(); /* a recording with a hole would prove nothing */
        at += done;
        length -= done;
    }
}

static void record(struct header head, const char *path, const char *path2, const struct iovec *data, size_t data_bytes)
{
    if (log_fd < 0)
        return;
    int kept = errno;
    head.path_bytes = path ? strlen(path) : 0;
    head.path2_bytes = path2 ? strlen(path2) : 0;
    head.total = sizeof head + head.path_bytes + head.path2_bytes + data_bytes;
    put(&head, sizeof head);
    put(path, head.path_bytes);
    put(path2, head.path2_bytes);
    for (; data_bytes > 0; data++) {
        size_t part = data->iov_len < data_bytes ? data->iov_len : data_bytes;
        put(data->iov_base, part);
        data_bytes -= part;
    }
    errno = kept;
}

static uint64_t inode_of(int fd, int *is_folder)
{
    struct stat facts;
    int kept = errno;
    int failed = fstat(fd, &facts);
    errno = kept;
    if (is_folder)
        *is_folder = !failed && S_ISDIR(facts.st_mode);
    return failed ? 0 : facts.st_ino;
}

/* ---- the plan ---- */

static struct strike count(int op)
{
    static const struct strike none;
    counted[op]++;
    if (!(plan.mask & (1u << op)))
        return none;
    plan.seen++;
    if (plan.strike.mode == MODE_NONE || plan.nth <= 0 || plan.seen < plan.nth)
        return none;
    if (plan.repeat > 0 && plan.seen >= plan.nth + plan.repeat)
        return none;
    fired++;
    return plan.strike;
}

static void die(void)
{
    syscall(SYS_kill, (long)getpid(), SIGKILL);
    for (;;)
        pause();
}

static int fails_before(struct strike strike)
{
    if (strike.mode == MODE_KILL_BEFORE)
        die();
    return strike.mode == MODE_BEFORE;
}

/* What follows a call that did its work: a lie about it, or death. */
static long aftermath(struct strike strike, long result)
{
    if (strike.mode == MODE_KILL_AFTER || strike.mode == MODE_KILL_TORN)
        die();
    if ((strike.mode == MODE_AFTER || strike.mode == MODE_TORN) && result >= 0) {
        errno = strike.error;
        return -1;
    }
    return result;
}

static struct header head_of(int op, struct strike strike, long result)
{
    struct header head = { .op = op };
    if (result < 0) {
        head.flags |= FLAG_FAILED;
        head.error = errno;
    }
    if (strike.mode != MODE_NONE)
        head.flags |= FLAG_INJECTED;
    return head;
}

/* ---- the face for Python ---- */

EXPORT void iofault_arm(uint32_t mask, long nth, int mode, int error, long repeat, long keep)
{
    pthread_mutex_lock(&lock);
    plan.mask = mask;
    plan.nth = nth;
    plan.repeat = repeat;
    plan.seen = 0;
    plan.strike = (struct strike){ mode, error, keep };
    fired = 0;
    pthread_mutex_unlock(&lock);
}

/* Sets the folder that is watched (absolute, no symbolic links; "" for none) and forgets all counts and plans. */
EXPORT int iofault_scope(const char *folder)
{
    if (strlen(folder) >= sizeof scope)
        return -1;
    iofault_arm(0, 0, MODE_NONE, 0, 0, -1);
    pthread_mutex_lock(&lock);
    strcpy(scope, folder);
    scope_bytes = strlen(scope);
    memset(counted, 0, sizeof counted);
    pthread_mutex_unlock(&lock);
    return 0;
}

/* Starts a recording in a file (appended to), or ends it when the name is empty. */
EXPORT int iofault_record(const char *log)
{
    pthread_mutex_lock(&lock);
    if (log_fd >= 0)
        syscall(SYS_close, log_fd);
    log_fd = *log ? (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    int failed = *log && log_fd < 0;
    pthread_mutex_unlock(&lock);
    return failed ? -1 : 0;
}

EXPORT long iofault_calls(void)
{
    return plan.seen;
}

EXPORT long iofault_counted(int op)
{
    return op >= 0 && op < OPS ? counted[op] : -1;
}

EXPORT long iofault_fired(void)
{
    return fired;
}

/* Puts a note of the test (an acknowledgement) at its place between the recorded calls. */
EXPORT void iofault_mark(const void *bytes, size_t length)
{
    struct iovec part = { (void *)bytes, length };
    struct header head = { .op = OP_MARK };
    pthread_mutex_lock(&lock);
    record(head, NULL, NULL, &part, length);
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void from_environment(void)
{
    const char *folder = getenv("IOFAULT_DIR"), *log = getenv("IOFAULT_LOG"), *text = getenv("IOFAULT_PLAN");
    unsigned mask;
    long nth, repeat, keep;
    int mode, error;
    if (folder)
        iofault_scope(folder);
    if (log)
        iofault_record(log);
    if (text && sscanf(text, "%u:%ld:%d:%d:%ld:%ld", &mask, &nth, &mode, &error, &repeat, &keep) == 6)
        iofault_arm(mask, nth, mode, error, repeat, keep);
}

#endif
