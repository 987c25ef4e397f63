/*
 * Why does it hang? What a sleeping task waits for and who could end that (waits.c), the report
 * that names all of it (report.c), and what asks for the report: a key (sysrq.c), a watchman
 * (watch.c), panic, the end of a time limit.
 *
 * Everything here looks at other tasks without their consent: it reads user memory without
 * faulting, walks lists with a bound, takes locks by trying only, and believes no pointer.
 * tasklist_lock keeps tasks from disappearing; a report that cannot get it (the holder is what
 * hangs) goes on without.
 */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

struct task_struct;

enum wait_what {
	WAIT_NOTHING,	/* it does not sleep */
	WAIT_OTHER,	/* for a time, for input, for a signal, ... */
	/* From here on only another task can end the wait, be it known or not. */
	WAIT_MUTEX,	/* a kernel mutex */
	WAIT_FUTEX,	/* a word of user memory */
	WAIT_END,	/* the end of a thread (join), of a child (wait4, vfork) */
	WAIT_PIPE,	/* bytes, or room, in a pipe */
};

struct wait_info {
	enum wait_what what;
	unsigned long addr;		/* the object; a user address for a futex */
	const char *name;		/* the wait channel; a mutex's class */
	u32 word;			/* WAIT_FUTEX: its value now */
	u32 nr;				/* the holder's number for the waiter; 0: not known */
	struct task_struct *holder;	/* NULL: not known, or no longer there */
	unsigned int others;		/* how many more could end it as well */
	bool dead;			/* nobody is left who could let go; WAIT_END: is ended */
	const char *rule;		/* how the holder was found, or why not; NULL: no doubt */
};

/* What p waits for. tasklist_lock held, or in a panic. */
void task_waits_for(struct task_struct *p, struct wait_info *w);
/* The same in words. Returns the length. */
#define WAIT_TEXT 192UL			/* bytes that are always enough */
int sprint_wait(char *buf, size_t size, const struct wait_info *w);
/*
 * Every task in turn; left (an int of the caller's) bounds the walk. It ends early, and says so
 * once a report, at a pointer that cannot be right. tasklist_lock held, or in a panic.
 */
struct task_struct *next_task_checked(struct task_struct *p, int *left);
#define for_each_task_checked(p, left)						\
	for ((p) = next_task_checked(NULL, &(left)); (p); (p) = next_task_checked(p, &(left)))

/* The report. Any context, also in a panic; bounded. */
#define HANG_ALL 1u		/* every task, not only those that wait for others */
#define HANG_STACKS 2u		/* and its kernel stack */
void hang_report(const char *why, unsigned int show);

/* What each CPU runs, and where it is; in a panic the others. Any context. */
void show_all_cpus(void);

/* The letters of Linux's SysRq, from the console or /proc/sysrq-trigger. Any context. */
void handle_sysrq(char key);

void sysrq_init(void);			/* at boot: /proc/sysrq-trigger */

/* At boot, once kernel threads can be made. */
void hang_init(void);
extern int hung_task_timeout_secs;	/* /proc/sys/kernel: D for so long is reported; 0: never */
