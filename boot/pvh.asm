; Entry from QEMU's -kernel (and Xen): the PVH protocol.
;
; An ELF note of type 18 (XEN_ELFNOTE_PHYS32_ENTRY) holds the physical address to enter at, in
; 32-bit protected mode, paging and
; interrupts off, with   ebx -> struct hvm_start_info (bootinfo.c reads it).
; Source: Xen's docs/misc/pvh.pandoc and include/public/arch-x86/hvm/start_info.h.

KERNEL_BASE	equ 0xffffffff80000000
PVH_MAGIC	equ 0x336ec578	; also the first word of hvm_start_info

	extern long_mode_start
	global pvh_entry

section .note.xen note align=4
	dd 4			; length of the name
	dd 8			; length of the descriptor
	dd 18			; XEN_ELFNOTE_PHYS32_ENTRY
	db "Xen", 0
	dq pvh_entry - KERNEL_BASE

section .boot.text progbits alloc exec nowrite align=16
bits 32
pvh_entry:
	mov edi, PVH_MAGIC
	jmp long_mode_start
