"""Makes call frame information for the kernel's assembly code, which NASM cannot write.

Runs inside GDB: gdb -batch -nx -x cfi.py -ex 'python make("OUT.elf")' KERNEL. It follows pushes and pops from each place where control
enters, so it knows for every instruction how far away from RSP the return address lies, or the frame that the CPU pushed. OUT.elf
has that as .debug_frame and nothing else; `add-symbol-file OUT.elf` gives it to GDB. Entry code becomes a "signal frame": the
one kind of frame that GDB lets lead from the kernel's stack to a user's.

What is on the stack is a tuple, in the order of the pushes; its first element says what it began with:
  ("call",)   a return address: RSP points at it
  ("iret",)   ip cs flags sp ss, pushed by the CPU or by the system call entry: RSP points at ip
  ("user",)   nothing: RSP is still the user's, rcx holds ip and r11 the flags (SYSCALL)
  ("syscall",) the system call entry is pushing what the CPU does not
  ("outer",)  nobody called this
"""
import re
import struct

import gdb

DWARF = {"rax": 0, "rdx": 1, "rcx": 2, "rbx": 3, "rsi": 4, "rdi": 5, "rbp": 6, "rsp": 7, "rip": 16, "rflags": 49}
DWARF.update({f"r{n}": n for n in range(8, 16)})
WITH_ERROR_CODE = {8, 10, 11, 12, 13, 14, 17, 21, 29, 30}
REGS = [None] + "rdi rsi rdx rcx rax r8 r9 r10 r11 rbx rbp r12 r13 r14 r15".split()       # below ip: orig_ax, di, ...
TEXT = 0xffffffff7ffff000       # where the file pretends to have code: nobody else does
LINE = re.compile(r"^\s*(0x[0-9a-f]+)[^:]*:\s+(?:(?:repz?|lock|cs|data16|rex\S*) )*(\S+)\s*(.*?)\s*(?:#.*)?$")
# DW_CFA_xxx
UNDEFINED, SAME, REGISTER, DEF_CFA, OFFSET_EXT, DEF_CFA_SF = 0x07, 0x08, 0x09, 0x0c, 0x05, 0x12


def address(symbol):
    return int(gdb.parse_and_eval(f"(unsigned long)&'{symbol}'"))


def roots():
    """Entry points of the assembly files: address -> stack."""
    found = {}
    for vector in range(256):
        found[address(f"isr_{vector}")] = ("iret", None) if vector in WITH_ERROR_CODE else ("iret",)
    found[address("entry_SYSCALL_64")] = ("user",)
    found[address("sys_rt_sigreturn")] = ("iret", *REGS, None)
    found[address("ret_from_fork")] = ("iret", *REGS)
    return found


def code(symbol):
    """The instructions of the assembly file that holds the symbol: [(address, mnemonic, operands)]."""
    table = gdb.find_pc_line(address(symbol)).symtab.linetable()
    places = [entry.pc for entry in table if entry.pc > 0xffff << 48]
    text = gdb.execute(f"disassemble {min(places)}, {max(places) + 8}", to_string=True)
    lines = (LINE.match(line.replace("=>", "  ")) for line in text.splitlines())
    return [(int(m[1], 16), m[2], m[3]) for m in lines if m]


def after(stack, mnemonic, operands):
    """The stack after an instruction; None: control does not go on to the next one."""
    if mnemonic.startswith(("iret", "sysret", "ret", "ud2", "jmp")):
        return None
    register = re.search(r"%(\w+)$", operands)
    register = register and register[1]
    if mnemonic.startswith("push"):
        stack = (*stack, register if re.fullmatch(r"%\w+", operands) else None)
        if stack[0] == "syscall" and len(stack) == 6:
            return ("iret",)
        return stack
    if mnemonic.startswith("pop"):
        return stack[:-1] if len(stack) > 1 else stack
    constant = re.fullmatch(r"\$(0x[0-9a-f]+),%rsp", operands)
    if mnemonic.startswith("add") and constant:
        return stack[:len(stack) - int(constant[1], 16) // 8]
    if mnemonic.startswith("mov") and register == "rsp" and operands.endswith(",%rsp"):
        if stack[0] == "user":
            return ("syscall",)
        if stack[0] == "iret":
            return ("user",)
    return stack


def flow(lines, starts, default):
    """The stack before each instruction: address -> tuple."""
    index = {line[0]: number for number, line in enumerate(lines)}
    known, todo = {}, list(starts.items())
    if default:                     # every instruction that no jump leads to may be where a function begins
        todo += [(line[0], default) for line in reversed(lines)]
    while todo:
        place, stack = todo.pop()
        while place in index and place not in known and stack:
            _, mnemonic, operands = lines[index[place]]
            known[place] = stack
            target = re.match(r"0x([0-9a-f]+)", operands)
            if mnemonic.startswith("j") and target:
                todo.append((int(target[1], 16), stack))
            stack = after(stack, mnemonic, operands)
            number = index[place] + 1
            place = lines[number][0] if number < len(lines) else 0
    return known


# ---- DWARF ----

def uleb(value):
    out = b""
    while True:
        byte, value = value & 0x7f, value >> 7
        out += bytes([byte | (0x80 if value else 0)])
        if not value:
            return out


def saved(register, distance):
    """Register is in memory, distance bytes below the CFA. The data alignment factor is -8."""
    return bytes([OFFSET_EXT]) + uleb(DWARF[register]) + uleb(distance // 8)


def rules(stack):
    """The call frame instructions that describe a stack."""
    kind, pushed = stack[0], stack[1:]
    if kind == "outer":
        return bytes([DEF_CFA]) + uleb(7) + uleb(8) + bytes([UNDEFINED, 16])
    if kind == "user":
        return bytes([DEF_CFA]) + uleb(7) + uleb(0) + bytes([REGISTER, 16, 2, REGISTER, 49, 11])
    if kind == "syscall":
        if len(pushed) < 2:         # rsp is in struct cpu only, which no rule can name
            return bytes([DEF_CFA]) + uleb(7) + uleb(8 * len(pushed)) + bytes([UNDEFINED, 16])
        sp = saved("rsp", 16)
        return bytes([DEF_CFA]) + uleb(7) + uleb(8 * len(pushed)) + sp + bytes([REGISTER, 16, 2, REGISTER, 49, 11])
    size = 40 if kind == "iret" else 8
    out = bytes([DEF_CFA]) + uleb(7) + uleb(size + 8 * len(pushed)) + saved("rip", size)
    if kind == "iret":
        out += saved("rsp", 16) + saved("rflags", 24)
        pushed = REGS[:len(pushed)]         # by place: what is pushed as ax is not what the user had there
    for number, register in enumerate(pushed):
        if register in DWARF:
            out += saved(register, size + 8 * (number + 1))
    return out


def padded(data):
    data += b"\0" * (-len(data) % 8)        # DW_CFA_nop
    return struct.pack("<I", len(data)) + data


def entries(spans):
    """.debug_frame for [(start, end, stack)]: a CIE for signal frames and one for the others, an FDE for each span."""
    out = b""
    for augmentation in b"z", b"zS":
        out += padded(struct.pack("<I", 0xffffffff) + b"\1" + augmentation + b"\0" + uleb(1) + b"\x78" + b"\x10" + uleb(0) + b"\0" * 3)
    second = len(padded(struct.pack("<I", 0xffffffff) + b"\1z\0" + uleb(1) + b"\x78\x10" + uleb(0) + b"\0" * 3))
    for start, end, stack in spans:
        cie = 0 if stack[0] in ("call", "outer") else second
        out += padded(struct.pack("<IQQ", cie, start, end - start) + uleb(0) + rules(stack))
    return out


def elf(frames):
    """A relocatable-looking executable with an (empty) .text and .debug_frame."""
    names = b"\0.text\0.debug_frame\0.shstrtab\0"
    body = frames + names
    def section(name, kind, flags, where, offset, size):
        return struct.pack("<IIQQQQIIQQ", name, kind, flags, where, offset, size, 0, 0, 1, 0)
    table = section(0, 0, 0, 0, 0, 0) + section(1, 8, 6, TEXT, 64, 16) + section(7, 1, 0, 0, 64, len(frames)) + \
        section(20, 3, 0, 0, 64 + len(frames), len(names))
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, 4, 3)
    return header + body + table


def spans(known, lines):
    """Runs of instructions with the same stack."""
    out = []
    for number, (place, _, _) in enumerate(lines):
        stack = known.get(place)
        end = lines[number + 1][0] if number + 1 < len(lines) else place + 16
        if stack is None:
            continue
        if out and out[-1][1] == place and out[-1][2] == stack:
            out[-1] = (out[-1][0], end, stack)
        else:
            out.append((place, end, stack))
    return out


def make(path):
    gdb.execute("set disassembly-flavor att")
    gdb.execute("set pagination off")
    found = []
    for symbol, starts, default in (("entry_SYSCALL_64", roots(), None), ("switch_to", {}, ("call",)),
                                    ("__copy_user", {}, ("call",)), ("higher_half", {}, ("outer",))):
        lines = code(symbol)
        found += spans(flow(lines, starts, default), lines)
    with open(path, "wb") as file:
        file.write(elf(entries(found)))
