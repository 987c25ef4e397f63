; The functions that C cannot write: they return twice, on another stack, or not at all.

%define NR_rt_sigreturn 15
%define NR_clone	56
%define NR_vfork	58
%define NR_exit		60
%define NR_clone3	435

global __restore_rt, vfork, clone, __clone3, setjmp, longjmp
extern __syscall_ret

section .text

; A signal handler returns to here; rsp points at the ucontext the kernel wrote.
__restore_rt:
	mov	eax, NR_rt_sigreturn
	syscall

; The child runs on our stack and overwrites the return address: keep it in a register.
vfork:
	pop	rdx
	mov	eax, NR_vfork
	syscall
	push	rdx
	mov	rdi, rax
	jmp	__syscall_ret

; clone(fn rdi, stack rsi, flags edx, arg rcx, ptid r8, tls r9, ctid [rsp+8])
; The child starts on the new stack: fn and arg travel there.
clone:
	and	rsi, -16
	sub	rsi, 16
	mov	[rsi], rdi
	mov	[rsi + 8], rcx
	movsxd	rdi, edx
	mov	rdx, r8			; parent_tid
	mov	r10, [rsp + 8]		; child_tid
	mov	r8, r9			; tls
	mov	eax, NR_clone
	syscall
	test	rax, rax
	jz	.child
	mov	rdi, rax
	jmp	__syscall_ret
.child:
	xor	ebp, ebp
	pop	rax
	pop	rdi
	call	rax
	mov	edi, eax
	mov	eax, NR_exit
	syscall
	ud2

; __clone3(args rdi, size rsi, fn rdx, arg rcx): as glibc's of that name. The child keeps every
; register, so fn and arg can stay where they are, except rcx, which SYSCALL takes.
__clone3:
	mov	r8, rcx
	mov	eax, NR_clone3
	syscall
	test	rax, rax
	jz	.child
	mov	rdi, rax
	jmp	__syscall_ret
.child:
	xor	ebp, ebp
	and	rsp, -16		; aligned, also when the child has a copy of our stack
	mov	rdi, r8
	call	rdx
	mov	edi, eax
	mov	eax, NR_exit
	syscall
	ud2

; setjmp(rdi): the registers a callee must keep, the caller's stack, where to go on.
setjmp:
	mov	[rdi], rbx
	mov	[rdi + 8], rbp
	mov	[rdi + 16], r12
	mov	[rdi + 24], r13
	mov	[rdi + 32], r14
	mov	[rdi + 40], r15
	lea	rax, [rsp + 8]
	mov	[rdi + 48], rax
	mov	rax, [rsp]
	mov	[rdi + 56], rax
	xor	eax, eax
	ret

longjmp:
	mov	eax, esi
	test	eax, eax
	jnz	.load
	inc	eax			; setjmp must not return 0 a second time
.load:
	mov	rbx, [rdi]
	mov	rbp, [rdi + 8]
	mov	r12, [rdi + 16]
	mov	r13, [rdi + 24]
	mov	r14, [rdi + 32]
	mov	r15, [rdi + 40]
	mov	rsp, [rdi + 48]
	jmp	[rdi + 56]

section .note.GNU-stack noalloc noexec nowrite progbits
