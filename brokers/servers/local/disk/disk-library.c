/*
 * Stands between a process and its disk, on Linux: LD_PRELOAD=disk-library.so PROGRAM.
 *
 * It can do three things to files below one folder, and nothing to any other file, pipe or socket:
 * note how much of a file an fsync has brought to the disk, make each fsync take longer, and refuse
 * to write as a full disk does. disk-control.ts tells it when; disk-library.ts builds it.
 *
 * From the environment of the process:
 *   LIKE_LAB_DISK_FOLDER   the folder, as an absolute path without symbolic links
 *   LIKE_LAB_DISK_CONTROL  a file of the struct `control` below, shared by all processes
 *   LIKE_LAB_DISK_JOURNAL  optional: gets a `note` appended per fsync and per truncation
 *
 * What it does not see: what the C library writes by itself (fwrite), memory that is mapped to a
 * file (mmap, msync), files opened with O_SYNC, sync_file_range (which promises nothing about a
 * power cut), and io_uring. On a full disk of its making, overwriting is refused as well.
 *
 * There is no lock and no memory of file descriptors here: it works in any thread, after a fork,
 * and however often a descriptor is closed and given out again.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The functions with 64 in their names are the same as those without only where this holds. */
_Static_assert(sizeof(off_t) == 8, "file offsets must have 64 bits");

/* Written anew when the layout below changes; disk-control.ts writes the same number. */
#define CONTROL_MAGIC UINT64_C(0x316b736964656b69)
/* While an fsync is held back, it looks this often whether it still has to be. */
#define DELAY_SLICE_NS 5000000L

struct control {
  uint64_t magic;
  /* Written by the lab. */
  _Atomic uint64_t sync_delay_ms;
  _Atomic uint64_t writes_are_refused;
  /* Written by every process under this library. */
  _Atomic uint64_t syncs;
  _Atomic uint64_t syncs_delayed;
  _Atomic uint64_t syncs_under_way;
  _Atomic uint64_t writes_refused;
  _Atomic uint64_t notes_failed;
};

enum note_kind { SYNCED = 1, TRUNCATED = 2 };

/* A file is known by device, inode and time of birth: an inode is given out again after a delete,
 * and a name may be changed at any time. */
struct note {
  uint64_t device;
  uint64_t inode;
  uint64_t born_ns;
  uint64_t kind;
  uint64_t size;
};

static struct control *control;
/* Copies: some programs, Redis among them, overwrite the memory of their environment. */
static char folder[PATH_MAX];
static size_t folder_length;
static char journal[PATH_MAX];

static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fallocate)(int, int, off_t, off_t);
static int (*real_posix_fallocate)(int, off_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);

/* dlsym returns a data pointer; this is how POSIX has it turned into a function's. */
#define FIND(name) (*(void **)&real_##name = dlsym(RTLD_NEXT, #name))

static void find_real_functions(void) {
  FIND(fsync);
  FIND(fdatasync);
  FIND(ftruncate);
  FIND(fallocate);
  FIND(posix_fallocate);
  FIND(pwrite);
  FIND(writev);
  FIND(pwritev);
  /* Last, because `write` is the one by which the others are known to be there. */
  FIND(write);
}

/* Another library's constructor may write something before ours has run. */
static void be_ready(void) {
  if (real_write == NULL) find_real_functions();
}

static bool copy_path(char *to, const char *name) {
  const char *value = getenv(name);
  if (value == NULL || value[0] != '/' || strlen(value) >= PATH_MAX) return false;
  strcpy(to, value);
  return true;
}

/* Whatever is missing or wrong, the program runs as without us, and the lab finds that its control
 * file is not mapped. */
__attribute__((constructor)) static void begin(void) {
  char path[PATH_MAX];
  be_ready();
  if (!copy_path(path, "LIKE_LAB_DISK_CONTROL") || !copy_path(folder, "LIKE_LAB_DISK_FOLDER")) {
    return;
  }
  folder_length = strlen(folder);
  copy_path(journal, "LIKE_LAB_DISK_JOURNAL");
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct stat found;
  if (fstat(fd, &found) == 0 && found.st_size >= (off_t)sizeof(struct control)) {
    void *mapped =
        mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED && ((struct control *)mapped)->magic == CONTROL_MAGIC) {
      control = mapped;
    } else if (mapped != MAP_FAILED) {
      munmap(mapped, sizeof(struct control));
    }
  }
  close(fd);
}

/* Whether a descriptor is of a file, or of a folder, at or below the folder. Asked only when it
 * matters: at an fsync, at a truncation, and at a write while writes are refused. */
static bool is_ours(int fd, struct stat *found) {
  if (control == NULL || fstat(fd, found) != 0) return false;
  if (!S_ISREG(found->st_mode) && !S_ISDIR(found->st_mode)) return false;
  char link[32];
  char path[PATH_MAX];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof(path));
  if (length < (ssize_t)folder_length || memcmp(path, folder, folder_length) != 0) return false;
  return (size_t)length == folder_length || path[folder_length] == '/';
}

/* Zero where the file system keeps no time of birth; Node then reads zero as well. */
static uint64_t birth_of(int fd) {
  struct statx found;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &found) != 0) return 0;
  if ((found.stx_mask & STATX_BTIME) == 0) return 0;
  return (uint64_t)found.stx_btime.tv_sec * UINT64_C(1000000000) + found.stx_btime.tv_nsec;
}

/* Opened anew each time, since a descriptor kept open may be closed by the program, and its number
 * given to a file that is none of our business. */
static void note(int fd, const struct stat *file, enum note_kind kind, off_t size) {
  if (journal[0] == '\0' || !S_ISREG(file->st_mode)) return;
  struct note written = {
      .device = file->st_dev,
      .inode = file->st_ino,
      .born_ns = birth_of(fd),
      .kind = kind,
      .size = (uint64_t)size,
  };
  int journal_fd = open(journal, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (journal_fd < 0 ||
      real_write(journal_fd, &written, sizeof(written)) != (ssize_t)sizeof(written)) {
    atomic_fetch_add(&control->notes_failed, 1);
  }
  if (journal_fd >= 0) close(journal_fd);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Ends early when the lab ends the delay. */
static void hold_back(void) {
  uint64_t delay_ms = atomic_load(&control->sync_delay_ms);
  if (delay_ms == 0) return;
  atomic_fetch_add(&control->syncs_delayed, 1);
  int64_t end_ns = now_ns() + (int64_t)delay_ms * 1000000;
  struct timespec slice = {.tv_sec = 0, .tv_nsec = DELAY_SLICE_NS};
  while (now_ns() < end_ns && atomic_load(&control->sync_delay_ms) != 0) {
    nanosleep(&slice, NULL);
  }
}

/* What a sync promises is what had been written when it was called: hence the size before it. */
static int sync_file(int fd, int (*real)(int)) {
  struct stat before;
  if (!is_ours(fd, &before)) return real(fd);
  atomic_fetch_add(&control->syncs_under_way, 1);
  hold_back();
  int result = real(fd);
  int error = errno;
  if (result == 0) {
    note(fd, &before, SYNCED, before.st_size);
    atomic_fetch_add(&control->syncs, 1);
  }
  atomic_fetch_sub(&control->syncs_under_way, 1);
  errno = error;
  return result;
}

static bool is_refused(int fd) {
  struct stat found;
  if (control == NULL || atomic_load(&control->writes_are_refused) == 0) return false;
  if (!is_ours(fd, &found)) return false;
  atomic_fetch_add(&control->writes_refused, 1);
  return true;
}

static int no_space(void) {
  errno = ENOSPC;
  return -1;
}

int fsync(int fd) {
  be_ready();
  return sync_file(fd, real_fsync);
}

int fdatasync(int fd) {
  be_ready();
  return sync_file(fd, real_fdatasync);
}

/* Not refused on a full disk: making a file longer leaves a hole, which takes no space. */
int ftruncate(int fd, off_t length) {
  be_ready();
  int result = real_ftruncate(fd, length);
  struct stat after;
  /* What is written after a cut is new: it must not pass for what was synced there before. */
  if (result == 0 && is_ours(fd, &after)) note(fd, &after, TRUNCATED, length);
  return result;
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  be_ready();
  return is_refused(fd) ? no_space() : real_fallocate(fd, mode, offset, length);
}

/* The one of the family that returns its error instead of setting errno. */
int posix_fallocate(int fd, off_t offset, off_t length) {
  be_ready();
  return is_refused(fd) ? ENOSPC : real_posix_fallocate(fd, offset, length);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  be_ready();
  return is_refused(fd) ? no_space() : real_write(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  be_ready();
  return is_refused(fd) ? no_space() : real_pwrite(fd, bytes, count, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  be_ready();
  return is_refused(fd) ? no_space() : real_writev(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  be_ready();
  return is_refused(fd) ? no_space() : real_pwritev(fd, parts, count, offset);
}

#ifdef __GLIBC__
/* The names that programs built for large files call: Redis, Java and Node among them. */
int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return fallocate(fd, mode, offset, length);
}

int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return posix_fallocate(fd, offset, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  return pwrite(fd, bytes, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return pwritev(fd, parts, count, offset);
}
#endif
