/* Signals. A sigset_t is the kernel's: 64 bits. */
#pragma once

#include "libk/abi/signal.h"
#include "libk/abi/time.h"
#include "libk/abi/ucontext.h"

#define NSIG	(_NSIG + 1)

/* 32 and 33 belong to the thread library: pthread_cancel() sends 32, so nobody may block it. */
#define SIGRTMIN	34

typedef volatile int sig_atomic_t;
typedef __sighandler_t sighandler_t;
struct pthread;

static inline int sigemptyset(sigset_t *set) { *set = 0; return 0; }
static inline int sigfillset(sigset_t *set) { *set = ~(3UL << 31); return 0; }
static inline int sigaddset(sigset_t *set, int sig) { *set |= 1UL << (sig - 1); return 0; }
static inline int sigdelset(sigset_t *set, int sig) { *set &= ~(1UL << (sig - 1)); return 0; }
static inline int sigismember(const sigset_t *set, int sig) { return (*set >> (sig - 1)) & 1; }

sighandler_t signal(int sig, sighandler_t handler);
int sigaction(int sig, const struct sigaction *act, struct sigaction *old);
int sigprocmask(int how, const sigset_t *set, sigset_t *old);
int sigpending(sigset_t *set);
int sigsuspend(const sigset_t *mask);
int sigwaitinfo(const sigset_t *set, siginfo_t *info);
int sigwait(const sigset_t *set, int *sig);
int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout);
int sigaltstack(const stack_t *stack, stack_t *old);
int sigqueue(pid_t pid, int sig, const union sigval value);
int kill(pid_t pid, int sig);
int killpg(pid_t pgid, int sig);
int tgkill(pid_t tgid, pid_t tid, int sig);
int raise(int sig);
int pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
int pthread_kill(struct pthread *t, int sig);
