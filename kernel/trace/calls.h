/* System calls of kernel/trace; see kernel/syscalls.h. */
SYSCALL(ptrace, long request, long pid, unsigned long addr, unsigned long data)
