"""vmas PID, ptwalk ADDR, pt-regs."""
import gdb

from . import base

PAGE_OFFSET = 0xffff888000000000
PTE_ADDR = 0x000ffffffffff000
PTE_BITS = ((1, "present"), (2, "writable"), (4, "user"), (8, "write-through"), (16, "uncached"), (32, "accessed"), (64, "dirty"),
            (256, "global"), (1 << 63, "no-execute"))
LEVELS = {4: ("PGD", 512 << 30), 3: ("PUD", 1 << 30), 2: ("PMD", 2 << 20), 1: ("PTE", 4096)}


def file_name(file):
    """The path of a struct file, from its dentries (within its own file system)."""
    parts, dentry = [], file["f_path"]["dentry"]
    for _ in range(64):
        if base.address(dentry["d_parent"]) == base.address(dentry):
            break
        parts.append(base.text(dentry["d_name"]))
        dentry = dentry["d_parent"]
    return "/" + "/".join(reversed(parts))


def area_name(area, mm):
    if base.address(area["file"]):
        return file_name(area["file"])
    flags = int(area["flags"])
    for name, bit in (("[heap]", 0x1000000), ("[stack]", 0x2000000)):
        if flags & bit:
            return name
    return ""


def task_or_current(words, command):
    if len(words) > 1:
        command.usage()
    return base.find_task(base.number(words[0])) if words else base.current()


class Vmas(base.Command):
    """vmas [PID]: the areas of a task's address space, as in /proc/PID/maps, with the flags that the four letters leave out.

Without PID: the selected task's."""
    name = "vmas"

    def run(self, words):
        task = task_or_current(words, self)
        mm = task["mm"]
        if not base.address(mm):
            raise gdb.GdbError(f"{base.who(task)} has no address space of its own")
        rows = [("START", "END", "PERM", "OFFSET", "PAGES", "WHAT", "FLAGS")]
        for area in base.tree(mm["mm_rb"], "vm_area_struct", "node"):
            bits = int(area["flags"])
            letters = "".join(letter if bits & bit else "-" for letter, bit in (("r", 1), ("w", 2), ("x", 4)))
            start, end = int(area["start"]), int(area["end"])
            rows.append((f"{start:x}", f"{end:x}", letters + ("s" if bits & 8 else "p"), f"{int(area['pgoff']) << 12:x}",
                         (end - start) // 4096, area_name(area, mm) or "-", base.flags(bits & ~0x7f, base.VM_FLAGS, "-")))
        print(f"{base.who(task)}, mm {base.address(mm):#x}, {int(mm['map_count'])} areas")
        base.table(rows, right=(0, 1, 3, 4))


def entry_at(table, address, level):
    where = PAGE_OFFSET + table + 8 * (address >> 12 + 9 * (level - 1) & 511)
    return where, int(base.pointer(where, "page").cast(gdb.lookup_type("unsigned long").pointer()).dereference())


class Ptwalk(base.Command):
    """ptwalk ADDR: the page-table entries on the way to an address, in the selected task's address space.

The CPU grants what all levels grant: an access must be allowed by each of them."""
    name = "ptwalk"

    def run(self, words):
        if not words:
            self.usage()
        address = base.address(base.evaluate(" ".join(words)))
        if address >> 47 not in (0, (1 << 17) - 1):
            raise gdb.GdbError(f"{address:#x} is not canonical: bits 63 to 47 must be equal")
        mm, whose = self.space(address)
        table = mm - PAGE_OFFSET
        print(f"{address:#x} in the page tables of {whose}, CR3 = {table:#x}")
        for level in (4, 3, 2, 1):
            name, size = LEVELS[level]
            where, entry = entry_at(table, address, level)
            bits = ", ".join(word for bit, word in PTE_BITS if entry & bit)
            print(f"  level {level} {name}[{address >> 12 + 9 * (level - 1) & 511:3}] at {where:#x}: {entry:#018x}  {bits or 'nothing'}")
            table = entry & PTE_ADDR
            if not entry & 1:
                print("not mapped" + (": a page nobody may touch (PROT_NONE)" if entry else ""))
                return
            if level == 1 or entry & 0x80:
                base_address = table & -size
                print(f"physical {base_address + (address & size - 1):#x}, a page of {size >> 10} KiB; the kernel sees it at "
                      f"{PAGE_OFFSET + base_address + (address & size - 1):#x}")
                return

    def space(self, address):
        """(virtual address of the top table, whose it is)"""
        if not address >> 63:
            task = base.current()
            mm = task["mm"] if base.address(task["mm"]) else task["active_mm"]
            if base.address(mm) and base.address(mm["pgd"]) >= PAGE_OFFSET:
                return base.address(mm["pgd"]), base.who(task)
        return base.address(base.symbol("kernel_pgd")), "the kernel"


class PtRegs(base.Command):
    """pt-regs [PID]: what a task had in the user's registers when it entered the kernel.

They lie at the top of its kernel stack; a task that is in user mode right now has those of its last visit there."""
    name = "pt-regs"

    def run(self, words):
        task = task_or_current(words, self)
        if not base.address(task["mm"]):
            raise gdb.GdbError(f"{base.who(task)} is a kernel thread: it has no user registers")
        regs = base.user_regs(task)
        number = int(regs["orig_ax"])
        signed = number - (1 << 64) if number >> 63 else number
        how = f"system call {base.syscall_name(number)}" if 0 <= signed < 1024 else "an interrupt, an exception, or a new program"
        print(f"{base.who(task)}: struct pt_regs at {base.address(regs.address):#x}; entered by {how}")
        order = ("ip", "sp", "flags", "cs", "ss", "orig_ax", "ax", "bx", "cx", "dx", "si", "di", "bp", "r8", "r9", "r10", "r11", "r12",
                 "r13", "r14", "r15")
        for first in range(0, len(order), 3):
            print("  " + "".join(f"{name:>8} {base.address(regs[name]):016x}" for name in order[first:first + 3]))


Vmas()
Ptwalk()
PtRegs()
