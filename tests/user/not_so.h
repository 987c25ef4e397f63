/* A check that is silent when it holds: what tests print whose output would differ from run to
 * run. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

static int bad;

static void check(bool good, const char *what)
{
	if (good)
		return;
	printf("not so: %s (errno %d)\n", what, errno);
	bad++;
}
