"""The kernel's tasks, read from the memory of a machine that stands still.

Nothing here takes a lock, and the machine may have stopped anywhere: in the middle of a list operation, before the first
task, while one is being freed. So every pointer is doubted, every walk is bounded, and what cannot be read is left out.
"""
import struct
from collections import namedtuple

KERNEL_HALF = 1 << 63
MAX_TASKS = 40000
PF_IDLE = 2
IDLE_ID = 1000000       # thread number of the idle task of CPU 0
TWIN_ID = 3000000       # of tasks whose number is taken: for moments in exec
STATES = ((0x04, "T"), (0x08, "t"), (0x1000, "I"), (0x02, "D"), (0x01, "S"))    # as task_state_char() in kernel/sched

Task = namedtuple("Task", "address id pid tgid comm state stack sp fsbase gsbase cpu mm wchan idle")


def state_letter(state, exit_state):
    if exit_state & 0x10:
        return "X"
    if exit_state & 0x20:
        return "Z"
    return next((letter for bit, letter in STATES if state & bit), "R")


class Tasks:
    """read(address, size) gives bytes or None."""

    def __init__(self, layout, read):
        self.layout, self.read = layout, read

    def u64(self, address):
        data = self.read(address, 8)
        return struct.unpack("<Q", data)[0] if data else 0

    def string(self, address):
        data = self.read(address, 32) if address & KERNEL_HALF else None
        return data.split(b"\0")[0].decode("ascii", "replace") if data else ""

    def field(self, data, name, kind):
        return struct.unpack_from("<" + kind, data, self.layout["task_struct." + name])[0]

    def at(self, address):
        """The task whose structure is at address, or None when that is not plausible. Its id is not unique yet."""
        if not address & KERNEL_HALF or address % 8:
            return None
        data = self.read(address, self.layout["sizeof task_struct"])
        if data is None:
            return None
        get = lambda name, kind="Q": self.field(data, name, kind)
        pid, stack = get("pid", "i"), get("stack")
        if not 0 <= pid < 1 << 22 or not stack & KERNEL_HALF or stack % 4096:
            return None
        idle = pid == 0 or bool(get("flags", "I") & PF_IDLE)
        cpu = get("cpu", "i")
        start = self.layout["task_struct.comm"]
        comm = data[start:start + 16].split(b"\0")[0].decode("ascii", "replace")
        state = state_letter(get("state", "I"), get("exit_state", "i"))
        return Task(address, IDLE_ID + cpu if idle else pid, pid, get("tgid", "i"), comm, state, stack, get("thread.sp"),
                    get("thread.fsbase"), get("thread.gsbase"), cpu, get("mm"), get("wchan"), idle)

    def ring(self, head, offset):
        """Addresses of the structures that a list_head links; offset: of the link in them."""
        node, seen = self.u64(head), set()
        while node & KERNEL_HALF and node != head and node not in seen and len(seen) < MAX_TASKS:
            seen.add(node)
            yield node - offset
            node = self.u64(node)

    def nr_cpus(self):
        data = self.read(self.layout["nr_cpus"], 4)
        count = struct.unpack("<i", data)[0] if data else 0
        return count if 0 < count <= self.layout["NR_CPUS"] else 1

    def current(self, cpu):
        """Address of the task that the CPU calls `current`; 0 before it has one."""
        where = self.layout["cpus"] + cpu * self.layout["sizeof cpu"] + self.layout["cpu.curr_task"]
        address = self.u64(where)
        return address if address & KERNEL_HALF else 0

    def candidates(self):
        """Addresses of all tasks: each CPU's, then the list of processes and each one's threads. The CPUs' come first and
        separately because a task that exits is off the lists before it is off its CPU."""
        at = self.layout.__getitem__
        for cpu in range(self.nr_cpus()):
            queue = at("runqueues") + cpu * at("sizeof rq")
            yield self.current(cpu)
            yield self.u64(queue + at("rq.curr"))
            yield self.u64(queue + at("rq.idle"))
        for leader in self.ring(at("init_task") + at("task_struct.tasks"), at("task_struct.tasks")):
            yield leader
            signal = self.u64(leader + at("task_struct.signal"))
            if signal & KERNEL_HALF:
                yield from self.ring(signal + at("signal_struct.thread_head"), at("task_struct.thread_node"))

    def all(self):
        """Every task once, by its thread number. None when there are no tasks yet."""
        if not self.current(0):
            return {}
        found, seen = {}, set()
        for address in self.candidates():
            if address in seen:
                continue
            seen.add(address)
            task = self.at(address)
            if task is None or len(found) > MAX_TASKS:
                continue
            if task.id in found:
                task = task._replace(id=TWIN_ID + len(found))
            found[task.id] = task
        return found

    def on_stack(self, task, rsp):
        return task.stack <= rsp - 1 < task.stack + self.layout["THREAD_SIZE"]

    def saved_registers(self, task):
        """What switch_to left on the stack of a task that does not run: names of registers -> values."""
        data = self.read(task.sp, 56) if self.on_stack(task, task.sp + 1) else None
        if data is None:
            return {}
        names = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")
        registers = dict(zip(names, struct.unpack("<7Q", data)))
        registers.update(rsp=task.sp + 56, cs=0x10, ss=0x18, fs_base=task.fsbase, k_gs_base=task.gsbase)
        registers["gs_base"] = self.layout["cpus"] + task.cpu * self.layout["sizeof cpu"]
        if task.mm:
            registers["cr3"] = self.page_table(task)
        return registers

    # -- Memory of an address space that no CPU has loaded --

    def page_table(self, task):
        """Physical address of the task's top-level page table, 0 when it has none."""
        pgd = self.u64(task.mm + self.layout["mm_struct.pgd"]) if task.mm & KERNEL_HALF else 0
        return pgd - self.layout["PAGE_OFFSET"] if pgd >= self.layout["PAGE_OFFSET"] else 0

    def to_direct_map(self, table, address):
        """Where the direct map has the page of a user address, or None. table: physical."""
        for level in (4, 3, 2, 1):
            entry = self.u64(self.layout["PAGE_OFFSET"] + table + 8 * (address >> 12 + 9 * (level - 1) & 511))
            if not entry & 1:
                return None
            table = entry & 0x000ffffffffff000
            if entry & 0x80 and level > 1:
                size = 1 << 12 + 9 * (level - 1)
                return self.layout["PAGE_OFFSET"] + (table & -size) + (address & size - 1 & ~0xfff)
        return self.layout["PAGE_OFFSET"] + table

    def pieces(self, task, address, size):
        """The parts, page by page, of a range of the task's user memory: (where the kernel sees it, size) or None."""
        table = self.page_table(task)
        while size > 0:
            part = min(size, 4096 - address % 4096)
            page = self.to_direct_map(table, address) if table else None
            yield (page + address % 4096, part) if page else None
            address, size = address + part, size - part
