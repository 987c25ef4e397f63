/* System calls of kernel/mm; see kernel/syscalls.h. */
SYSCALL(mmap, unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
	unsigned long fd, unsigned long off)
SYSCALL(munmap, unsigned long addr, size_t len)
SYSCALL(mprotect, unsigned long start, size_t len, unsigned long prot)
SYSCALL(mremap, unsigned long addr, unsigned long old_len, unsigned long new_len,
	unsigned long flags, unsigned long new_addr)
SYSCALL(madvise, unsigned long start, size_t len, int behavior)
SYSCALL(brk, unsigned long brk)
SYSCALL(msync, unsigned long start, size_t len, int flags)
SYSCALL(mincore, unsigned long start, size_t len, unsigned char __user *vec)
SYSCALL(mlock, unsigned long start, size_t len)
SYSCALL(mlock2, unsigned long start, size_t len, int flags)
SYSCALL(munlock, unsigned long start, size_t len)
SYSCALL(mlockall, int flags)
SYSCALL(munlockall, void)
SYSCALL(process_vm_readv, pid_t pid, const struct iovec __user *local, unsigned long nr_local,
	const struct iovec __user *remote, unsigned long nr_remote, unsigned long flags)
SYSCALL(process_vm_writev, pid_t pid, const struct iovec __user *local, unsigned long nr_local,
	const struct iovec __user *remote, unsigned long nr_remote, unsigned long flags)
