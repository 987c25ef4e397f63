/*
 * mount() and umount2().
 */
#pragma once

enum {
	MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_REMOUNT = 32,
	MS_BIND = 4096, MS_MOVE = 8192, MS_UNBINDABLE = 1 << 17, MS_PRIVATE = 1 << 18,
	MS_SLAVE = 1 << 19, MS_SHARED = 1 << 20,
	MNT_FORCE = 1, MNT_DETACH = 2, MNT_EXPIRE = 4, UMOUNT_NOFOLLOW = 8,
};

#define MS_MGC_VAL	0xC0ED0000
#define MS_MGC_MSK	0xffff0000
