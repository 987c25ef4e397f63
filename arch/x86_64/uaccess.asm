; Copies between kernel and user memory. asm/uaccess.h declares and documents the functions; callers
; have checked the range.
;
; Any instruction here that touches user memory may fault. The fault handler (traps.c) first tries
; to make the page present; when that fails it looks the instruction up in the exception table and
; goes on at the fix-up instead. An entry covers a range of code:
;	dq first instruction, end, fix-up
; The copies keep three registers true at every such instruction: rdi (to), rsi (from), and rdx or
; rcx (bytes left), so that a fix-up knows exactly how far they came.

; STAC opens user memory to the kernel, CLAC closes it (SMAP, SDM vol. 3A 4.6). CPUs without SMAP
; fault on both, so each is assembled as a 3-byte NOP, and its place and true code are noted in the
; section smap_sites: smap_patch() writes them in when the CPU has SMAP.
%macro SMAP_SITE 1
%%site:	db 0x0f, 0x1f, 0x00
	[section smap_sites progbits alloc noexec nowrite align=8]
	dq %%site, %1
	__?SECT?__
%endmacro
%define STAC SMAP_SITE 0xcb010f
%define CLAC SMAP_SITE 0xca010f

EFAULT		equ 14
LONG_COPY	equ 64		; from here on REP is worth its start-up cost

	global __copy_user, __clear_user
	global __cmpxchg_user_4, __xchg_user_4, __xadd_user_4
	global __fxsave_user, __fxrstor_user, __xsave_user, __xrstor_user

%macro EX_TABLE 3
	[section __ex_table progbits alloc noexec nowrite align=8]
	dq %1, %2, %3
	__?SECT?__
%endmacro

section .text

; unsigned long __copy_user(void *to, const void *from, unsigned long n)
__copy_user:
	STAC
.start:
	cmp rdx, 8
	jb .bytes
	cmp rdx, LONG_COPY
	jae .long
	sub rdx, 16
	jb .word
.pair:				; rdx = bytes left after this pair
	mov rax, [rsi]
	mov rcx, [rsi + 8]
	mov [rdi], rax
	mov [rdi + 8], rcx
	add rsi, 16
	add rdi, 16
	sub rdx, 16
	jae .pair
.word:				; 0 .. 15 bytes left, rdx is 16 less
	test dl, 8
	jz .no_word
	mov rax, [rsi]
	mov [rdi], rax
	add rsi, 8
	add rdi, 8
	sub rdx, 8
.no_word:
	add rdx, 16
.bytes:
	test edx, edx
	jz .done
.byte:
	mov al, [rsi]
	mov [rdi], al
	inc rsi
	inc rdi
	dec edx
	jnz .byte
.done:
	CLAC
	xor eax, eax
	ret
.long:
	mov rcx, rdx
	and edx, 7
	shr rcx, 3
.rep:
	rep movsq
.rep_end:
	jmp .bytes
.end:
; A word may have straddled the page that is missing: its first bytes are still to be copied. So all
; fix-ups end in a loop of bytes.
.fix_long:
	lea rdx, [rdx + rcx * 8]
	jmp .fix
.fix_words:
	add rdx, 16
.fix:
	mov rcx, rdx
.last:
	rep movsb
.last_end:
.fix_last:
	CLAC
	mov rax, rcx
	ret
EX_TABLE .rep, .rep_end, .fix_long
EX_TABLE .pair, .no_word, .fix_words
EX_TABLE .no_word, .rep, .fix
EX_TABLE .last, .last_end, .fix_last

; unsigned long __clear_user(void *to, unsigned long n)
__clear_user:
	STAC
	xor eax, eax
	mov rcx, rsi
	mov edx, esi
	shr rcx, 3
	and edx, 7
.rep:
	rep stosq
.rep_end:
	mov ecx, edx
.last:
	rep stosb
.last_end:
.fix_last:
	CLAC
	mov rax, rcx
	ret
.fix:
	lea rcx, [rdx + rcx * 8]
	jmp .last
EX_TABLE .rep, .rep_end, .fix
EX_TABLE .last, .last_end, .fix_last

; No registers to save, so one fix-up serves them all.
words:
; int __NAME_user_4(u32 *old, u32 *p, u32 value): for cmpxchg value is what is expected, and
; a fourth argument what is to be stored.
%macro ATOMIC_USER 2+			; name, instruction: eax = value in, the old one out
__%1_user_4:
	mov eax, edx
	STAC
	%2
%endmacro
	ATOMIC_USER cmpxchg, lock cmpxchg [rsi], ecx
	jmp word_old
	ATOMIC_USER xchg, xchg [rsi], eax
	jmp word_old
	ATOMIC_USER xadd, lock xadd [rsi], eax
word_old:
	mov [rdi], eax
	jmp word_done
; int __fxsave_user(void *to), int __fxrstor_user(const void *from): the whole state at once; what
; XRSTOR finds invalid is a #GP, which ends here too
__fxsave_user:
	STAC
	fxsave64 [rdi]
	jmp word_done
__fxrstor_user:
	STAC
	fxrstor64 [rdi]
	jmp word_done
; int __xsave_user(void *to, u64 components), int __xrstor_user(const void *from, u64 components)
__xsave_user:
	mov eax, esi
	mov rdx, rsi
	shr rdx, 32
	STAC
	xsave64 [rdi]
	jmp word_done
__xrstor_user:
	mov eax, esi
	mov rdx, rsi
	shr rdx, 32
	STAC
	xrstor64 [rdi]
word_done:
	CLAC
	xor eax, eax
	ret
words_end:
fault:
	CLAC
	mov rax, -EFAULT
	ret
EX_TABLE words, words_end, fault
