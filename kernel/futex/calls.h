/* System calls of kernel/futex; see kernel/syscalls.h. */
SYSCALL(futex, u32 __user *uaddr, int op, u32 val, const struct timespec __user *utime,
	u32 __user *uaddr2, u32 val3)
SYSCALL(futex_waitv, const struct futex_waitv __user *waiters, unsigned int nr, unsigned int flags,
	const struct timespec __user *timeout, clockid_t clock)
SYSCALL(set_robust_list, struct robust_list_head __user *head, size_t len)
SYSCALL(get_robust_list, int pid, struct robust_list_head __user *__user *head, size_t __user *len)
