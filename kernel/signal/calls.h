/* System calls of kernel/signal; see kernel/syscalls.h. */
SYSCALL(rt_sigaction, int sig, const struct sigaction __user *act, struct sigaction __user *oact,
	size_t size)
SYSCALL(rt_sigprocmask, int how, const sigset_t __user *set, sigset_t __user *oset, size_t size)
SYSCALL(rt_sigpending, sigset_t __user *set, size_t size)
SYSCALL(rt_sigsuspend, const sigset_t __user *set, size_t size)
SYSCALL(rt_sigtimedwait, const sigset_t __user *set, siginfo_t __user *info,
	const struct timespec __user *timeout, size_t size)
SYSCALL(rt_sigreturn, void)
SYSCALL(sigaltstack, const stack_t __user *ss, stack_t __user *oss)
SYSCALL(pause, void)
SYSCALL(restart_syscall, void)
SYSCALL(kill, pid_t pid, int sig)
SYSCALL(tkill, pid_t tid, int sig)
SYSCALL(tgkill, pid_t tgid, pid_t tid, int sig)
SYSCALL(rt_sigqueueinfo, pid_t pid, int sig, const siginfo_t __user *info)
SYSCALL(rt_tgsigqueueinfo, pid_t tgid, pid_t tid, int sig, const siginfo_t __user *info)
