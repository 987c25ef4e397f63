/*
 * Terminals: a tty is a line discipline (n_tty) on top of a line, a serial port.
 *
 * Locking: (l) = tty->lock, a spinlock taken with interrupts off, below siglock: bytes arrive in
 * interrupts. Signals are sent and sleepers woken after it was released. read_mutex > write_mutex >
 * lock. (c) constant. ttys are never freed, so a pointer to one is always good.
 */
#pragma once

#include "kernel/fs/dev/n_tty.h"
#include "kernel/fs/special.h"

struct tty_operations {
	/* Takes as many bytes as the line has room for: how many. Lock held. */
	size_t (*write)(struct tty_struct *tty, const u8 *buf, size_t n);
	/* the first user came. Lock held. NULL: nothing to be done */
	void (*open)(struct tty_struct *tty);
	/* The input buffer is full, has room again. Lock held. */
	void (*throttle)(struct tty_struct *tty, bool on);
	/* the last file is closed. Lock held. NULL: nothing to be done */
	void (*close)(struct tty_struct *tty);
};

struct tty_struct {
	spinlock_t lock;
	const struct tty_operations *ops;	/* (c) */
	dev_t dev;				/* (c) */
	int index;				/* (c) port */
	int count;				/* (l) open files */
	bool throttled;				/* (l) */
	struct winsize winsize;			/* (l) */
	/* (l) with references: foreground group, session it controls; NULL: none */
	struct pid *pgrp, *session;
	struct wait_queue_head read_wait, write_wait;
	struct mutex read_mutex, write_mutex;	/* one reader, one writer at a time */
	struct n_tty ldisc;			/* (l) */
};

#define TTY_MAJOR 4
#define TTYAUX_MAJOR 5

void tty_struct_init(struct tty_struct *tty, const struct tty_operations *ops, dev_t dev,
		     int index);
struct tty_struct *serial_tty(int port);	/* NULL: no such port */
/* f becomes an open file of tty: a terminal's, or (plain_tty_fops) a byte stream's. 0 */
int tty_attach(struct file *f, struct tty_struct *tty, const struct file_operations *fops);
/* Bytes arrived, or (tty_output_ready) the line has room again. Any context, lock not held. */
void tty_receive(struct tty_struct *tty, const u8 *bytes, size_t n);
void tty_output_ready(struct tty_struct *tty);
extern const struct file_operations tty_fops, plain_tty_fops;

/* --- job control (tty_jobctl.c) --- */
/*
 * May current's process group do what only the foreground may? 0; -ERESTARTSYS after sending it
 * sig; -EIO when nobody could continue it.
 */
int tty_check_change(struct tty_struct *tty, int sig);
void tty_signal_pgrp(struct tty_struct *tty, int sig);	/* lock not held */
/* a session leader's first terminal becomes its controlling one */
void tty_open_ctty(struct tty_struct *tty, struct file *f);
/* -ENOTTY: not one of its */
long tty_jobctl_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg);
