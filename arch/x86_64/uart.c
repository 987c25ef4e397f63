/*
 * The four serial ports, 16550A. COM1 and COM3 share interrupt line 4, COM2 and COM4 share 3, and
 * ISA's lines are edge-triggered: a handler must go round all ports of its line until none has
 * anything to say, or the line stays high and never rises again.
 *
 * uart->lock is a bare word, taken with interrupts off: printk uses the port with any other lock
 * held, and panic even when the owner of this one has been stopped; so it waits a bounded time and
 * then goes ahead. Source: National Semiconductor PC16550D.
 */
#include "asm/uart.h"
#include "asm/irq.h"
#include "asm/irqflags.h"
#include "asm/msr.h"
#include "kernel/entry.h"
#include "kernel/printk.h"
#include "libk/atomic.h"

enum {
	RBR = 0, THR = 0, DLL = 0, DLM = 1, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR,
	SCR = 7,
};
enum { IER_RECEIVE = 1, IER_TRANSMIT = 2 };
enum { IIR_NONE = 1, IIR_MASK = 0x0e, IIR_TRANSMIT = 2 };
enum { LSR_DATA = 1, LSR_BREAK = 0x10, LSR_ROOM = 0x20 };
enum { LCR_8N1 = 3, LCR_DIVISOR = 0x80, FCR_ON = 1, FCR_CLEAR = 6, FCR_TRIGGER_8 = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_IRQ = 8 };

#define FIFO_SIZE 16
#define LOCK_SPINS 1000000
#define ROOM_SPINS 1000000

static struct uart {
	u16 base;
	u8 irq;
	bool present;		/* written at boot */
	u8 ier;			/* (l) what IER holds */
	bool break_seen;	/* LSR told of a BREAK; cleared by the interrupt handler */
	/* the byte 0 that comes with it is still to come; interrupt handler only */
	bool break_byte;
	u32 lock;		/* (l) */
} uarts[NR_UARTS] = {
	{ .base = 0x3f8, .irq = 4 },
	{ .base = 0x2f8, .irq = 3 },
	{ .base = 0x3e8, .irq = 4 },
	{ .base = 0x2e8, .irq = 3 },
};

static unsigned long uart_lock(struct uart *u)
{
	unsigned long flags = local_irq_save();

	for (int i = 0; xchg(&u->lock, 1) && i < LOCK_SPINS; i++)
		cpu_relax();
	return flags;
}

static void uart_unlock(struct uart *u, unsigned long flags)
{
	smp_store_release(&u->lock, 0);
	local_irq_restore(flags);
}

/* Reading LSR clears its BREAK bit, so whoever reads it must keep that for the interrupt
 * handler. */
static u8 read_lsr(struct uart *u)
{
	u8 lsr = inb(u->base + LSR);

	if (lsr & LSR_BREAK && lsr != 0xff)
		WRITE_ONCE(u->break_seen, true);
	return lsr;
}

static void set_ier(struct uart *u, u8 ier)
{
	if (u->ier != ier) {
		u->ier = ier;
		outb(u->base + IER, ier);
	}
}

void uart_early_init(void)
{
	static const struct {
		u8 reg, value;
	} sequence[] = {
		{ IER, 0 }, { LCR, LCR_DIVISOR }, { DLL, 1 }, { DLM, 0 },	/* 115200 baud */
		{ LCR, LCR_8N1 }, { FCR, FCR_ON | FCR_CLEAR | FCR_TRIGGER_8 },
		{ MCR, MCR_DTR | MCR_RTS | MCR_IRQ },
	};

	for (struct uart *u = uarts; u < uarts + NR_UARTS; u++) {
		outb(u->base + SCR, 0x5a);
		/* Where no device answers, reads give ff. */
		u->present = inb(u->base + SCR) == 0x5a && inb(u->base + LSR) != 0xff;
		for (size_t i = 0; u->present && i < ARRAY_SIZE(sequence); i++)
			outb(u->base + sequence[i].reg, sequence[i].value);
	}
}

bool uart_present(int port)
{
	return port >= 0 && port < NR_UARTS && uarts[port].present;
}

size_t uart_write(int port, const char *buf, size_t n)
{
	struct uart *u = &uarts[port];
	unsigned long flags;
	size_t done = 0;

	if (!uart_present(port))
		return n;	/* into the void, as on a line with nobody at its end */
	flags = uart_lock(u);
	while (done < n && read_lsr(u) & LSR_ROOM)
		for (int i = 0; i < FIFO_SIZE && done < n; i++)
			outb(u->base + THR, (u8)buf[done++]);
	if (done < n)
		set_ier(u, u->ier | IER_TRANSMIT);
	uart_unlock(u, flags);
	return done;
}

void uart_write_polled(int port, const char *buf, size_t n)
{
	struct uart *u = &uarts[port];
	unsigned long flags;

	if (!uart_present(port))
		return;
	flags = uart_lock(u);
	while (n) {
		for (int i = 0; !(read_lsr(u) & LSR_ROOM) && i < ROOM_SPINS; i++)
			cpu_relax();
		for (int i = 0; i < FIFO_SIZE && n; i++, n--)
			outb(u->base + THR, (u8)*buf++);
	}
	uart_unlock(u, flags);
}

/* Switches one of the port's interrupts. */
static void change_ier(struct uart *u, u8 bit, bool on)
{
	unsigned long flags = uart_lock(u);

	set_ier(u, on ? u->ier | bit : u->ier & ~bit);
	uart_unlock(u, flags);
}

void uart_receive(int port, bool on)
{
	if (uart_present(port))
		change_ier(&uarts[port], IER_RECEIVE, on);
}

/* One byte if there is one and the receiver is on. The tty is called without the lock: its echo
 * writes to this very port. */
static bool receive_one(int port, struct uart *u)
{
	u8 lsr = read_lsr(u), byte;

	if (!(u->ier & IER_RECEIVE) || !(lsr & LSR_DATA) || lsr == 0xff)
		return false;
	if (READ_ONCE(u->break_seen)) {
		WRITE_ONCE(u->break_seen, false);
		u->break_byte = true;
		serial_break(port);
	}
	byte = inb(u->base + RBR);
	if (byte == 0 && u->break_byte)	/* nobody typed it */
		u->break_byte = false;
	else
		serial_receive(port, byte);
	return true;
}

/* Serves one port; was there anything? */
static bool uart_service(int port)
{
	struct uart *u = &uarts[port];
	u8 iir = inb(u->base + IIR);

	if (iir & IIR_NONE)
		return false;
	while (receive_one(port, u))
		;
	if ((iir & IIR_MASK) == IIR_TRANSMIT) {
		change_ier(u, IER_TRANSMIT, false);
		serial_transmit_ready(port);
	}
	return true;
}

static void uart_interrupt(void *arg)
{
	u8 irq = (u8)(unsigned long)arg;
	bool again;

	do {
		again = false;
		for (int i = 0; i < NR_UARTS; i++)
			if (uarts[i].present && uarts[i].irq == irq)
				again |= uart_service(i);
	} while (again);
}

void uart_init(void)
{
	for (int irq = 3; irq <= 4; irq++)
		if (request_irq(isa_irq_to_gsi(irq), uart_interrupt, (void *)(unsigned long)irq,
				"serial"))
			pr_warn("serial: no interrupt %d\n", irq);
}
