/*
 * System calls that are others with an argument fewer: those from before the *at calls, or before
 * the ones with flags. One line each.
 */
#include "kernel/fs/internal.h"

#define OLD(name, arguments, call) long sys_##name arguments { return sys_##call; }

/* clang-format off */
OLD(open, (const char __user *name, int flags, mode_t mode), openat(AT_FDCWD, name, flags, mode))
OLD(creat, (const char __user *name, mode_t mode),
    openat(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode))
OLD(stat, (const char __user *name, struct stat __user *st), newfstatat(AT_FDCWD, name, st, 0))
OLD(lstat, (const char __user *name, struct stat __user *st),
    newfstatat(AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW))
OLD(access, (const char __user *name, int mode), faccessat2(AT_FDCWD, name, mode, 0))
OLD(faccessat, (int dfd, const char __user *name, int mode), faccessat2(dfd, name, mode, 0))
OLD(chmod, (const char __user *name, mode_t mode), fchmodat(AT_FDCWD, name, mode))
OLD(chown, (const char __user *name, uid_t uid, gid_t gid), fchownat(AT_FDCWD, name, uid, gid, 0))
OLD(lchown, (const char __user *name, uid_t uid, gid_t gid),
    fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW))
OLD(readlink, (const char __user *name, char __user *buf, int size),
    readlinkat(AT_FDCWD, name, buf, size))
OLD(mkdir, (const char __user *name, mode_t mode), mkdirat(AT_FDCWD, name, mode))
OLD(mknod, (const char __user *name, mode_t mode, unsigned int dev),
    mknodat(AT_FDCWD, name, mode, dev))
OLD(unlink, (const char __user *name), unlinkat(AT_FDCWD, name, 0))
OLD(rmdir, (const char __user *name), unlinkat(AT_FDCWD, name, AT_REMOVEDIR))
OLD(symlink, (const char __user *target, const char __user *name),
    symlinkat(target, AT_FDCWD, name))
OLD(link, (const char __user *old, const char __user *new), linkat(AT_FDCWD, old, AT_FDCWD, new, 0))
OLD(rename, (const char __user *old, const char __user *new),
    renameat2(AT_FDCWD, old, AT_FDCWD, new, 0))
OLD(renameat, (int od, const char __user *old, int nd, const char __user *new),
    renameat2(od, old, nd, new, 0))
OLD(fdatasync, (unsigned int fd), fsync(fd))
OLD(pipe, (int __user *fds), pipe2(fds, 0))
OLD(eventfd, (unsigned int count), eventfd2(count, 0))
OLD(signalfd, (int fd, const sigset_t __user *mask, size_t size), signalfd4(fd, mask, size, 0))
OLD(epoll_create, (int size), epoll_create1(size > 0 ? 0 : -1))
