; The first user instruction of a program.
;
; The kernel enters here with nothing but a stack:
;
;	rsp -> argc | argv[0] ... NULL | envp[0] ... NULL | auxv pairs ... AT_NULL | strings
;
; rdx would be a function for atexit (a dynamic linker's); it is 0 on Linux for static programs.

global _start
extern __libc_start

section .text
_start:
	xor	ebp, ebp		; the outermost frame: debuggers stop here
	mov	rdi, rsp
	and	rsp, -16		; the ABI: rsp + 8 is a multiple of 16 at a function's entry
	call	__libc_start
	ud2

section .note.GNU-stack noalloc noexec nowrite progbits
