/* Classes of locks by number, and statistics about them: between lock_stat.c, lockdep.c and the
 * locks. Any context. */
#pragma once

#include "kernel/sync/sync.h"

#define MAX_LOCK_CLASSES 128

extern int lock_stat;			/* /proc/sys/kernel/lock_stat: count */
void lock_stat_init(void);		/* at boot, once there is /proc */

/* Classes of one name are one class: a lock may be initialised in several places. */
u32 __lock_class_id(struct lock_class *class);
static inline u32 lock_class_id(struct lock_class *class)
{
	u32 id = READ_ONCE(class->id);

	return likely(id) ? id : __lock_class_id(class);
}
const char *lock_class_name(u32 id);

/* A lock of the class was waited for, or held, from since (ktime) to now. bounced: another CPU had
 * it before. */
void lock_stat_waited(struct lock_class *class, u64 since, bool bounced);
void lock_stat_held(struct lock_class *class, u64 since, bool bounced);
