"""QEMU's side of the proxy, and what it shows: which CPU runs which task, their registers, their memory."""
import struct

import rsp
import tasks

CPU_ID = 2000000
MAX_READ = 1024         # bytes in one packet of ours to QEMU
USER_END = 1 << 47
RSP_REGISTER = 7
# QEMU's order of x86-64 registers in a g packet, as far as a sleeping task has any: name -> size.
REGISTERS = dict.fromkeys(("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip").split(), 8)
REGISTERS.update(dict.fromkeys(("eflags cs ss ds es fs gs").split(), 4))
REGISTERS.update(dict.fromkeys(("fs_base gs_base k_gs_base cr0 cr2 cr3").split(), 8))


class Stub:
    """QEMU's side: one question, one answer."""

    def __init__(self, channel):
        self.channel = channel
        self.cpu = None         # the CPU that g, p, m refer to
        self.numbers = None
        self.relay = None       # called with output packets that come before an answer

    def ask(self, packet):
        self.channel.send(packet)
        while True:
            answer = self.channel.receive()
            if answer == rsp.Channel.INTERRUPT:
                continue
            if self.relay and answer[:1] == b"O" and answer != b"OK":
                self.relay(answer)
                continue
            return answer

    def select(self, cpu):
        if cpu != self.cpu:
            self.ask(b"Hg%x" % (cpu + 1))
            self.cpu = cpu

    def cpus(self):
        """Numbers of QEMU's CPUs, which do not change."""
        if self.numbers is None:
            self.numbers = self.ask_cpus()
        return self.numbers

    def ask_cpus(self):
        text, answer = b"", self.ask(b"qfThreadInfo")
        while answer[:1] == b"m":
            text += b"," + answer[1:]
            answer = self.ask(b"qsThreadInfo")
        numbers = [rsp.number(part.split(b".")[-1]) for part in text.split(b",") if part]
        return [n - 1 for n in numbers if n] or [0]

    def registers(self, cpu):
        self.select(cpu)
        return self.ask(b"g")

    def read(self, address, size):
        """Bytes or None, through whichever CPU is selected."""
        data = b""
        while len(data) < size:
            part = min(size - len(data), MAX_READ)
            got = rsp.unhex(self.ask(b"m%x,%x" % (address + len(data), part)))
            if not got or len(got) != part:
                return None
            data += got
        return data


class View:
    """The machine as it stands now: which CPU runs which task. Thrown away when it runs on."""

    def __init__(self, stub, where):
        self.stub = stub
        self.tasks = tasks.Tasks(where, self.read)
        self.cpus = stub.cpus()
        self.pages = {}
        self.running = {}       # CPU -> thread number
        self.known = None       # thread number -> Task; None: not read yet

    def read(self, address, size):
        """Kernel memory, remembered in blocks of 256 bytes: a task_struct is looked at in many places."""
        first, last = address >> 8, address + size - 1 >> 8
        data = b""
        for block in range(first, last + 1):
            if block not in self.pages:
                if self.stub.cpu is None:
                    self.stub.select(self.cpus[0])
                self.pages[block] = self.stub.read(block << 8 & (1 << 64) - 1, 256)
            if self.pages[block] is None:
                return None
            data += self.pages[block]
        return data[address - (first << 8):][:size]

    def all(self):
        """Thread number -> Task, of every task there is."""
        if self.known is None:
            self.known = self.tasks.all()
        return self.known

    def on_cpu(self, cpu):
        """Thread number of what the CPU runs."""
        if cpu not in self.running:
            self.running[cpu] = self.find_on_cpu(cpu)
        return self.running[cpu]

    def find_on_cpu(self, cpu):
        address = self.tasks.current(cpu)
        task = address and self.tasks.at(address)
        if not task:
            return CPU_ID + cpu
        data = rsp.unhex(self.stub.registers(cpu)[:16 * 17])
        stack = struct.unpack_from("<Q", data, 8 * RSP_REGISTER)[0] if data and len(data) >= 136 else 0
        # A user stack, or the stack of an exception: then current is right.
        if not self.tasks.on_stack(task, stack) and stack & tasks.KERNEL_HALF:
            for other in self.all().values():
                if self.tasks.on_stack(other, stack):
                    return other.id
        if self.known is not None:
            return next((t.id for t in self.known.values() if t.address == address), task.id)
        return task.id

    def cpu_of(self, thread):
        """The CPU that runs the thread, or None."""
        return next((cpu for cpu in self.cpus if self.on_cpu(cpu) == thread), None)

    def threads(self):
        """All thread numbers: tasks, and CPUs without one."""
        return sorted(set(self.all()) | {self.on_cpu(cpu) for cpu in self.cpus})

    def exists(self, thread):
        return thread in self.threads()

    def words(self, thread):
        """(name, description) of a thread for people."""
        task, cpu = self.all().get(thread), self.cpu_of(thread)
        if task is None:
            name = f"CPU {thread - CPU_ID}"
            return name, "no task yet" if self.all() else "before the first task"
        if cpu is not None:
            return task.comm, f"pid {task.pid} {task.state} running on CPU {cpu}"
        wait = self.tasks.string(task.wchan) if task.wchan else ""
        return task.comm, f"pid {task.pid} {task.state} {wait + ' ' if wait else ''}CPU {task.cpu}"

    def registers(self, thread):
        """A g packet for a thread that is on no CPU."""
        values = self.tasks.saved_registers(self.all()[thread])
        text = b"".join(values[name].to_bytes(size, "little").hex().encode() if name in values else b"x" * (2 * size)
                        for name, size in REGISTERS.items())
        return text + b"x" * (len(self.stub.registers(self.cpus[0])) - len(text))

    def foreign(self, thread, address):
        """The task through whose page tables an address has to be looked up, or None: the CPU's own will do."""
        if address >= USER_END or self.cpu_of(thread) is not None:
            return None
        return self.all().get(thread)
