/* Ends that tell why, and the parts of start-up that live in panic.c and printk.c. */
#pragma once

#include "kernel/printk.h"

/* Options that ask for a deliberate failure (panic-test=...), for the tests of the reports.
 * Called once, late. */
void late_init(void);
bool panicking(void);		/* some CPU is writing its report */
void __stack_chk_fail(void);	/* called by the compiler's code */
