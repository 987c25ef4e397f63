; Where user mode ends and the kernel begins: system calls, interrupts and exceptions, and the ways
; back.
;
; Every way in leaves the same picture on the kernel stack of the running task, struct pt_regs
; (asm/ptrace.h):
;
; TSS.sp0 ->     +-----------+
;                | ss        |   the interrupted stack,
;                | sp        |   flags and instruction: pushed by the CPU for exceptions,
;                | flags     |   by us for SYSCALL (which pushes nothing: it only leaves rip in rcx
;                | cs        |   and rflags in r11)
;                | ip        |
;                | orig_ax   |   system call number; error code of an exception; 0
;                | di .. r11 |   what a C function may destroy
;                | bx .. r15 |   what a C function preserves: saved too, so that a signal frame or a
; rsp, regs ->   +-----------+   debugger finds everything in one place
;
; GS.base: in user mode it is the user's, in the kernel it points at this CPU's struct cpu; SWAPGS
; exchanges it with MSR_KERNEL_GS_BASE, exactly once on every way in from user mode and once on
; every way out. Interrupts are off wherever the two could be mistaken for each other. NMI, #DF and
; #MC can arrive even there; see entry_paranoid.

%include "asm-offsets.inc"

USER_CS	equ 0x33		; as on Linux; gdt.c has the table
USER_DS	equ 0x2b

extern	sys_call_table, nr_syscalls, trap_handler, exit_to_user_mode, schedule_tail, do_exit
extern	syscall_trace_enter, syscall_exit_to_user_mode, sys_ni_syscall, do_rt_sigreturn

section .text

%macro PUSH 1-*			; several registers, in the order given
  %rep %0
	push	%1
  %rotate 1
  %endrep
%endmacro

%macro POP 1-*
  %rep %0
	pop	%1
  %rotate 1
  %endrep
%endmacro

; Saves what a C function may destroy, then what it preserves. di is on the stack already.
%macro PUSH_REGS_BUT_DI 0
	PUSH	rsi, rdx, rcx, rax, r8, r9, r10, r11
	PUSH	rbx, rbp, r12, r13, r14, r15
%endmacro

%macro POP_REGS 0
	POP	r15, r14, r13, r12, rbp, rbx
	POP	r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
%endmacro

; --- system calls -----------------------------------------------------------
; From user mode: number in rax, arguments in rdi rsi rdx r10 r8 r9; the CPU put rip in rcx, rflags
; in r11, loaded CS and SS, and cleared IF, TF, DF and AC (SFMASK). rsp is still the user's and must
; not be trusted for a single push.
global	entry_SYSCALL_64
entry_SYSCALL_64:
	swapgs				; GS.base = this CPU's struct cpu
	mov	[gs:CPU_USER_RSP], rsp	; keep the user's rsp while we have no stack
	mov	rsp, [gs:CPU_TSS_SP0]	; top of this task's kernel stack
	push	USER_DS			; ss
	push	qword [gs:CPU_USER_RSP]	; sp: from here on we may be preempted
	push	r11			; flags
	push	USER_CS			; cs
	push	rcx			; ip
	push	rax			; orig_ax = number
	PUSH	rdi, rsi, rdx, rcx
	push	MINUS_ENOSYS		; ax: the answer if nobody gives another
	PUSH	r8, r9, r10, r11
	PUSH	rbx, rbp, r12, r13, r14, r15
	mov	rbx, [gs:CPU_CURRENT]	; the task: rbx survives the call
	sti				; everything the user owned is saved
	test	dword [rbx + TASK_FLAGS], ENTRY_WORK
	jnz	.trace
.dispatch:
	cmp	rax, [rel nr_syscalls]
	jae	.none
	; C wants the fourth argument in rcx, which SYSCALL had taken
	mov	rcx, r10
	call	[sys_call_table + rax * 8]
.done:
	; from the test of the flags to user mode nothing may set one unseen
	cli
	test	dword [rbx + TASK_FLAGS], EXIT_WORK
	jnz	.work
	; The quick way back, with the answer in rax. C has preserved rbp and r12 .. r15 for the
	; user; rbx we used ourselves; the others may hold anything.
	mov	rbx, [rsp + REGS_BX]
	mov	r10, [rsp + REGS_R10]
	mov	r9, [rsp + REGS_R9]
	mov	r8, [rsp + REGS_R8]
	mov	rdx, [rsp + REGS_DX]
	mov	rsi, [rsp + REGS_SI]
	mov	rdi, [rsp + REGS_DI]
	mov	rcx, [rsp + REGS_IP]	; for SYSRET
	mov	r11, [rsp + REGS_FLAGS]	; for SYSRET
	mov	rsp, [rsp + REGS_SP]	; interrupts are off, so nobody pushes on it
	swapgs				; GS.base = the user's
	o64 sysret
.none:
	mov	rdi, rax
	call	sys_ni_syscall
	jmp	.done
.trace:					; a tracer or the trace ring wants to see it first
	mov	rdi, rsp
	call	syscall_trace_enter	; rax = number to run, or -1
	; the call destroyed the arguments; the tracer may have changed them
	mov	rdi, [rsp + REGS_DI]
	mov	rsi, [rsp + REGS_SI]
	mov	rdx, [rsp + REGS_DX]
	mov	r10, [rsp + REGS_R10]
	mov	r8, [rsp + REGS_R8]
	mov	r9, [rsp + REGS_R9]
	cmp	rax, -1
	jne	.dispatch
	mov	rax, [rsp + REGS_AX]
	jmp	.done
.work:
	mov	[rsp + REGS_AX], rax
.work_in_frame:
	mov	rdi, rsp
	call	syscall_exit_to_user_mode	; may switch, deliver a signal, rewrite the frame
	; The frame may hold anything now: only IRET restores all of it, and faults in a controlled
	; way if ip is not canonical.
	jmp	restore_user

; The call that returns to another frame than the one it came with.
global	sys_rt_sigreturn
sys_rt_sigreturn:
	add	rsp, 8			; back to .done: the quick way restores too little
	mov	rdi, rsp
	call	do_rt_sigreturn
	cli
	test	dword [rbx + TASK_FLAGS], EXIT_WORK
	jnz	entry_SYSCALL_64.work_in_frame
	jmp	restore_user

; --- interrupts and exceptions ----------------------------------------------
; One stub per vector; idt.c puts their addresses into the IDT. The CPU has switched to the kernel
; stack (TSS.rsp0) if it came from user mode, pushed ss, sp, flags, cs, ip and, for some exceptions,
; an error code; interrupts are off.
%assign v 0
%rep 256
isr_%[v]:
  %if !(v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21 || v == 29 || v == 30)
	push	0			; no error code: the place of orig_ax is ours to fill
  %endif
	push	rdi
	mov	edi, v
  %if v == 2 || v == 8 || v == 18
	jmp	entry_paranoid
  %else
	jmp	entry_common
  %endif
  %assign v v + 1
%endrep

entry_common:
	PUSH_REGS_BUT_DI
	; flags: DF and AC off for C, IF off. (The user may have left any.)
	push	2
	popfq
	mov	rsi, rdi		; vector
	test	byte [rsp + REGS_CS], 3
	jz	.kernel
	swapgs				; came from user mode: GS.base = struct cpu
	xor	ebp, ebp		; the end of the kernel's chain of frames
	mov	rdi, rsp
	call	trap_handler
; Back to user mode with everything as in the frame. Also where a new task, exec and sigreturn
; arrive.
global	ret_to_user
ret_to_user:
	cli
	mov	rbx, [gs:CPU_CURRENT]
	test	dword [rbx + TASK_FLAGS], EXIT_WORK
	jz	restore_user
	mov	rdi, rsp
	call	exit_to_user_mode
restore_user:
	swapgs
	POP_REGS
	add	rsp, 8			; orig_ax
global	iret_user
; traps.c knows this address: an IRET that faults here is the user's fault
iret_user:
	iretq

; the kernel itself was interrupted: GS.base is right already
.kernel:
entry_common.kernel:
	; a frame record for backtraces: see dump.c, which knows pt_regs by trap_return
	mov	rbp, rsp
	mov	rdi, rsp
	call	trap_handler
global	trap_return
trap_return:
	POP_REGS
	add	rsp, 8
	iretq

; --- NMI, #DF, #MC ----------------------------------------------------------
; These may strike in the few instructions where CPL is 0 and GS.base is still the user's, and the
; user may hold any value there (WRGSBASE), so looking at it decides nothing. But each runs on its
; own IST stack, and gdt.c left the address of this CPU's struct cpu in the stack's topmost word:
;
;	IST stack:	| struct cpu * | <- last word; TSS.ISTn points 16 below the end
;			| ss .. ip     |
;			| ...          |
; Save GS.base as it is, load ours, restore it at the end.
entry_paranoid:
	PUSH_REGS_BUT_DI
	push	2
	popfq
	mov	r12, rdi		; vector
	mov	ecx, 0xc0000101		; MSR_GS_BASE
	rdmsr
	mov	r13d, eax		; r14:r13 = GS.base as it was
	mov	r14d, edx
	mov	rbx, rsp
	or	rbx, IST_SIZE - 1	; last byte of the (aligned) stack
	mov	rax, [rbx - 7]		; last word: struct cpu
	mov	rdx, rax
	shr	rdx, 32
	wrmsr
	mov	rbp, rsp
	mov	rdi, rsp
	mov	rsi, r12
	call	trap_handler
	mov	ecx, 0xc0000101
	mov	eax, r13d
	mov	edx, r14d
	wrmsr
	POP_REGS
	add	rsp, 8
	iretq

; --- the first steps of a new task ------------------------------------------
; switch_to pops the six registers that copy_thread() laid out and "returns" here, on the new task's
; stack:
;	rax = the task that ran before, rbx = function of a kernel thread or 0, r12 = its argument.
; The run-queue lock is still held from the other task's schedule(); schedule_tail() releases it.
global	ret_from_fork
ret_from_fork:
	mov	rdi, rax
	call	schedule_tail
	test	rbx, rbx
	jz	.user
	mov	rdi, r12
	; a kernel thread; returns only if it became a program (init)
	call	rbx
	jmp	ret_to_user
.user:					; its pt_regs say where it goes: out of fork, with ax = 0
	cli
	jmp	entry_SYSCALL_64.work_in_frame

section .rodata
global	isr_stub_table
isr_stub_table:				; addresses of the stubs, for idt.c
%assign v 0
%rep 256
	dq	isr_%[v]
  %assign v v + 1
%endrep
