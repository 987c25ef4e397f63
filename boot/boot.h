/* Between the files of boot/ and arch/x86_64/setup.c: the way from the loader to start_kernel().
 * Boot CPU only. */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

#define MULTIBOOT2_BOOT_MAGIC 0x36d76289u

/* Below this much usable RAM we do not try: 16 MiB less what firmware keeps. */
#define BOOT_MIN_RAM (15UL << 20)

/* From long_mode.asm, on init_stack: magic tells which protocol, info is physical. */
void __noreturn x86_64_start(u32 magic, u64 info);

void boot_info_init(u32 magic, u64 info);
void boot_memory_init(void);

/* Takes [start, end), physical, out of what early_alloc_pages() may give. An empty range is
 * fine. */
void early_reserve(u64 start, u64 end);
/* How far the current page tables map RAM: 4 GiB at first; paging.c raises it. */
extern u64 early_memory_end;
/* One free page of RAM below 1 MiB, reserved, for the APs' first instructions; 0: there is none. */
u64 early_alloc_low_page(void);

/* The parts of the image; linker.ld. */
extern char _image_start[], _text[], _etext[], _rodata[], _erodata[], _end[];

/* long_mode.asm: the boot CPU's stack; page tables (physical), stack and function that a starting
 * CPU goes on with. */
extern char init_stack[];
extern u64 initial_pgd, initial_stack;
extern void (*initial_code)(void);
