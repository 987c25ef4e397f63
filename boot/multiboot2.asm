; Entry from GRUB: the multiboot2 header, and the first instruction GRUB jumps to.
;
; GRUB finds the header in the first 32 KiB of the file, loads the ELF segments at their physical
; addresses and enters in 32-bit
; protected mode, paging and interrupts off, with   eax = 0x36d76289
; and   ebx -> multiboot2 information (bootinfo.c reads it).
; It is the same from BIOS and from UEFI: a header without EFI tags makes GRUB leave the firmware
; before it enters. Source: the Multiboot2 Specification 2.0, sections 3.1 and 3.3.

KERNEL_BASE	equ 0xffffffff80000000
MAGIC		equ 0xe85250d6
ARCH_I386	equ 0		; 32-bit protected mode
LENGTH		equ header_end - header

	extern long_mode_start
	global multiboot2_entry

section .boot.header progbits alloc exec nowrite align=8
header:
	dd MAGIC, ARCH_I386, LENGTH, 0x100000000 - (MAGIC + ARCH_I386 + LENGTH)
	; tag 1: what we need to be told: the command line (1), modules (3), the memory map (6)
	align 8
	dw 1, 0
	dd 8 + 3 * 4
	dd 1, 3, 6
	; tag 3: where to jump to, a physical address
	align 8
	dw 3, 0
	dd 12
	dd multiboot2_entry - KERNEL_BASE
	; tag 6: modules shall begin on a page
	align 8
	dw 6, 0
	dd 8
	; tag 0: the end
	align 8
	dw 0, 0
	dd 8
header_end:

section .boot.text progbits alloc exec nowrite align=16
bits 32
multiboot2_entry:
	mov edi, eax		; the magic number tells x86_64_start() who booted us
	jmp long_mode_start
