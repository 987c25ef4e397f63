/*
 * Limits that are part of the interface.
 */
#pragma once

#define NR_OPEN		1024
#define NAME_MAX	255
#define PATH_MAX	4096
#define PIPE_BUF	4096
