/* Device interrupts, for drivers. All are sent to the boot CPU; a handler runs with interrupts off,
 * inside irq_enter/irq_exit. */
#pragma once

#include "libk/types.h"

/* An input of the IOAPICs. 0, -EINVAL (no such input) or -EBUSY (taken). Boot. */
int request_irq(int gsi, void (*handler)(void *arg), void *arg, const char *name);
/* The input that one of the sixteen old (ISA) interrupt lines is wired to. */
int isa_irq_to_gsi(int irq);
/* Name of a vector >= 32 for /proc/interrupts, NULL when unused. */
const char *vector_name(unsigned int vector);
void irq_dispatch(unsigned int vector);	/* traps.c: runs the handler of a device's vector */
