; The context switch of the green threads: what a function must keep, and the stack.
;
; void green_switch(void **from rdi, void *to rsi)
;
;	saved stack:	r15 r14 r13 r12 rbx rbp | return address
;
; It is the kernel's switch_to in small: the caller of green_switch() believes that it calls a
; function; it returns when somebody switches back. Nothing else needs saving, since a call may
; change all other registers anyway.

global green_switch, green_start
extern green_main

section .text
green_switch:
	push	rbp
	push	rbx
	push	r12
	push	r13
	push	r14
	push	r15
	mov	[rdi], rsp
	mov	rsp, rsi
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbx
	pop	rbp
	ret

; A new thread's stack is made to look as if it had called green_switch() from here, with itself in
; rbx.
green_start:
	mov	rdi, rbx
	call	green_main
	ud2

section .note.GNU-stack noalloc noexec nowrite progbits
