; The first instructions of an application processor (AP).
;
; After power-on only the boot CPU runs; the others wait for two messages from it, sent through the
; local APICs:
;
; boot CPU (smp.c)                          AP
; copies this code to a page below 1 MiB    waiting
; INIT IPI         ---------------------->  resets itself
; STARTUP IPI (SIPI), vector = page number -->  starts in real mode at page:0000
;                                           here: protected mode, then boot/long_mode.asm: long mode
; waits for cpu->online, for a while        start_secondary(): tables, APIC, timer; online = true
;
; The code runs at a physical address that is known only at boot: all it uses is relative to CS. SDM
; vol. 3A 9.4 and 9.9.1.

KERNEL_BASE	equ 0xffffffff80000000
CS32		equ 0x08	; of the boot GDT

	global trampoline_start, trampoline_end
	extern boot_gdt, ap_protected_mode

section .rodata
bits 16
trampoline_start:
	cli
	cld
	mov ax, cs
	mov ds, ax
	o32 lgdt [gdtr - trampoline_start]
	mov eax, cr0
	or al, 1			; PE: protected mode ...
	mov cr0, eax
	jmp dword CS32:(ap_protected_mode - KERNEL_BASE)	; ... from the next loading of CS on
	align 4
gdtr:
	dw 4 * 8 - 1
	dd boot_gdt - KERNEL_BASE
trampoline_end:

