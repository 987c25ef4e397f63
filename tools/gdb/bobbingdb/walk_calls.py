"""walk-syscall, walk-fork, walk-futex: a system call, the birth of a task, a wait and its wake-up."""
import gdb

from . import base, walk

CLONE_FLAGS = base.constants("libk/abi/sched.h", r"CLONE_\w+")
FRAME = ("ss", "sp", "flags", "cs", "ip", "orig_ax")
LONGEST = 3000


def user_mode():
    return walk.register("cs") & 3 == 3


def same(task):
    return lambda: base.address(base.current()) == base.address(task)


def step_over_calls(task):
    """An instruction; a call as a whole, however long the task sleeps in it."""
    mnemonic, _ = walk.instruction()
    if mnemonic != "call":
        walk.step()
        return
    walk.step()
    back = walk.word(walk.register("rsp"))
    walk.alone(False)
    walk.go_to(f"*{back:#x}", same(task))
    walk.alone(True)


# ---- walk-syscall ----

def symbol_now():
    return walk.place(walk.register("rip"))


class SyscallWalk:
    """One system call of a task, from the user's instruction back to the next one."""

    def __init__(self, task):
        self.task, self.who = task, base.who(task)
        self.number = walk.register("rax")
        self.name = base.syscall_name(self.number)
        walk.say(f"walk-syscall on CPU {base.selected_cpu()}: {self.who} calls {self.name}")
        self.story = walk.Story("user mode's registers", "the kernel's")

    def enter(self):
        tell, get = self.story.step, walk.register
        user_rip, user_rsp, user_flags = get("rcx"), get("rsp"), get("r11")
        tell("syscall", f"The instruction of {self.who} has put the address behind it into rcx and the flags into r11, and the CPU is in ring 0 at "
             "entry_SYSCALL_64. It has pushed nothing and changed no stack.", f"rip {user_rip:#x} rsp {user_rsp:#x}", f"rip {symbol_now()}")
        before = get("gs_base")
        walk.step()
        tell("swapgs", "GS.base pointed at what the user likes; now it points at this CPU's struct cpu, and the user's value waits in an MSR.",
             f"GS.base {before:#x}", f"GS.base {get('gs_base'):#x}")
        walk.step()
        tell("mov [gs:user_rsp], rsp", "The user's rsp is put aside: not one push may go to a stack that the user chose.", f"rsp {user_rsp:#x}")
        walk.step()
        tell("mov rsp, [gs:tss.sp0]", f"From here on we stand on {self.who}'s own kernel stack; the last switch to it put its top here.",
             f"rsp {user_rsp:#x}", f"rsp {get('rsp'):#x}")
        top = get("rsp")
        for name in FRAME:
            walk.step()
            tell(f"push {name}", PUSHED[name], None, f"{name} {walk.word(get('rsp')):#x} at {get('rsp'):#x}")
        while walk.instruction()[0] == "push":
            walk.step()
        tell("push di ... r15", "struct pt_regs is complete: all that the user had, in one place, where signals, ptrace and this debugger find it. "
             f"`pt-regs` shows it.", None, f"{(top - get('rsp')) // 8} words, rsp {get('rsp'):#x}")

    def call(self):
        tell = self.story.step
        while not walk.instruction()[0] == "call":
            if walk.instruction()[0] == "sti":
                tell("sti", "Interrupts may come again: from now on this system call can be preempted.")
            walk.step()
        walk.step()
        target, back = symbol_now(), walk.word(walk.register("rsp"))
        tell(f"call {target}", f"sys_call_table[{self.number}], with the user's arguments in the registers where C wants them.", None,
             f"rdi {walk.register('rdi'):#x} rsi {walk.register('rsi'):#x} rdx {walk.register('rdx'):#x}")
        switches = int(self.task["nvcsw"]) + int(self.task["nivcsw"])
        walk.alone(False)
        walk.go_to(f"*{back:#x}", same(self.task))
        walk.alone(True)
        left = int(self.task["nvcsw"]) + int(self.task["nivcsw"]) - switches
        result = walk.register("rax")
        value = result - (1 << 64) if result >> 63 else result
        tell(f"{target} returns {value}", "It did not give up the CPU." if not left else f"It left the CPU {left} time(s) on the way; now it runs "
             f"on CPU {base.selected_cpu()}.", None, f"rax {result:#x}")

    def leave(self):
        tell, get = self.story.step, walk.register
        popped = False
        for _ in range(LONGEST):
            mnemonic, text = walk.instruction()
            before_rsp, before_gs = get("rsp"), get("gs_base")
            if mnemonic == "call":
                tell(text.split("#")[0], "There is work to do before user mode: a signal, a switch, or a frame that only IRET can restore.")
            step_over_calls(self.task)
            if mnemonic == "cli":
                tell("cli", "The test whether there is work to do, and the way out after it, are one step to interrupts.")
            elif mnemonic == "pop" and not popped:
                popped = True
                tell("pop ...", "The registers get back what they had. rax comes from pt_regs too: the result.")
            elif mnemonic == "mov" and text.startswith("mov rbx"):
                tell("mov rbx ... r11", "The registers get back what they had; rcx and r11 get what SYSRET wants: ip and flags.")
            elif mnemonic == "mov" and text.startswith("mov rsp"):
                tell("mov rsp, [rsp + REGS_SP]", "Back on the user's stack. Nobody pushes here: interrupts are off.", f"rsp {get('rsp'):#x}", f"rsp {before_rsp:#x}")
            elif mnemonic == "swapgs":
                tell("swapgs", "The user's GS.base is back, struct cpu waits in the MSR.", f"GS.base {get('gs_base'):#x}", f"GS.base {before_gs:#x}")
            if user_mode():
                tell(mnemonic, f"{self.who} goes on behind its instruction, with the answer in rax.", f"rip {get('rip'):#x} rax {get('rax'):#x}")
                return
        raise walk.Interrupted("this system call does not end")


PUSHED = {
    "ss": "What the CPU would have pushed for an interrupt, so that every way in leaves the same picture: first the user's stack segment,",
    "sp": "the user's rsp, from where it was put aside (from now on nobody needs that place),",
    "flags": "the flags, from r11,",
    "cs": "the user's code segment,",
    "ip": "and the address to return to, from rcx.",
    "orig_ax": "The number of the system call: a signal may have to repeat it.",
}


class WalkSyscall(walk.Walk):
    """walk-syscall [NAME]: the next system call (of that name), from the user's instruction to the next one.

Shown are SWAPGS, the change of stacks, the frame that the entry code builds, the call through the table and the way back."""
    name = "walk-syscall"

    def run(self, words):
        if len(words) > 1:
            self.usage()
        wanted = words[0] if words else None
        if wanted and not gdb.lookup_global_symbol("sys_" + wanted):
            raise gdb.GdbError(f"there is no system call {wanted}")
        walk.go_to("*entry_SYSCALL_64", lambda: wanted in (None, base.syscall_name(walk.register("rax"))))
        walk.alone(True)
        call = SyscallWalk(base.current())
        call.enter()
        call.call()
        call.leave()


# ---- walk-fork ----

SHARED = (("mm", "CLONE_VM", "address space"), ("files", "CLONE_FILES", "descriptor table"), ("fs", "CLONE_FS", "working directory"),
          ("sighand", "CLONE_SIGHAND", "signal handlers"), ("signal", "CLONE_THREAD", "thread group"))


class Birth:
    """What copy_process() made, seen from the parent and from the child."""

    def __init__(self):
        walk.go_to("kernel_clone", lambda: base.address(base.current()["mm"]))
        self.parent = base.current()
        flags = int(base.pointer(walk.argument("args", "rdi"), "kernel_clone_args")["flags"])
        walk.go_to("wake_up_new_task", same(self.parent))
        self.child = base.pointer(walk.argument("p", "rdi"), "task_struct")
        self.mine, self.its = base.who(self.parent), f"child/{int(self.child['pid'])}"
        walk.say(f"walk-fork on CPU {base.selected_cpu()}: {self.mine} makes {self.its}, flags {base.flags(flags, CLONE_FLAGS, 'none')}")
        self.story = walk.Story(f"{self.mine}, the parent", f"{self.its}, the child")

    def copies(self):
        for field, flag, what in SHARED:
            mine, its = base.address(self.parent[field]), base.address(self.child[field])
            sentence = f"Shared, as {flag} asks: both point at the same {what}." if mine == its else f"Copied: without {flag} the child gets its own {what}."
            self.story.step(what, sentence, f"{field} {mine:#x}", f"{field} {its:#x}")

    def stacks(self):
        mine, its = base.user_regs(self.parent), base.user_regs(self.child)
        self.story.step("user registers", "The child's struct pt_regs is a copy of the parent's, so it will return to the same instruction; only ax, the result, "
                        "is 0 there (and sp, if a stack was given).", f"ip {int(mine['ip']):#x} sp {int(mine['sp']):#x}",
                        f"ip {int(its['ip']):#x} sp {int(its['sp']):#x} ax {int(its['ax']):#x}")
        for row in walk.stack_rows(self.child, base.address(self.child["thread"]["sp"]), 7):
            self.story.row("", row)
        self.story.step("kernel stack", "Below it copy_thread() put what switch_to pops: it looks as if the child had called switch_to, from ret_from_fork.",
                        f"rsp {walk.register('rsp'):#x}, runs", f"rsp {base.address(self.child['thread']['sp']):#x}, saved")
        self.story.step("wake_up_new_task", "The child is put on a run queue. From here on the two are independent, and either may run first.",
                        None, f"state {base.flags(int(self.child['state']), base.TASK_STATES, 'TASK_RUNNING')}")

    def child_runs(self):
        tell = self.story.step
        walk.alone(True)
        tell("ret_from_fork", f"switch_to has \"returned\" into the child, on CPU {base.selected_cpu()}, with the task that ran before in rax.", None,
             f"rsp {walk.register('rsp'):#x} rax {base.who(base.pointer(walk.register('rax'), 'task_struct'))}")
        for _ in range(LONGEST):
            mnemonic, _ = walk.instruction()
            name = symbol_now()
            step_over_calls(self.child)
            if mnemonic == "call":
                tell(f"{name}: call", CALLED.get(name.split("+")[0].split(".")[0], "Work to do before user mode."))
            elif mnemonic in ("je", "jz") and "user" in symbol_now() and "ret_from_fork" in name:
                tell("jz .user", "rbx is 0: not a kernel thread. There is no way back into copy_process() here: that stack is the parent's.")
            if user_mode():
                break
        tell(mnemonic, "The child is in user mode, behind the same instruction as the parent, and finds 0.", None,
             f"rip {walk.register('rip'):#x} rax {walk.register('rax'):#x}")
        walk.alone(False)

    def parent_returns(self):
        self.story.step("the parent's call returns", "The parent comes back the way it went, through all its callers, with the child's number.",
                        f"rax {walk.register('rax')}")

    def tell(self):
        self.copies()
        self.stacks()
        todo = [("*ret_from_fork", same(self.child), self.child_runs), ("entry_SYSCALL_64.done", same(self.parent), self.parent_returns)]
        done = base.address(base.evaluate("(unsigned long)&'entry_SYSCALL_64.done'"))
        todo[1] = (f"*{done:#x}", *todo[1][1:])
        while todo:
            which = walk.go_to_any([(where, good) for where, good, _ in todo])
            todo.pop(which)[2]()


CALLED = {"ret_from_fork": "schedule_tail() does what finish_task_switch() does for others: releases the run-queue lock that the task before us took.",
          "ret_to_user": "exit_to_user_mode() does what is due: a signal, a reschedule."}


class WalkFork(walk.Walk):
    """walk-fork: the next fork or clone of a program: what the child shares and what it gets, and by which path each of the two returns."""
    name = "walk-fork"

    def run(self, words):
        if words:
            self.usage()
        Birth().tell()


# ---- walk-futex ----

FUTEX_COMMAND = 0x7f
WAITS = (0, 9)


class Wait:
    """A futex wait and the wake-up that ends it."""

    def __init__(self, wanted):
        walk.go_to("*sys_futex", lambda: walk.register("rsi") & FUTEX_COMMAND in WAITS and wanted in (None, walk.register("rdi"))
                   and self.would_sleep())
        self.task, self.uaddr, self.value = base.current(), walk.register("rdi"), walk.register("rdx") & 0xffffffff
        self.who, self.mm = base.who(self.task), base.address(self.task["mm"])
        walk.say(f"walk-futex: {self.who} on CPU {base.selected_cpu()} waits at {self.uaddr:#x}")
        self.story = walk.Story(f"{self.who}, which waits", "who wakes it")

    @staticmethod
    def user_word(where):
        try:
            data = gdb.selected_inferior().read_memory(where, 4)
            return int.from_bytes(bytes(data), "little")
        except gdb.error:
            return None

    def would_sleep(self):
        return self.user_word(walk.register("rdi")) == walk.register("rdx") & 0xffffffff

    def word(self):
        value = self.user_word(self.uaddr)
        return "not readable" if value is None else f"{value:#x}"

    def at(self, function):
        walk.go_to(function, same(self.task))

    def goes_to_sleep(self):
        """False: it was woken before it slept, which is another story."""
        tell = self.story.step
        tell("FUTEX_WAIT", f"In user mode a compare-and-swap failed: the word was not what {self.who} hoped for. So it asks the kernel: put me to sleep, "
             f"but only if the word is still {self.value:#x}.", f"*{self.uaddr:#x} = {self.word()}")
        self.at("*futex_wait")
        tell("futex_wait", "It makes a waiter, struct futex_q, on the kernel stack. Its key says which futex it is: the address space and the address.",
             f"rsp {walk.register('rsp'):#x}")
        self.at("futex_enqueue")
        bucket = base.pointer(walk.argument("b", "rsi"), "futex_bucket")
        tell("futex_enqueue", f"The bucket is locked, and the word was read again under the lock: it still is {self.value:#x}. Whoever changes it from now on will "
             "find us in the queue.", f"bucket {base.address(bucket):#x}, lock {'held' if int(bucket['lock']['locked']) else 'free'}")
        self.at("futex_sleep")
        if not any(base.address(q["task"]) == base.address(self.task) for q in self.waiting()):
            return False
        tell("futex_sleep", "Queued, and the bucket is unlocked. A wake-up that comes now is not lost: the state is set first, the queue looked at second, and "
             "only then schedule() is called.", f"waiters here: {sum(1 for _ in self.waiting())}")
        walk.go_to("*switch_to", lambda: walk.register("rdi") == base.address(self.task) and int(self.task["state"]))
        tell("switch_to", f"{self.who} leaves CPU {base.selected_cpu()}. It costs nothing until somebody wakes it.",
             f"state {base.flags(int(self.task['state']), base.TASK_STATES, 'TASK_RUNNING')}",
             f"next: {base.who(base.pointer(walk.register('rsi'), 'task_struct'))}")
        return True

    def for_us(self):
        return walk.argument("p", "rdi") == base.address(self.task)

    def waiting(self):
        from . import waiting
        return waiting.futex_waiters(self.uaddr)

    def is_woken(self):
        tell = self.story.step
        where = walk.go_to_any([("futex_wake_mark", lambda: base.address(base.pointer(walk.argument("q", "rsi"), "futex_q")["task"]) == base.address(self.task)),
                                ("try_to_wake_up", self.for_us)])
        waker = base.current()
        if where == 0:
            tell("futex_wake_mark", f"{base.who(waker)} on CPU {base.selected_cpu()} has changed the word and called FUTEX_WAKE. With the bucket locked it takes "
                 f"{self.who} off the queue.", None, f"{base.who(waker)}, *{self.uaddr:#x} = {self.word()}")
            walk.go_to("try_to_wake_up", self.for_us)
        else:
            tell("no wake-up call", "A signal or the time limit ends this wait.", None, base.who(waker))
        tell("try_to_wake_up", "The bucket is unlocked again; now the state goes to TASK_RUNNING and the task to a run queue, which may be another CPU's: that one "
             "gets an interrupt if it has to look.", f"state {base.flags(int(self.task['state']), base.TASK_STATES, 'TASK_RUNNING')}, CPU {int(self.task['cpu'])}",
             f"{base.who(waker)} on CPU {base.selected_cpu()}")
        self.at("futex_unqueue")
        tell("futex_unqueue", f"{self.who} runs again, on CPU {base.selected_cpu()}. It looks whether it still is on the queue: then it was no wake-up.",
             "still queued" if any(base.address(q["task"]) == base.address(self.task) for q in self.waiting()) else "not queued any more")
        done = base.address(base.evaluate("(unsigned long)&'entry_SYSCALL_64.done'"))
        walk.go_to(f"*{done:#x}", same(self.task))
        result = walk.register("rax")
        tell("back to user mode", "0: woken. It says nothing about the word: the loop around the compare-and-swap looks again.",
             f"rax {result - (1 << 64) if result >> 63 else result}, *{self.uaddr:#x} = {self.word()}")


class WalkFutex(walk.Walk):
    """walk-futex [ADDR]: the next wait on a futex (at that address), from the compare-and-swap that failed to the wake-up by somebody else.

In a program with many locks name the one that will be released: walk-futex &lock."""
    name = "walk-futex"

    def run(self, words):
        wanted = base.address(base.evaluate(" ".join(words))) if words else None
        while not (wait := Wait(wanted)).goes_to_sleep():
            walk.lines.clear()
        wait.is_woken()


WalkSyscall()
WalkFork()
WalkFutex()
