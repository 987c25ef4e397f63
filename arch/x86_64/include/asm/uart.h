/* The four serial ports, COM1 .. COM4 = port 0 .. 3. */
#pragma once

#include "libk/types.h"

#define NR_UARTS 4

/* Finds the ports and sets them to 115200 8N1; from then on they can be written. First thing at
 * boot. */
void uart_early_init(void);
/* Receive interrupts on: bytes go to serial_receive(), BREAK to serial_break(). Needs
 * request_irq(). */
void uart_init(void);
bool uart_present(int port);
/* Puts as many bytes into the port's FIFO as it takes without waiting: how many. When that is fewer
 * than n, serial_transmit_ready() will be called once there is room. Any context. */
size_t uart_write(int port, const char *buf, size_t n);
/* Waits for each byte (bounded: a port that is stuck loses bytes). For printk and panic. Any
 * context, any lock held. */
void uart_write_polled(int port, const char *buf, size_t n);
/* Receiver on or off (a buffer is full): what arrives meanwhile waits in the FIFO, and after that
 * at the sender. Any context. */
void uart_receive(int port, bool on);
