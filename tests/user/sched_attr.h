/* Linux's struct sched_attr, which older C libraries do not have, and bytes that no kernel knows
 * behind it. */
#pragma once

#define ATTR_SIZE 56	/* what Linux knows */

struct attr {
	unsigned int size, policy;
	unsigned long flags;
	int nice;
	unsigned int priority;
	unsigned long runtime, deadline, period;
	unsigned int util_min, util_max;
	char beyond[144];
};
