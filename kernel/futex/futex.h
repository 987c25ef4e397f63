/* Futexes: sleeping on a word of user memory. The proof that no wake-up is lost opens futex.c. */
#pragma once

#include "libk/abi/futex.h"
#include "libk/compiler.h"
#include "libk/types.h"

struct task_struct;

/* at boot, after smp_init(): the hash table's size goes by the number of CPUs */
void futex_init(void);
/*
 * Wakes up to nr waiters on uaddr in current's mm; shared: by page, else by address space. For
 * CLEAR_CHILD_TID. May sleep. Returns how many, -EINVAL, -EFAULT.
 */
long futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset);
/*
 * Current leaves its address space (exit, exec): robust list, PI futexes it owns. On exit after
 * PF_EXITING was set and before p->mm becomes NULL: pi.c tells by the two whether this is still to
 * come, under way or done. May sleep.
 */
void futex_exit_release(struct task_struct *p);
/*
 * p's own priority was changed: if it waits for a PI futex, the owner inherits the new one. No lock
 * held.
 */
void futex_pi_adjust(struct task_struct *p);
