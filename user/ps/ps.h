/* What ps's selection (ps.c) and its columns (columns.c) share. */
#pragma once

#include <proc.h>

struct column {
	const char *name, *header;
	int width; /* < 0: text, to the left; 0: of the numbers of tasks */
	void (*show)(const struct proc_task *t, char *buf, size_t size);
};

extern const struct column columns[]; /* end with a NULL name */
/* The column called so, or NULL. */
const struct column *find_column(const char *name, size_t len);
int pid_width(void); /* digits of the largest pid */
/* In hundredths of a second since boot. */
unsigned long uptime_ticks(void);
