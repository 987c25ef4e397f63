/*
 * Capabilities: what capget() and capset() exchange.
 */
#pragma once

#include "libk/types.h"

#define _LINUX_CAPABILITY_VERSION_3	0x20080522

struct __user_cap_header_struct {
	u32 version;
	int pid;
};

struct __user_cap_data_struct {
	u32 effective, permitted, inheritable;
};

enum { CAP_LAST_CAP = 40 };
