"""How `print` shows list_head, task_struct (with its state and flags by name) and pointers to tasks."""
import gdb

from . import base


class ListHead:
    """A list_head: how many elements it links, as far as one can tell without knowing what they are."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        node, count = self.value["next"], 0
        head = base.address(self.value.address) if self.value.address is not None else None
        if head is None or not base.address(node):
            return f"{{next = {base.address(node):#x}, prev = {base.address(self.value['prev']):#x}}}"
        if base.address(node) >> 48 == 0xdead:
            return "removed from its list"
        try:
            while base.address(node) != head and count < base.LIMIT:
                node, count = node["next"], count + 1
        except gdb.MemoryError:
            return f"broken list: {count} elements, then {base.address(node):#x}"
        if count == base.LIMIT:
            return "in no list: its links do not lead back"
        return f"list of {count}" if count else "empty list"


class TaskStruct:
    """A task_struct: its name, and the fields with state and flags spelled out."""
    SPELLED = {"state": (base.TASK_STATES, "TASK_RUNNING"), "flags": (base.TASK_FLAGS, "0"), "thread_flags": (base.THREAD_FLAGS, "0")}

    def __init__(self, value):
        self.value = value

    def to_string(self):
        wait = base.text(self.value["wchan"])
        return f"task {base.text(self.value['comm'])}/{int(self.value['pid'])} {base.state(self.value)}{' in ' + wait if wait else ''}"

    def children(self):
        for field in self.value.type.strip_typedefs().fields():
            value = self.value[field.name]
            if field.name in self.SPELLED:
                value = base.flags(int(value), *self.SPELLED[field.name])
            yield field.name, value


class TaskPointer:
    """A pointer to a task: the address, and whose it is."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        where = base.address(self.value)
        try:
            return f"{where:#x} ({base.who(self.value)})" if where else "0x0"
        except gdb.error:
            return f"{where:#x} (not readable)"


def lookup(value):
    kind = value.type.strip_typedefs().unqualified()
    if kind.code == gdb.TYPE_CODE_STRUCT:
        return {"list_head": ListHead, "task_struct": TaskStruct}.get(kind.tag, lambda _value: None)(value)
    if kind.code == gdb.TYPE_CODE_PTR and kind.target().unqualified().tag == "task_struct":
        return TaskPointer(value)
    return None


lookup.__name__ = "bobbin"
gdb.pretty_printers[:] = [p for p in gdb.pretty_printers if getattr(p, "__name__", "") != "bobbin"] + [lookup]
