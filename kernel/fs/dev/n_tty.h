/*
 * The line discipline: what stands between the bytes of a line and the lines a program reads. Pure
 * logic: it takes no locks, sleeps nowhere and calls nobody, so tests/host/test_ntty.c runs it as
 * it is. Its owner (tty.c) guards all of it with tty->lock.
 *
 *   byte from the line --> n_tty_receive() --> buf --> n_tty_read() --> program
 *                               | echo
 *   program --> n_tty_write() --+--> out --> the line
 */
#pragma once

#include "libk/abi/termios.h"
#include "libk/types.h"

#define N_TTY_BUF_SIZE 4096u	/* input not yet read: Linux's limit for a line */
#define N_TTY_OUT_SIZE 1024u	/* output and echo on their way to the line */
#define N_TTY_ECHO_ROOM 256u	/* of it, what writers leave free for echo */

struct n_tty {
	struct termios2 termios;
	bool stopped;			/* ^S was typed, or TCOOFF */
	bool lnext;			/* the next byte is taken literally */
	unsigned int column;		/* of the cursor, as far as OPOST can tell */
	unsigned int canon_column;	/* where the line being edited began */

	/*
	 * Positions run freely, buf is indexed modulo its size: tail <= canon_head <= head <= tail
	 * + N_TTY_BUF_SIZE.
	 */
	unsigned int head;		/* next byte that arrives goes here */
	/* end of the last complete line; beyond it, editing is possible */
	unsigned int canon_head;
	unsigned int tail;		/* next byte to read */
	unsigned int out_head, out_tail;
	/* bit: this byte ends a line; a NUL with it stands for end of file */
	unsigned long line_end[N_TTY_BUF_SIZE / 64];
	u8 buf[N_TTY_BUF_SIZE];
	u8 out[N_TTY_OUT_SIZE];
};

void n_tty_init(struct n_tty *n);
/* One byte arrived. Returns the signal its typing means for the foreground group, or 0. */
int n_tty_receive(struct n_tty *n, u8 c);
/* Is there something that a read may return? amount: bytes wanted when lines are off. */
bool n_tty_readable(const struct n_tty *n, unsigned int amount);
/* Bytes that FIONREAD reports. */
unsigned int n_tty_available(const struct n_tty *n);
/*
 * Takes out at most len bytes, of one line if lines are on. *ended: the line is over (read no
 * further).
 */
size_t n_tty_read(struct n_tty *n, u8 *to, size_t len, bool *ended);
/* Puts output into out; returns how many bytes there was room for. */
size_t n_tty_write(struct n_tty *n, const u8 *from, size_t len);
/* Room for one more byte of output, leaving what echo needs. */
bool n_tty_writable(const struct n_tty *n);
/* The bytes of out that lie in one piece; n_tty_out_done() takes n of them away. */
size_t n_tty_out_peek(const struct n_tty *n, const u8 **bytes);
void n_tty_out_done(struct n_tty *n, size_t bytes);
void n_tty_flush_input(struct n_tty *n);
void n_tty_flush_output(struct n_tty *n);
void n_tty_set_termios(struct n_tty *n, const struct termios2 *t);
