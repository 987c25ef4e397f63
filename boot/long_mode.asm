; From 32-bit protected mode into 64-bit C code in the kernel's half of the address space.
;
; The boot CPU comes here from GRUB or QEMU, the others from arch/x86_64/trampoline.asm:
;
;   real mode 16 bit --> protected mode 32 bit ----------> long mode 64 bit --> higher half
;   (APs: SIPI)          (boot CPU starts here)            far jump to a         jmp to
;   CR0.PE, far jump     no paging; CR4.PAE, CR3 =         64-bit CS             ffffffff80...
;                        boot_pml4, EFER.LME, CR0.PG
;
; Until the last step the CPU executes at physical addresses, while everything is linked at
; KERNEL_BASE + physical. Hence PHYS(x). The first page tables map the first 4 GiB three times, in 2
; MiB pages, without protection:
;
;   boot_pml4[0]   -> boot_pdpt[0..3]         -> boot_pd: 0..4 GiB at 0 (where we are running)
;   boot_pml4[273] -> boot_pdpt[0..3]         -> boot_pd at ffff888000000000 (direct map)
;   boot_pml4[511] -> boot_pdpt_high[510,511] -> boot_pd at ffffffff80000000 (the image)
;
; arch/x86_64/paging.c replaces them by the real ones; APs come through them once more. Source: SDM
; vol. 3A 9.8.5 and 4.5.

KERNEL_BASE	equ 0xffffffff80000000
%define PHYS(x)	((x) - KERNEL_BASE)

PTE_P		equ 1
PTE_W		equ 2
PTE_PS		equ 0x80
CR0_PE		equ 1 << 0
CR0_WP		equ 1 << 16
CR0_PG		equ 1 << 31
CR4_PAE		equ 1 << 5
MSR_EFER	equ 0xc0000080
EFER_LME	equ 1 << 8
EFER_NXE	equ 1 << 11
CPUID_LM	equ 1 << 29
CPUID_NX	equ 1 << 20
CS64		equ 0x10	; as in the final GDT: asm/desc.h
DATA_SEL	equ 0x18
COM1		equ 0x3f8

	global long_mode_start, ap_protected_mode, boot_gdt
	global init_stack, initial_pgd, initial_stack, initial_code
	extern x86_64_start

section .boot.text progbits alloc exec nowrite align=16
bits 32

; The boot CPU. edi = magic number of the boot protocol, ebx = physical address of its information;
; nothing else is relied on.
long_mode_start:
	cli
	cld
	mov esp, PHYS(init_stack_end)
	mov esi, ebx			; cpuid destroys ebx
	mov eax, 0x80000000
	cpuid
	cmp eax, 0x80000001
	jb no_long_mode
	mov eax, 0x80000001
	cpuid
	and edx, CPUID_LM | CPUID_NX
	cmp edx, CPUID_LM | CPUID_NX
	jne no_long_mode

	mov eax, PTE_P | PTE_W | PTE_PS	; 2048 large pages: 4 GiB
	xor ecx, ecx
.fill:
	mov [PHYS(boot_pd) + ecx * 8], eax
	add eax, 0x200000
	inc ecx
	cmp ecx, 2048
	jb .fill
	mov eax, PHYS(boot_pd) + PTE_P + PTE_W
	mov [PHYS(boot_pdpt_high) + 510 * 8], eax
	lea edx, [eax + 0x1000]
	mov [PHYS(boot_pdpt_high) + 511 * 8], edx
	xor ecx, ecx
.pdpt:
	mov [PHYS(boot_pdpt) + ecx * 8], eax
	add eax, 0x1000
	inc ecx
	cmp ecx, 4
	jb .pdpt
	mov dword [PHYS(boot_pml4) + 0 * 8], PHYS(boot_pdpt) + PTE_P + PTE_W
	mov dword [PHYS(boot_pml4) + 273 * 8], PHYS(boot_pdpt) + PTE_P + PTE_W
	mov dword [PHYS(boot_pml4) + 511 * 8], PHYS(boot_pdpt_high) + PTE_P + PTE_W
	; fall through

; Every CPU, once: page tables are there; edi and esi are kept for the C function.
enter_long_mode:
	lgdt [PHYS(boot_gdtr)]
	mov eax, CR4_PAE
	mov cr4, eax
	mov eax, PHYS(boot_pml4)
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME | EFER_NXE
	wrmsr
	mov eax, CR0_PG | CR0_WP | CR0_PE
	mov cr0, eax			; now in long mode, but still on 32-bit code ...
	jmp CS64:PHYS(long_mode)	; ... until CS is a 64-bit segment

; An application processor, from the trampoline: flat 32-bit code segment, no stack, no paging.
ap_protected_mode:
	mov ax, DATA_SEL
	mov ds, ax
	mov ss, ax
	jmp enter_long_mode

; No long mode: nothing of ours can run, so say so on the first serial port and stay here.
no_long_mode:
	mov ebx, PHYS(message)
.next:
	mov dx, COM1 + 5
	mov ecx, 100000			; a port that is not there must not hang us
.wait:
	in al, dx
	test al, 0x20
	loopz .wait
	mov al, [ebx]
	test al, al
	jz .halt
	mov dx, COM1
	out dx, al
	inc ebx
	jmp .next
.halt:
	hlt
	jmp .halt

bits 64
long_mode:
	mov ax, DATA_SEL
	mov ds, ax
	mov es, ax
	mov ss, ax
	xor eax, eax
	mov fs, ax
	mov gs, ax
	mov rax, higher_half
	jmp rax
higher_half:
	mov rax, [initial_pgd]		; an AP's stack is mapped only in the final tables
	mov cr3, rax
	mov rsp, [initial_stack]
	xor ebp, ebp			; where backtraces end
	mov edi, edi			; upper halves are undefined after the change of mode
	mov esi, esi
	; the call leaves rsp as the ABI wants it at a function's first instruction
	call [initial_code]
	ud2				; neither function returns

section .rodata
message: db "Bobbin needs a 64-bit x86 CPU with NX (long mode).", 13, 10, 0

; Flat segments at the final GDT's selectors, so that no CPU need reload CS when it changes over.
	align 8
boot_gdt:
	dq 0
	dq 0x00cf9b000000ffff		; 0x08 code, 32 bit
	dq 0x00af9b000000ffff		; 0x10 code, 64 bit
	dq 0x00cf93000000ffff		; 0x18 data
boot_gdtr:
	dw $ - boot_gdt - 1
	dd PHYS(boot_gdt)

section .data
	align 8
; Where a CPU goes on: the boot CPU's values; arch/x86_64/smp.c writes those of each AP before it
; starts it.
initial_pgd:	dq PHYS(boot_pml4)
initial_stack:	dq init_stack_end
initial_code:	dq x86_64_start

section .bss.page_aligned nobits alloc write noexec align=4096
boot_pml4:	resb 4096
boot_pdpt:	resb 4096
boot_pdpt_high:	resb 4096
boot_pd:	resb 4 * 4096
init_stack_guard:	resb 4096		; unmapped by paging.c: the guard page of init_stack
init_stack:	resb 16384		; THREAD_SIZE: the boot CPU's stack, later init_task's
init_stack_end:
