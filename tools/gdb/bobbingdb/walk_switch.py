"""walk-switch: one context switch, step by step, forwards or (in a replay) backwards."""
import gdb

from . import base, walk

SAVE = ("xsave", "xsavec", "xsaveopt", "xsaves", "fxsave", "xsave64", "xsavec64", "xsaveopt64", "xsaves64", "fxsave64")
LOAD = ("xrstor", "xrstors", "fxrstor", "xrstor64", "xrstors64", "fxrstor64")
LONGEST = 4000          # instructions of a switch
SENTENCES = {
    "cr3": "The other address space is loaded. The kernel's half is the same in both, so nothing changes under our feet; user addresses "
           "mean {next}'s memory from here on.",
    "fs_base": "FS.base is where a thread finds its thread-local storage (TLS). {prev}'s was noted in its thread_struct.",
    "gs_base": "The user's GS.base waits in an MSR that SWAPGS will exchange on the way out.",
    "sp0": "TSS.rsp0: where the CPU begins to push when an interrupt comes from user mode, and the entry of a system call: the top of "
           "{next}'s kernel stack.",
    "saved_sp": "{prev} sleeps here: all that is needed to go on with it is on its stack, and this number says where.",
    "rsp": "This instruction is the switch. {prev}'s stack is left as it is; we stand on {next}'s, where {next} left it.",
    "current": "`current` is {next} now. For two instructions it named one task while we stood on the other's stack.",
    "canary": "Functions on {next}'s stack check {next}'s canary: the compiler finds it at %gs:40.",
    "on_cpu": "{prev} is off the CPU: from now on any CPU may run on its stack, or free it. It could not say so itself.",
    "unlock": "The run-queue lock, taken by {prev} in schedule(), is released by {next}. The switch is over.",
    "save": "{prev}'s FPU, SSE and AVX registers go to its thread.fpu.",
    "load": "{next}'s FPU, SSE and AVX registers come from its thread.fpu.",
}
WHAT = {
    "cr3": "CR3", "fs_base": "FS.base", "gs_base": "user GS.base", "sp0": "TSS.rsp0", "rsp": "rsp",
    "current": "current", "canary": "canary", "saved_sp": "thread.sp", "on_cpu": "on_cpu", "unlock": "rq lock",
}
ORDER = ("cr3", "gs_base", "fs_base", "sp0", "saved_sp", "current", "canary", "on_cpu", "unlock")


def user_gs_base(struct_cpu):
    """It waits in the MSR, but for the moment between two SWAPGS in which it is read."""
    waiting = walk.register("k_gs_base")
    return walk.register("gs_base") if waiting == base.address(struct_cpu.address) else waiting


class State:
    """All that a switch changes, as it is now."""

    def __init__(self, cpu, prev, next_):
        where = base.symbol("cpus")[cpu]
        self.values = {
            "cr3": walk.register("cr3") & ~0xfff, "fs_base": walk.register("fs_base"), "gs_base": user_gs_base(where),
            "sp0": base.address(where["tss"]["sp0"]),
            "saved_sp": base.address(prev["thread"]["sp"]), "current": base.address(where["curr_task"]),
            "canary": base.address(where["canary"]), "on_cpu": int(prev["on_cpu"]),
            "unlock": int(base.symbol("runqueues")[cpu]["lock"]["locked"]),
        }
        self.rsp, self.pc = walk.register("rsp"), walk.register("rip")

    def changes(self, later):
        return [key for key in ORDER if self.values[key] != later.values[key]]


def on_stack(task, rsp):
    return 0 < rsp - base.address(task["stack"]) <= base.THREAD_SIZE


class Switch:
    """The two tasks of a switch on a CPU, and the story of it."""

    def __init__(self, cpu, prev, next_, backwards):
        self.cpu, self.prev, self.next, self.backwards = cpu, prev, next_, backwards
        self.newborn = walk.word(base.address(next_["thread"]["sp"]) + 48) == base.address(base.evaluate("(unsigned long)&ret_from_fork"))
        self.names = {"prev": base.who(prev), "next": base.who(next_)}
        title = "walk-switch, backwards" if backwards else "walk-switch"
        walk.say(f"{title} on CPU {cpu}: {self.names['prev']} leaves, {self.names['next']} comes")
        self.story = walk.Story(f"{self.names['prev']}, which leaves", f"{self.names['next']}, which comes")

    def show(self, key, value):
        if key in ("current",):
            return self.names["prev" if value == base.address(self.prev) else "next"]
        if key == "unlock":
            return "held" if value else "free"
        return str(value) if key == "on_cpu" else f"{value:#x}"

    def tell(self, key, before, after, instruction=""):
        """One step. before and after are in the order of the code, also when we walk backwards."""
        what = f"{WHAT[key]}: {self.show(key, before)} -> {self.show(key, after)}"
        if self.backwards:
            what = "undone: " + what
        left = right = None
        if key == "saved_sp":
            left = f"thread.sp = {after:#x}"
        elif key in ("sp0", "fs_base", "cr3"):
            left, right = f"{WHAT[key]} {before:#x}", f"{WHAT[key]} {after:#x}"
        self.story.step(what + (f"    [{instruction}]" if instruction else ""), SENTENCES[key].format(**self.names), left, right)

    def stacks(self):
        """Both pictures, side by side, where switch_to has pushed and before it pops."""
        mine = walk.stack_rows(self.prev, base.address(self.prev["thread"]["sp"]), 7)
        its = walk.stack_rows(self.next, base.address(self.next["thread"]["sp"]), 7)
        for left, right in zip(mine + [""] * 7, its):
            self.story.row(left, right)

    def push_or_pop(self, verb, operand, before, after):
        """A step of switch_to that moves one register between the CPU and a stack."""
        low = min(before.rsp, after.rsp)
        value = walk.register(operand) if verb == "push" else walk.word(low) or 0
        text = f"{operand:>4} {value:#x} at {low:#x}"
        side = (text, None) if on_stack(self.prev, before.rsp) else (None, text)
        if verb == "push":
            sentence = f"A function must preserve {operand}: {self.names['prev']} keeps it on its stack."
        else:
            origin = "as copy_thread() put it there" if self.newborn else "as it was when it called switch_to"
            sentence = f"{self.names['next']} gets {operand}, {origin}."
        self.story.step(("undone: " if self.backwards else "") + f"{verb} {operand}", sentence, *side)

    def returned(self, target):
        new = "ret_from_fork" in target
        sentence = f"{self.names['next']} never ran: copy_thread() laid out its stack so that its first step is ret_from_fork." if new else \
            f"Into {self.names['next']}'s own call of switch_to, made when it last left a CPU. {self.names['prev']}'s has not returned yet."
        self.story.step(("undone: " if self.backwards else "") + f"ret to {target}", sentence)

    def fpu(self, key, instruction):
        what = f"FPU {'->' if key == 'save' else '<-'} thread.fpu of {self.names['prev' if key == 'save' else 'next']}{instruction}"
        self.story.step(("undone: " if self.backwards else "") + what, SENTENCES[key].format(**self.names))

    def one(self, before, after, mnemonic, text):
        """Tell what an instruction (between two states in the order of the code) did, if it is worth a word."""
        if mnemonic in SAVE or mnemonic in LOAD:
            self.fpu("save" if mnemonic in SAVE else "load", f"    [{mnemonic}]")
        for key in before.changes(after):
            if key == "unlock" and after.values[key] or key == "on_cpu" and after.values[key]:
                continue
            self.tell(key, before.values[key], after.values[key])
        if not self.inside(before.pc):
            return
        if mnemonic in ("push", "pop"):
            self.push_or_pop(mnemonic, text.split(" ")[1], before, after)
        elif mnemonic == "ret":
            self.returned(walk.place(after.pc))
        elif on_stack(self.prev, before.rsp) and on_stack(self.next, after.rsp):
            self.stacks()
            self.story.step(("undone: " if self.backwards else "") + f"rsp: {before.rsp:#x} -> {after.rsp:#x}",
                            SENTENCES["rsp"].format(**self.names), f"rsp {before.rsp:#x}", f"rsp {after.rsp:#x}")

    def inside(self, pc):
        return "switch_to" in walk.place(pc)


def forwards():
    if walk.register("rip") not in walk.addresses("context_switch"):     # there already, after walk-switch --back
        walk.go_to("context_switch")
    cpu = base.selected_cpu()
    walk.alone(True)
    prev = base.current()
    for _ in range(50):
        next_ = base.symbol("runqueues")[cpu]["curr"]
        if base.address(next_) != base.address(prev):
            break
        walk.step()
    switch = Switch(cpu, prev, next_, False)
    switch.story.row(f"rsp {walk.register('rsp'):#x}, runs", f"rsp {base.address(next_['thread']['sp']):#x}, saved")
    before = State(cpu, prev, next_)
    first = before.values["cr3"]
    for _ in range(LONGEST):
        mnemonic, text = walk.instruction()
        if switch.inside(before.pc) and mnemonic == "push" and "rbp" in text and before.values["cr3"] == first:
            same_space(switch)
            first = None
        walk.step()
        after = State(cpu, prev, next_)
        switch.one(before, after, mnemonic, text)
        if before.values["unlock"] and not after.values["unlock"]:
            return
        before = after
    raise walk.Interrupted("this switch does not end")


def same_space(switch):
    kernel = not base.address(switch.next["mm"])
    why = f"{switch.names['next']} is a kernel thread: it has no user memory and borrows what is loaded." if kernel else \
        "Both tasks use the same page tables, or these were still loaded: nothing to do."
    switch.story.step("CR3: unchanged", why)


def instructions_of(symbol):
    """Addresses of a function's instructions."""
    start = base.address(base.evaluate(f"(unsigned long)&{symbol}"))
    found = []
    for entry in gdb.newest_frame().architecture().disassemble(start, count=64):
        found.append(entry["addr"])
        if entry["asm"].split()[0] == "ret":
            return found
    raise gdb.GdbError(f"no end of {symbol}")


def reverse():
    code = instructions_of("switch_to")
    try:
        walk.go_to(f"*{code[-1]:#x}", backwards=True)
    except gdb.error as error:
        raise gdb.GdbError("only a recorded run goes backwards (make replay-gdb)" if "not support" in str(error) else error) from None
    cpu = base.selected_cpu()
    prev = base.pointer(walk.register("rax"), "task_struct")
    next_ = base.current()
    switch = Switch(cpu, prev, next_, True)
    later = State(cpu, prev, next_)
    switch.returned(walk.place(walk.word(later.rsp)))
    while later.pc != code[0]:
        walk.step(True)
        now = State(cpu, prev, next_)
        mnemonic, text = walk.instruction()
        switch.one(now, later, mnemonic, text)
        later = now
    here = lambda: base.selected_cpu() == cpu
    walk.go_to("fpu_switch", here, backwards=True)
    for key, task in ("load", next_), ("save", prev):
        if base.address(task["thread"]["fpu"]):
            switch.fpu(key, "")
    for spec in None, "context_switch":
        if spec:
            walk.go_to(spec, here, backwards=True)
        now = State(cpu, prev, next_)
        for key in reversed(now.changes(later)):
            switch.tell(key, now.values[key], later.values[key])
        later = now
    walk.say(f"     Here {switch.names['prev']} is about to leave; `walk-switch` goes forward again.")


class WalkSwitch(walk.Walk):
    """walk-switch [--back]: the next context switch, step by step: who leaves on the left, who comes on the right.

Shown are both stacks, rsp before and after, and the instruction at which each of current, CR3, FS.base, TSS.rsp0 and the FPU state
changes hands. With --back, in a replay: the last switch, from its end to its beginning."""
    name = "walk-switch"

    def run(self, words):
        if words not in ([], ["--back"]):
            self.usage()
        if words:
            reverse()
        else:
            forwards()


WalkSwitch()
