/*
 * System calls of kernel/fs: pipes, polling, terminals and other special files; see
 * kernel/syscalls.h.
 */
SYSCALL(pipe, int __user *fds)
SYSCALL(pipe2, int __user *fds, int flags)
SYSCALL(poll, struct pollfd __user *ufds, unsigned int nfds, int timeout_ms)
SYSCALL(ppoll, struct pollfd __user *ufds, unsigned int nfds, struct timespec __user *ts,
	const sigset_t __user *mask, size_t size)
SYSCALL(select, int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex,
	struct timeval __user *tv)
SYSCALL(pselect6, int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex,
	struct timespec __user *ts, void __user *sig)
SYSCALL(eventfd, unsigned int count)
SYSCALL(eventfd2, unsigned int count, int flags)
SYSCALL(timerfd_create, int clock, int flags)
SYSCALL(timerfd_settime, int fd, int flags, const struct itimerspec __user *unew,
	struct itimerspec __user *uold)
SYSCALL(timerfd_gettime, int fd, struct itimerspec __user *ucur)
SYSCALL(signalfd, int fd, const sigset_t __user *mask, size_t size)
SYSCALL(signalfd4, int fd, const sigset_t __user *mask, size_t size, int flags)
SYSCALL(pidfd_open, pid_t pid, unsigned int flags)
SYSCALL(pidfd_send_signal, int pidfd, int sig, const siginfo_t __user *info, unsigned int flags)
SYSCALL(epoll_create, int size)
SYSCALL(epoll_create1, int flags)
SYSCALL(epoll_ctl, int epfd, int op, int fd, struct epoll_event __user *event)
SYSCALL(epoll_wait, int epfd, struct epoll_event __user *events, int maxevents, int timeout_ms)
SYSCALL(epoll_pwait, int epfd, struct epoll_event __user *events, int maxevents, int timeout_ms,
	const sigset_t __user *mask, size_t size)
SYSCALL(socket, int family, int type, int protocol)
SYSCALL(socketpair, int family, int type, int protocol, int __user *sv)
SYSCALL(sendto, int fd, const void __user *buf, size_t n, unsigned int flags,
	const struct sockaddr __user *addr, int addrlen)
SYSCALL(recvfrom, int fd, void __user *buf, size_t n, unsigned int flags,
	struct sockaddr __user *addr, int __user *addrlen)
SYSCALL(shutdown, int fd, int how)
