; The context switch: the one place where a stack is exchanged for another.
;
; struct task_struct *switch_to(struct task_struct *prev (rdi), struct task_struct *next (rsi))
;
; Called by context_switch() with the run-queue lock held and interrupts off. To the compiler it is
; an ordinary function, so everything that a function may destroy is saved already, on prev's stack,
; by the caller. What is left are the six registers that a function must preserve. They are pushed
; on prev's stack, rsp is noted in prev, next's rsp is loaded, and the six are popped from there:
; from next's stack, where next pushed them when it called switch_to itself.
;
; prev's stack                    next's stack
; | ...            |              | ...            |
; | context_switch |              | context_switch |
; | return address |              | return address | <- RET goes there: behind next's own call
; | rbp            |              | rbp            |
; | rbx            |              | rbx            |
; | r12            |              | r12            |
; | r13            |              | r13            |
; | r14            |              | r14            |
; | r15            |              | r15            |
; ^ prev->thread.sp               ^ next->thread.sp
;
; Who is running when this function returns? next; and prev has not returned yet: its call ends when
; somebody switches to it. So the value it returns, "the task that ran before", cannot be a local
; variable of the caller (that would be next's old one): it is handed over in rax, the one register
; that crosses from stack to stack. A task that never ran has the same picture made by
; copy_thread(), with ret_from_fork as return address.

%include "asm-offsets.inc"

section .text
global	switch_to
switch_to:
	push	rbp
	push	rbx
	push	r12
	push	r13
	push	r14
	push	r15
	mov	[rdi + TASK_SP], rsp		; prev sleeps here
	; *** from this instruction on we stand on next's stack ***
	mov	rsp, [rsi + TASK_SP]
	mov	[gs:CPU_CURRENT], rsi		; current = next
	; functions on next's stack compare with next's canary
	mov	rax, [rsi + TASK_STACK_CANARY]
	mov	[gs:CPU_CANARY], rax
	mov	rax, rdi			; the answer: prev
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbx
	pop	rbp
	ret					; into next's context_switch(), or ret_from_fork
