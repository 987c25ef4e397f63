/*
 * ELF64, as far as a loader of static programs (and a reader of kernel symbols) needs it.
 */
#pragma once

#include "libk/types.h"

typedef u64 Elf64_Addr, Elf64_Off, Elf64_Xword;
typedef u32 Elf64_Word;
typedef u16 Elf64_Half;
typedef s64 Elf64_Sxword;

enum {
	EI_CLASS = 4, EI_DATA, EI_VERSION, EI_OSABI, EI_PAD, EI_NIDENT = 16, SELFMAG = 4,
	ELFCLASS64 = 2, ELFDATA2LSB = 1, EV_CURRENT = 1, ELFOSABI_NONE = 0, ELFOSABI_LINUX = 3,
	ET_REL = 1, ET_EXEC, ET_DYN, ET_CORE, EM_386 = 3, EM_X86_64 = 62,
	PT_NULL = 0, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_SHLIB, PT_PHDR, PT_TLS,
	PT_GNU_EH_FRAME = 0x6474e550, PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY,
	PF_X = 1, PF_W = 2, PF_R = 4,
	SHT_SYMTAB = 2, SHT_STRTAB = 3, STT_FUNC = 2,
	NT_PRSTATUS = 1, NT_PRFPREG = 2, NT_PRPSINFO = 3, NT_AUXV = 6,
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
	Elf64_Word sh_name, sh_type;
	Elf64_Xword sh_flags;
	Elf64_Addr sh_addr;
	Elf64_Off sh_offset;
	Elf64_Xword sh_size;
	Elf64_Word sh_link, sh_info;
	Elf64_Xword sh_addralign, sh_entsize;
} Elf64_Shdr;

typedef struct {
	Elf64_Word st_name;
	unsigned char st_info, st_other;
	Elf64_Half st_shndx;
	Elf64_Addr st_value;
	Elf64_Xword st_size;
} Elf64_Sym;

typedef struct {
	Elf64_Word n_namesz, n_descsz, n_type;
} Elf64_Nhdr;

typedef struct {
	u64 a_type, a_val;
} Elf64_auxv_t;

#define ELF64_ST_TYPE(i)	((i) & 0xf)
