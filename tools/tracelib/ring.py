"""The trace rings in the memory of a machine that has ended -> ftrace text.

`tools/run --trace` keeps the machine's RAM in a file. Whatever ended it, power off, panic, time limit or a hang, the rings
are in there: nothing has to be sent, and sending costs the machine no time. The layouts are those of kernel/trace/ring.h
and control.h; what the fields of an event are and how they read says the kernel's own table, trace_event_types.
"""
import bisect
import mmap
import re
import struct

KERNEL_BASE, DIRECT_MAP = 0xffffffff80000000, 0xffff888000000000
CONTINUED, RECORD, SPARE = 0, 32, 32 * 32
NEED_RESCHED, IRQS_ON, PREEMPTED = 1, 2, 2
CONTROL, RING, TYPE, NAME, HEAD = (struct.Struct(text) for text in ("<6Q", "<5Q24x", "<3Q", "<ii16s", "<BBBBiQ"))
FUNCTION = re.compile(r"[A-Za-z_]\w*(\.(part|constprop|isra|cold|llvm)(\.\d+)?)*$")  # as tools/kallsyms
SPEC = re.compile(r"%([a-zA-Z])")
NUMBERS = {"c": ("i", "{:03}"), "d": ("i", "{}"), "x": ("Q", "{:x}"), "i": ("q", "{}")}
# as state_char() in kernel/sched/stats.c
STATES = ((0x80, "X"), (0x4, "T"), (0x8, "t"), (0x40, "P"), (0x1000, "I"), (0x2, "D"), (0x1, "S"))


class NoTrace(Exception):
    """There is nothing to read; the text says why."""


class Symbols:
    """The symbol table of an ELF64 file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:5] != b"\x7fELF\x02":
            raise NoTrace(f"{path} is no ELF64 file")
        offset, = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        sections = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]
        self.address, functions = {}, {}
        for section in sections:
            if section[1] != 2:         # SHT_SYMTAB
                continue
            names = sections[section[6]][4]
            for at in range(section[4], section[4] + section[5], 24):
                name, info, _, _, value, length = struct.unpack_from("<IBBHQQ", data, at)
                text = data[names + name:data.index(b"\0", names + name)].decode()
                self.address[text] = value
                if info & 15 in (0, 2) and FUNCTION.match(text):        # functions, and what NASM calls nothing
                    functions[value] = min(functions.get(value, (text, length)), (text, length))
        self.functions = [(value, length, text) for value, (text, length) in sorted(functions.items())]

    def name(self, address):
        """The function that contains the address, or the address in hexadecimal."""
        i = bisect.bisect_right(self.functions, (address, 1 << 64)) - 1
        if i >= 0:
            start, length, name = self.functions[i]
            if address < start + (length or 1 << 16):
                return name
        return f"0x{address:x}"


class Memory:
    """RAM by the kernel's virtual addresses. QEMU's PC has a hole below 4 GiB, the file has none."""

    def __init__(self, fd):
        self.map = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
        self.low = 0xc0000000 if len(self.map) >= 0xe0000000 else 0xe0000000

    def at(self, address):
        physical = address - (KERNEL_BASE if address >= KERNEL_BASE else DIRECT_MAP)
        return physical if physical < self.low else physical - (1 << 32) + self.low

    def read(self, address, size):
        at = self.at(address)
        if not 0 <= at <= len(self.map) - size:
            raise NoTrace(f"the kernel's memory makes no sense at {address:#x}")
        return self.map[at:at + size]

    def unpack(self, layout, address):
        return layout.unpack(self.read(address, layout.size))

    def number(self, address):
        return int.from_bytes(self.read(address, 8), "little")

    def string(self, address):
        at = self.at(address)
        return self.map[at:self.map.find(b"\0", at, at + 4096)].decode(errors="replace")


class Rings:
    def __init__(self, fd, kernel):
        self.memory, self.symbols = Memory(fd), Symbols(kernel)
        for name in ("trace_control", "tsc_base", "tsc_mult"):
            if name not in self.symbols.address:
                raise NoTrace(f"{kernel} has no {name}: is it another kernel?")
        types, rings, names, nr_types, nr_rings, nr_names = self.memory.unpack(CONTROL, self.symbols.address["trace_control"])
        if not names:
            raise NoTrace("nothing was traced: no event was on (trace= among the kernel's arguments, or set_event)")
        self.base, self.mult = (self.memory.number(self.symbols.address[name]) for name in ("tsc_base", "tsc_mult"))
        self.types = []
        for i in range(nr_types):
            _, name, text = self.memory.unpack(TYPE, types + i * TYPE.size)
            self.types.append((self.memory.string(name), SPEC.split(self.memory.string(text))) if name else None)
        table = self.memory.read(names, nr_names * NAME.size)
        self.names = {pid: (comm.split(b"\0")[0].decode(errors="replace").replace(" ", "_"), tgid)
                      for pid, tgid, comm in NAME.iter_unpack(table)}
        self.rings = [(cpu, *self.memory.unpack(RING, rings + cpu * RING.size)) for cpu in range(nr_rings)]
        self.strings = {}

    # ---- Records ----

    def events(self):
        """(time, cpu, head of the record, data of all its parts), by time."""
        found, self.kept, self.written = [], 0, 0
        for cpu, head, mask, base, start, _ in self.rings:
            if not base:
                continue
            size = mask + 1
            data = self.memory.read(base, size)
            first = max(start, head - (size - SPARE))
            self.kept, self.written = self.kept + (head - first) // RECORD, self.written + (head - start) // RECORD
            event = None
            for at in range(first, head, RECORD):
                record = data[at & mask:(at & mask) + RECORD]
                if record[0] != CONTINUED:
                    event = [HEAD.unpack(record[:16]), cpu, record[16:]]
                    found.append(event)
                elif event:             # else its beginning has been dropped
                    event[2] += record[8:]
        found.sort(key=lambda event: event[0][5])
        return found

    # ---- Text ----

    def comm(self, pid, cpu):
        return f"swapper/{cpu}" if pid == 0 else self.names.get(pid, ("<...>",))[0]

    def string(self, address):
        if address not in self.strings:
            self.strings[address] = self.memory.string(address)
        return self.strings[address]

    def fields(self, parts, data, cpu, pid, now):
        """The text of an event: its format with the fields put in."""
        at, out = 0, [parts[0]]

        def take(code):
            nonlocal at
            size = struct.calcsize(code)
            at = (at + size - 1) // size * size
            at += size
            return struct.unpack_from("<" + code, data, at - size)[0]

        for spec, literal in zip(parts[1::2], parts[2::2]):
            if spec in NUMBERS:
                code, style = NUMBERS[spec]
                out.append(style.format(take(code)))
            elif spec == "N":
                out.append(self.comm(struct.unpack_from("<i", data, (at + 3) // 4 * 4)[0], cpu))
            elif spec == "n":
                out.append(self.comm(pid, cpu))
            elif spec == "p":
                out.append(str(pid))
            elif spec == "t":
                out.append(str(now))
            elif spec == "S":
                out.append(state(take("H"), take("H")))
            elif spec == "s":
                out.append(self.string(take("Q")))
            elif spec == "F":
                out.append(self.symbols.name(take("Q")))
            elif spec == "T":
                text = data[at:].split(b"\0")[0]
                at += len(text) + 1
                out.append(text.decode(errors="replace"))
            elif spec == "K":
                out.append(self.stacks(data))
            out.append(literal)
        return "".join(out)

    def stacks(self, data):
        kernel, user = struct.unpack_from("<HH", data)
        frames = struct.unpack_from(f"<{kernel + user}Q", data, 8)
        return "user={} kernel={}".format(";".join(f"0x{frame:x}" for frame in reversed(frames[kernel:])),
                                          ";".join(self.symbols.name(frame - bool(i)) for i, frame in
                                                   reversed(list(enumerate(frames[:kernel])))))

    def text(self):
        """All lines, with their ends."""
        events = self.events()
        yield (f"# tracer: nop\n#\n# entries-in-buffer/entries-written: {self.kept}/{self.written}   "
               f"#P:{sum(bool(ring[3]) for ring in self.rings)}\n#\n"
               "#           TASK-PID       TGID   CPU# ||||   TIMESTAMP  FUNCTION\n"
               "#              | |           |       | ||||       |         |\n")
        for (kind, flags, preempt, depth, pid, cycles), cpu, data in events:
            if kind >= len(self.types) or not self.types[kind]:
                raise NoTrace(f"a record of unknown kind {kind}: is this the kernel that ran?")
            name, parts = self.types[kind]
            now = (cycles - self.base) * self.mult >> 32
            comm, tgid = ("<idle>", 0) if pid == 0 else self.names.get(pid, ("<...>", -1))
            yield "{:>16}-{:<7} ({}) [{:03}] {}{}{}{} {:>5}.{:06}: {}: {}\n".format(
                comm, pid, f"{tgid:7}" if tgid >= 0 else "-------", cpu, "d."[flags // IRQS_ON & 1],
                ".N"[flags & NEED_RESCHED], ".h"[depth > 0], f"{preempt:x}" if preempt else ".",
                now // 1000000000, now // 1000 % 1000000, name, self.fields(parts, data, cpu, pid, now))


def state(bits, why):
    return "R+" if why == PREEMPTED else next((letter for bit, letter in STATES if bits & bit), "R")
