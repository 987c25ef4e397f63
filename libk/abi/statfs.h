/*
 * Filesystems' attributes, and the numbers that name their kinds.
 */
#pragma once

typedef struct {
	int val[2];
} __kernel_fsid_t;

struct statfs {
	long f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	__kernel_fsid_t f_fsid;
	long f_namelen, f_frsize, f_flags, f_spare[4];
};

#define TMPFS_MAGIC		0x01021994
#define RAMFS_MAGIC		0x858458f6
#define PROC_SUPER_MAGIC	0x9fa0
#define SYSFS_MAGIC		0x62656572
#define PIPEFS_MAGIC		0x50495045
#define ANON_INODE_FS_MAGIC	0x09041934
