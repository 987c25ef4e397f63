/*
 * Capabilities: what capget() and capset() exchange.
 */
#pragma once

#include "libk/types.h"

#define _LINUX_CAPABILITY_VERSION_3	0x20080522
#define _LINUX_CAPABILITY_U32S_3	2

struct __user_cap_header_struct {
	u32 version;
	int pid;
};

struct __user_cap_data_struct {
	u32 effective, permitted, inheritable;
};

enum {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER = 3, CAP_KILL = 5, CAP_SETGID, CAP_SETUID,
	CAP_SETPCAP, CAP_IPC_LOCK = 14, CAP_SYS_CHROOT = 18, CAP_SYS_PTRACE = 19,
	CAP_SYS_ADMIN = 21, CAP_SYS_BOOT, CAP_SYS_NICE, CAP_SYS_RESOURCE, CAP_SYS_TIME,
	CAP_LAST_CAP = 40,
};
