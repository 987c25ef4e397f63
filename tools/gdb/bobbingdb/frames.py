"""What backtrace calls the frames of the entry code: which system call or trap led into the kernel."""
import gdb
from gdb.FrameDecorator import FrameDecorator

from . import base


def saved_regs(frame):
    """(the struct pt_regs of an entry frame that has called C, the name of its code)"""
    code = gdb.execute(f"info symbol {base.address(frame.read_register('rip'))}", to_string=True)
    return base.pointer(base.address(frame.read_register("rsp")), "pt_regs").dereference(), code.split(" ")[0]


def describe(frame):
    """'<system call read>', '<interrupt or exception 236, came from user mode>', or the name of the code."""
    regs, name = saved_regs(frame)
    if frame.newer() is None:
        return name             # in the middle of it: the registers may not be there yet
    try:
        if name.startswith("entry_SYSCALL_64"):
            number = int(regs["orig_ax"])
            return f"<system call {base.syscall_name(number)}>"
        if name.startswith("ret_from_fork"):
            return "<a new task's first steps: ret_from_fork>"
        newer, vector = frame.newer(), None
        if newer.name() == "trap_handler":
            vector = newer.read_var("vector")
        what = "user mode" if int(regs["cs"]) & 3 else "the kernel"
        number = "" if vector is None or vector.is_optimized_out else f" {int(vector)}"
        return f"<interrupt or exception{number}, came from {what}>"
    except (gdb.error, ValueError):
        return f"<{name}>"


class Entry(FrameDecorator):
    def function(self):
        frame = self.inferior_frame()
        if frame.type() == gdb.SIGTRAMP_FRAME and base.address(frame.read_register("rip")) >> 63:
            return describe(frame)
        return super().function()


class Filter:
    name, priority, enabled = "bobbin", 100, True

    def __init__(self):
        gdb.frame_filters[self.name] = self

    def filter(self, iterator):
        """A new kernel thread's first frame was called by nobody: the frame that its empty pt_regs would make is left out."""
        return (Entry(frame) for frame in iterator if base.address(frame.inferior_frame().read_register("rip")))


Filter()
