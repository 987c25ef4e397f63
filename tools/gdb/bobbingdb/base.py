"""What all commands use: tasks and lists as gdb.Values, the selected thread's task, names of constants, tables of text."""
import os
import re

import gdb

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
MASK = (1 << 64) - 1
LIMIT = 10000           # elements of a list, then it is taken for broken
IDLE_ID = 1000000       # as in the proxy: thread numbers of idle tasks


class Command(gdb.Command):
    """A command whose name and words of help are those of the class; run() gets the arguments."""

    name = ""
    category = gdb.COMMAND_USER

    def __init__(self):
        super().__init__(self.name, self.category)
        prefixed = type(self.name, (gdb.Command,), {"__doc__": self.__doc__, "invoke": lambda _self, text, tty: self.invoke(text, tty)})
        prefixed("bobbin " + self.name, self.category)

    def invoke(self, text, _tty):
        from . import symbols
        symbols.follow()        # the arguments may name something of the program
        try:
            self.run(gdb.string_to_argv(text))
        except gdb.error as error:      # an address that cannot be read, an expression that makes no sense
            raise gdb.GdbError(f"{self.name}: {error}") from None

    def usage(self):
        raise gdb.GdbError(f"usage: {self.__doc__.splitlines()[0].split(':')[0]}")


# ---- Values ----

def evaluate(text):
    return gdb.parse_and_eval(text)


def symbol(name, file=None):
    """A variable of the kernel. file: for static ones."""
    return evaluate(f"'{file}'::{name}" if file else name)


def number(word):
    """An argument that is a number."""
    try:
        return int(word, 0)
    except ValueError:
        raise gdb.GdbError(f"{word} is no number") from None


def address(value):
    return int(value) & MASK


def pointer(number, struct):
    return gdb.Value(number & MASK).cast(gdb.lookup_type("struct " + struct).pointer())


def offset_of(struct, path):
    return address(gdb.Value(0).cast(gdb.lookup_type("struct " + struct).pointer())[path.split(".")[0]].address) if "." not in path else \
        address(evaluate(f"(unsigned long)&((struct {struct} *)0)->{path}"))


def each(head, struct, member):
    """The structures that a list_head (a value) links through a member."""
    offset, node, seen = offset_of(struct, member), head["next"], 0
    while address(node) != address(head.address):
        if not address(node) >> 63 or seen == LIMIT:
            raise gdb.GdbError(f"the list at {address(head.address):#x} is broken at {address(node):#x}")
        yield pointer(address(node) - offset, struct)
        node, seen = node["next"], seen + 1


def tree(root, struct, member):
    """The structures of a red-black tree, in order. root: a struct rb_root."""
    offset = offset_of(struct, member)
    left, right = ("rb_left", "rb_right") if "rb_left" in names(gdb.lookup_type("struct rb_node")) else ("left", "right")
    node_field = next(field.name for field in root.type.strip_typedefs().fields() if "rb_node" in str(field.type))
    stack, node = [], root[node_field]
    while address(node) or stack:
        if len(stack) > 100:
            raise gdb.GdbError(f"the tree at {address(root.address):#x} is broken")
        if address(node):
            stack.append(node)
            node = node[left]
        else:
            node = stack.pop()
            yield pointer(address(node) - offset, struct)
            node = node[right]


def names(kind):
    return [field.name for field in kind.strip_typedefs().fields()]


def text(value):
    """A C string, or '' for NULL and what cannot be read."""
    try:
        return value.string("ascii", "replace") if address(value if value.type.code == gdb.TYPE_CODE_PTR else value.address) else ""
    except gdb.error:
        return ""


# ---- Tasks ----

def nr_cpus():
    return int(symbol("nr_cpus"))


def all_tasks():
    """Every task: idle ones first, then processes with their threads, then those that only a CPU still knows."""
    seen = set()

    def new(task):
        return address(task) not in seen and not seen.add(address(task))
    queues, others = symbol("runqueues"), []
    for cpu in range(nr_cpus()):
        if address(queues[cpu]["idle"]) and new(queues[cpu]["idle"]):
            yield queues[cpu]["idle"]
        others += [queues[cpu]["curr"], symbol("cpus")[cpu]["curr_task"]]
    for leader in each(symbol("init_task")["tasks"], "task_struct", "tasks"):
        if new(leader):
            yield leader
        for thread in each(leader["signal"]["thread_head"], "task_struct", "thread_node"):
            if new(thread):
                yield thread
    yield from (task for task in others if address(task) and new(task))


def find_task(pid):
    for task in all_tasks():
        if int(task["pid"]) == pid and (pid or not int(task["cpu"])):
            return task
    raise gdb.GdbError(f"there is no task {pid}")


def ask_proxy(question):
    """The proxy's answer, or None when there is no proxy."""
    connection = gdb.selected_inferior().connection
    try:
        answer = connection.send_packet(question).decode() if connection else ""
    except (AttributeError, gdb.error):
        answer = ""
    return answer or None


def thread_number():
    thread = gdb.selected_thread()
    if thread is None:
        raise gdb.GdbError("the machine does not run: `target remote` first")
    return thread.ptid[1] or thread.ptid[2]


def selected_cpu():
    """Number of the CPU that runs the selected thread, or None."""
    answer = ask_proxy(f"qBobbin.cpu:{thread_number():x}")
    if answer is None:
        return thread_number() - 1
    return None if answer == "none" else int(answer, 16)


def current():
    """The selected thread's task."""
    answer = ask_proxy(f"qBobbin.task:{thread_number():x}")
    if answer is None:
        task = symbol("cpus")[thread_number() - 1]["curr_task"]
    else:
        task = pointer(0 if answer == "none" else int(answer, 16), "task_struct")
    if not address(task):
        raise gdb.GdbError("no task runs here yet")
    return task


def thread_of(task):
    """GDB's thread for a task, or None."""
    number = int(task["pid"]) or IDLE_ID + int(task["cpu"])
    return next((t for t in gdb.selected_inferior().threads() if (t.ptid[1] or t.ptid[2]) == number), None)


def state(task):
    """The letter that ps shows; as task_state_char() in kernel/sched."""
    exit_state, bits = int(task["exit_state"]), int(task["state"])
    if exit_state:
        return "X" if exit_state & 0x10 else "Z"
    for bit, letter in ((0x04, "T"), (0x08, "t"), (0x1000, "I"), (0x02, "D"), (0x01, "S")):
        if bits & bit:
            return letter
    return "R"


def who(task):
    return f"{text(task['comm'])}/{int(task['pid'])}" if address(task) else "nobody"


THREAD_SIZE = 4096 << 2


def user_regs(task):
    """The user's registers of a task that is in the kernel: struct pt_regs at the top of its stack."""
    return (pointer(address(task["stack"]) + THREAD_SIZE, "pt_regs") - 1).dereference()


# ---- Constants, of which there is no debug data: read from the headers ----

def constants(header, pattern):
    """[(name, value)] of the #defines and enumerators in a header whose names match."""
    with open(os.path.join(ROOT, header), encoding="utf-8") as file:
        found = re.findall(rf"(?:^#define |\b)({pattern})(?: =|[ \t]+)\s*\(?(0x[0-9a-fA-F]+|\d+)", file.read(), re.M)
    return [(name, int(value, 0)) for name, value in found]


def flags(value, table, zero="0"):
    """A word of flags by name: A|B|0x40."""
    words = [name for name, bit in table if bit and value & bit]
    rest = value
    for _, bit in table:
        rest &= ~bit
    return "|".join(words + ([hex(rest)] if rest else [])) or zero


TASK_FLAGS = constants("kernel/task/task.h", r"PF_\w+")
TASK_STATES = [(name, bit) for name, bit in constants("kernel/sched/sched.h", r"(?:__)?TASK_\w+") if bit]
THREAD_FLAGS = [(name, 1 << bit) for name, bit in constants("kernel/sched/sched.h", r"TIF_\w+")]
VM_FLAGS = constants("kernel/mm/mm.h", r"VM_\w+")


def syscall_name(number):
    """'read' for 0; what the table has there."""
    if not 0 <= number < 1024:
        return str(number)
    where = address(evaluate(f"((unsigned long *)&sys_call_table)[{number}]"))
    found = re.match(r"sys_(\w+)", gdb.execute(f"info symbol {where}", to_string=True))
    return found[1] if found and found[1] != "ni_syscall" else f"number {number}"


# ---- Output ----

def table(rows, right=()):
    """Lay out rows of cells in columns; right: numbers of the columns that are right-aligned."""
    rows = [[str(cell) for cell in row] for row in rows]
    width = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width[i]) if i in right else cell.ljust(width[i]) for i, cell in enumerate(row)]
        print("  ".join(cells).rstrip())
