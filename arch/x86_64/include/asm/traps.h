/* What entry.asm calls. */
#pragma once

struct pt_regs;

void trap_handler(struct pt_regs *regs, unsigned long vector);
void do_rt_sigreturn(struct pt_regs *regs);
