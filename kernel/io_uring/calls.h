/* System calls of kernel/io_uring; see kernel/syscalls.h. */
SYSCALL(io_uring_setup, u32 entries, struct io_uring_params __user *params)
SYSCALL(io_uring_enter, unsigned int fd, u32 to_submit, u32 min_complete, u32 flags,
	const sigset_t __user *sig, size_t sigsz)
