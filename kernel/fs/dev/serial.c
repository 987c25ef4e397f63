/*
 * The serial ports, seen twice: as terminals (/dev/ttyS0 ...), and as plain byte streams
 * (/dev/serial0 ...). The plain view is a terminal too, but one whose line discipline leaves every
 * byte as it is and whose file knows no ioctl, so that it is none to isatty(). Input goes to the
 * plain view while that is open, else to the terminal. A full buffer stops the receiver: bytes wait
 * at the sender, none is lost.
 *
 * Locks: none of its own.
 */
#include "asm/uart.h"
#include "kernel/entry.h"
#include "kernel/fs/dev/tty.h"
#include "kernel/hang/hang.h"
#include "kernel/printk.h"
#include "libk/printf.h"

#define SERIAL_MAJOR 240	/* first of Linux's local range */

static struct serial_port {
	struct tty_struct tty, plain;
	u64 sysrq;		/* a BREAK came: until then a byte is a system request; 0: none.
				 * Its interrupt's only */
} ports[NR_UARTS];
static bool ready;		/* bytes that arrive earlier have nowhere to go */

static size_t serial_write(struct tty_struct *tty, const u8 *buf, size_t n)
{
	return uart_write(tty->index, (const char *)buf, n);
}

static void serial_throttle(struct tty_struct *tty, bool on)
{
	uart_receive(tty->index, !on);
}

/* Until somebody listens, bytes stay with their sender. */
static void serial_start(struct tty_struct *tty)
{
	uart_receive(tty->index, !tty->throttled);
}

/* Nobody will read what is left; a terminal on the same line may listen. */
static void plain_close(struct tty_struct *tty)
{
	n_tty_flush_input(&tty->ldisc);
	tty->throttled = false;
	uart_receive(tty->index, ports[tty->index].tty.count > 0);
}

static const struct tty_operations serial_tty_ops = { .write = serial_write,
						      .open = serial_start,
						      .throttle = serial_throttle };
static const struct tty_operations plain_ops = {
	.write = serial_write, .open = serial_start, .throttle = serial_throttle,
	.close = plain_close,
};

struct tty_struct *serial_tty(int port)
{
	return uart_present(port) ? &ports[port].tty : NULL;
}

/* Is byte the letter after a BREAK? Then it is not input. */
static bool take_sysrq(struct serial_port *port, u8 byte)
{
	bool in_time = ktime_get() < port->sysrq;

	port->sysrq = 0;
	if (in_time)
		handle_sysrq((char)byte);
	return in_time;
}

void serial_receive(int nr, u8 byte)
{
	struct serial_port *port = &ports[nr];

	if (!smp_load_acquire(&ready))
		return;
	if (unlikely(port->sysrq) && take_sysrq(port, byte))
		return;
	tty_receive(READ_ONCE(port->plain.count) ? &port->plain : &port->tty, &byte, 1);
}

/*
 * BREAK on a terminal: the next byte, if it comes within five seconds, is a request to the kernel.
 * A second BREAK instead of it is one for the terminal: what BRKINT and IGNBRK say of it.
 */
void serial_break(int nr)
{
	struct serial_port *port = &ports[nr];
	tcflag_t iflag = READ_ONCE(port->tty.ldisc.termios.c_iflag);

	if (!smp_load_acquire(&ready))
		return;
	if (!READ_ONCE(port->plain.count) && !port->sysrq) {
		port->sysrq = ktime_get() + 5 * NSEC_PER_SEC;
		return;
	}
	port->sysrq = 0;
	if (iflag & BRKINT && !(iflag & IGNBRK))
		tty_signal_pgrp(&port->tty, SIGINT);
	else if (!(iflag & IGNBRK))
		serial_receive(nr, 0);
}

void serial_transmit_ready(int nr)
{
	if (!smp_load_acquire(&ready))
		return;
	tty_output_ready(&ports[nr].tty);
	tty_output_ready(&ports[nr].plain);
}

static int serial_open(struct inode *inode, struct file *f)
{
	int nr = (int)minor(inode->i_rdev);

	return uart_present(nr) ? tty_attach(f, &ports[nr].plain, &plain_tty_fops) : -ENXIO;
}

static const struct file_operations serial_fops = { .open = serial_open };

/* "80x24" */
static void parse_winsize(const char *s, struct winsize *ws)
{
	unsigned int number[2] = { 0, 0 }, i = 0;

	for (; *s && i < 2; s++) {
		if (*s == 'x')
			i++;
		else if (*s >= '0' && *s <= '9')
			number[i] = number[i] * 10 + (unsigned int)(*s - '0');
	}
	if (number[0] && number[1])
		*ws = (struct winsize){ .ws_col = (u16)number[0], .ws_row = (u16)number[1] };
}

/* Every byte as it is, and a read returns when there is one. */
static void make_plain(struct n_tty *n)
{
	n->termios.c_iflag = n->termios.c_oflag = n->termios.c_lflag = 0;
}

void serial_init(void)
{
	char text[16];

	register_chrdev(SERIAL_MAJOR, &serial_fops);
	for (int i = 0; i < NR_UARTS; i++) {
		struct serial_port *port = &ports[i];

		tty_struct_init(&port->tty, &serial_tty_ops, makedev(TTY_MAJOR, 64 + i), i);
		tty_struct_init(&port->plain, &plain_ops, makedev(SERIAL_MAJOR, i), i);
		make_plain(&port->plain.ldisc);
		if (cmdline_option("console.size", text, sizeof(text)))
			parse_winsize(text, &port->tty.winsize);
		snprintf(text, sizeof(text), "serial%d", i);
		if (uart_present(i))
			devtmpfs_create(text, S_IFCHR | 0660, makedev(SERIAL_MAJOR, i));
	}
	smp_store_release(&ready, true);
}
