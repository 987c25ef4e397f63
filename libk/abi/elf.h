/*
 * ELF64, as far as a loader of static programs needs it.
 */
#pragma once

#include "libk/types.h"

typedef u64 Elf64_Addr, Elf64_Off, Elf64_Xword;
typedef u32 Elf64_Word;
typedef u16 Elf64_Half;

enum {
	EI_CLASS = 4, EI_DATA, EI_VERSION, EI_NIDENT = 16, SELFMAG = 4, ELFCLASS64 = 2,
	ELFDATA2LSB = 1, ET_EXEC = 2, ET_DYN, EM_X86_64 = 62, PT_NULL = 0, PT_LOAD,
	PT_INTERP = 3, PT_NOTE, PT_TLS = 7, PF_X = 1, PF_W = 2, PF_R = 4,
};

#define ELFMAG	"\177ELF"

typedef struct {
	unsigned char e_ident[EI_NIDENT];
	Elf64_Half e_type, e_machine;
	Elf64_Word e_version;
	Elf64_Addr e_entry;
	Elf64_Off e_phoff, e_shoff;
	Elf64_Word e_flags;
	Elf64_Half e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
} Elf64_Ehdr;

typedef struct {
	Elf64_Word p_type, p_flags;
	Elf64_Off p_offset;
	Elf64_Addr p_vaddr, p_paddr;
	Elf64_Xword p_filesz, p_memsz, p_align;
} Elf64_Phdr;

typedef struct {
	u64 a_type, a_val;
} Elf64_auxv_t;
