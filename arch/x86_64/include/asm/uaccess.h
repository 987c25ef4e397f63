/*
 * Access to user memory from the kernel. The range must lie below TASK_SIZE; a page that cannot be
 * had ends the copy: the fault handler finds the faulting instruction in the exception table
 * (section __ex_table, made by arch/x86_64/uaccess.asm) and resumes at its fix-up. SMAP is opened
 * (STAC) only around the copying instruction. May sleep (page faults): never under a spinlock.
 */
#pragma once

#include "asm/page.h"
#include "libk/abi/errno.h"
#include "libk/compiler.h"
#include "libk/types.h"

/* Is [p, p + n) entirely below TASK_SIZE? */
static inline bool access_ok(const void __user *p, size_t n)
{
	return n <= TASK_SIZE && (unsigned long)p <= TASK_SIZE - n;
}

/* Raw copies: return the number of bytes NOT copied, 0 for success. No range check.
 * (uaccess.asm) */
unsigned long __copy_user(void *to, const void *from, unsigned long n);
unsigned long __clear_user(void __user *to, unsigned long n);
/* Atomic operations on a user word, for futexes: 0 or -EFAULT; the old value through old.
 * (uaccess.asm) */
int __cmpxchg_user_4(u32 *old, u32 __user *p, u32 expect, u32 desired);
int __xchg_user_4(u32 *old, u32 __user *p, u32 value);
int __xadd_user_4(u32 *old, u32 __user *p, u32 value);

/* The live FPU registers to and from user memory (asm/processor.h has their layout): 0, or -EFAULT,
 * also for an image that is not valid. */
int __fxsave_user(void __user *to);
int __fxrstor_user(const void __user *from);
int __xsave_user(void __user *to, u64 components);
int __xrstor_user(const void __user *from, u64 components);

/*
 * Several words one by one, straight between registers and user memory:
 *
 *	user_access_begin();
 *	unsafe_put_user(value, &frame->field, efault);	a fault goes to the label efault
 *	unsafe_get_user(variable, &frame->field, efault);
 *	user_access_end();	also behind efault
 *
 * The range was checked before; in between nothing but such lines and plain C, no calls.
 */
#define __SMAP_SITE(code)							\
	__asm__ volatile("1: .byte 0x0f, 0x1f, 0x00\n"				\
			 ".pushsection smap_sites, \"a\"\n"			\
			 ".quad 1b, " #code "\n"				\
			 ".popsection" : : : "memory")
#define user_access_begin() __SMAP_SITE(0xcb010f)	/* STAC */
#define user_access_end() __SMAP_SITE(0xca010f)		/* CLAC */

#define __EX_MOV(operands, fixup)						\
	"1: mov " operands "\n"						\
	".pushsection __ex_table.inline, \"a\"\n"				\
	".quad 1b, 1b + 1, " fixup "\n"						\
	".popsection"
#define unsafe_put_user(x, p, label)						\
	__asm__ volatile goto(__EX_MOV("%0, %1", "%l2")				\
			      : : "r"((__typeof__(*(p)))(x)), "m"(*(p)) : "memory" : label)
/* The empty asm keeps gcc 12 from moving the result's use before it. */
#define unsafe_get_user(x, p, label)						\
	do {									\
		__typeof__(x) __x;						\
										\
		_Static_assert(sizeof(x) == sizeof(*(p)), "of one size");	\
		__asm__ volatile goto(__EX_MOV("%1, %0", "%l2")			\
				      : "=r"(__x) : "m"(*(p)) : "memory" : label); \
		__asm__("");							\
		(x) = __x;							\
	} while (0)

/* One word of N bytes. No range check. 0 or -EFAULT. */
#define __USER_WORD(N, type)							\
static inline int __get_user_##N(type *to, const void __user *from)		\
{										\
	user_access_begin();							\
	unsafe_get_user(*to, (const type __user *)from, efault);		\
	user_access_end();							\
	return 0;								\
efault:										\
	user_access_end();							\
	return -EFAULT;								\
}										\
static inline int __put_user_##N(type value, void __user *to)			\
{										\
	user_access_begin();							\
	unsafe_put_user(value, (type __user *)to, efault);			\
	user_access_end();							\
	return 0;								\
efault:										\
	user_access_end();							\
	return -EFAULT;								\
}
__USER_WORD(8, u64)
__USER_WORD(4, u32)
__USER_WORD(1, u8)

/* Return the number of bytes not copied (Linux's convention); 0 = all. */
static inline unsigned long __must_check copy_from_user(void *to, const void __user *from,
							unsigned long n)
{
	return access_ok(from, n) ? __copy_user(to, from, n) : n;
}

static inline unsigned long __must_check copy_to_user(void __user *to, const void *from,
						      unsigned long n)
{
	return access_ok(to, n) ? __copy_user(to, from, n) : n;
}

static inline unsigned long __must_check clear_user(void __user *to, unsigned long n)
{
	return access_ok(to, n) ? __clear_user(to, n) : n;
}

/* Copies a string of at most n bytes including its NUL. Length without NUL, or n when there was no
 * NUL in n bytes, or -EFAULT. */
long strncpy_from_user(char *to, const char __user *from, long n);
/* Length including the NUL, 0 on a fault, > n when longer than n. */
long strnlen_user(const char __user *s, long n);
/* A structure that may be of an older or newer version: what lacks becomes 0, and what is not known
 * here must be. 0, -E2BIG, -EFAULT. */
int copy_struct_from_user(void *to, size_t ksize, const void __user *from, size_t usize);

/* get_user(x, p): x = *p. put_user(x, p): *p = x. 0 or -EFAULT. Types of 1, 4 or 8 bytes. */
#define get_user(x, p)								\
({										\
	int __e = -EFAULT;							\
	union { u8 b; u32 w; u64 q; } __v = { .q = 0 };				\
	if (access_ok((p), sizeof(*(p))))					\
		__e = sizeof(*(p)) == 8 ? __get_user_8(&__v.q, (p)) :		\
		      sizeof(*(p)) == 4 ? __get_user_4(&__v.w, (p)) :		\
					  __get_user_1(&__v.b, (p));		\
	(x) = (__typeof__(*(p)))(sizeof(*(p)) == 8 ? __v.q :			\
				 sizeof(*(p)) == 4 ? (u64)__v.w : (u64)__v.b);	\
	__e;									\
})

#define put_user(x, p)								\
({										\
	__typeof__(*(p)) __x = (x);						\
	access_ok((p), sizeof(*(p))) ?						\
		(sizeof(*(p)) == 8 ? __put_user_8((u64)__x, (p)) :		\
		 sizeof(*(p)) == 4 ? __put_user_4((u32)(u64)__x, (p)) :		\
				     __put_user_1((u8)(u64)__x, (p))) :		\
		-EFAULT;							\
})
