; The system call that pthread_cancel() can break.
;
; A cancellation must act before the call has done anything, or not at all: a read() that was
; cancelled after it took bytes from a pipe would lose them. So the test of the flag and the
; `syscall` stand between two labels. The handler of SIGCANCEL looks where it interrupted the
; thread:
;
;	before __cp_begin	nothing to do: the test is still to come
;	[__cp_begin, __cp_end)	the call has not begun, or it slept and the kernel took it back (a
;				call that will be restarted has rip on the `syscall` again): go on
;				at __cp_cancel
;	from __cp_end on	the call is done, its result must be delivered
;
; A call that is not restarted returns -EINTR with rip at __cp_end: cancel_point.c tests the flag
; once more then.

global __syscall_cp_asm, __cp_begin, __cp_end, __cp_cancel
extern __cancel_action

section .text

; long __syscall_cp_asm(const int *cancel rdi, nr rsi, a rdx, b rcx, c r8, d r9, e [rsp + 8],
;			f [rsp + 16])
__syscall_cp_asm:
__cp_begin:
	cmp	dword [rdi], 0
	jne	__cp_cancel
	mov	rax, rsi
	mov	rdi, rdx
	mov	rsi, rcx
	mov	rdx, r8
	mov	r10, r9
	mov	r8, [rsp + 8]
	mov	r9, [rsp + 16]
	syscall
__cp_end:
	ret

; Never returns, so the frame it interrupted may be anything; 128 bytes below rsp may be in use
; (the ABI's red zone).
__cp_cancel:
	sub	rsp, 128
	and	rsp, -16
	call	[__cancel_action]
	ud2

section .note.GNU-stack noalloc noexec nowrite progbits
