"""tasks, task PID, rq, $current(), $task(PID)."""
import gdb

from . import base, symbols

POLICIES = {0: "OTHER", 1: "FIFO", 2: "RR", 3: "BATCH", 5: "IDLE", 6: "DEADLINE"}


def policy(task):
    return "idle" if int(task["flags"]) & 2 else POLICIES.get(int(task["policy"]), str(int(task["policy"])))


def running_on():
    """Address of a task -> number of the CPU that runs it (says so itself: current)."""
    return {base.address(base.symbol("cpus")[cpu]["curr_task"]): cpu for cpu in range(base.nr_cpus())}


class Tasks(base.Command):
    """tasks: every task, one a line.

S is the state as ps shows it: R runnable, S and D asleep, T stopped, t traced, Z dead but not waited for, X gone, I idle.
A star marks those that a CPU runs. WAITS FOR names the wait queue or the lock; `waiters` tells more of it."""
    name = "tasks"

    def run(self, words):
        if words:
            self.usage()
        running = running_on()
        rows = [("", "PID", "TGID", "S", "CPU", "PRIO", "POLICY", "NAME", "WAITS FOR")]
        for task in base.all_tasks():
            star = "*" if base.address(task) in running else ""
            wait = base.text(task["wchan"])
            if int(task["wait_obj"]) and wait:
                wait += f" {int(task['wait_obj']):#x}"
            rows.append((star, int(task["pid"]), int(task["tgid"]), base.state(task), int(task["cpu"]), int(task["prio"]),
                         policy(task), base.text(task["comm"]), wait))
        base.table(rows, right=(1, 2, 4, 5))


def describe(task):
    """[(what, value)] about a task."""
    rows = [("task", f"{base.who(task)} at {base.address(task):#x}"),
            ("thread group", f"{int(task['tgid'])}, leader {base.who(task['group_leader'])}, "
                             f"{int(task['signal']['nr_threads'])} thread(s)"),
            ("parent", base.who(task["real_parent"])),
            ("state", f"{base.state(task)}  {base.flags(int(task['state']), base.TASK_STATES, 'TASK_RUNNING')}"),
            ("flags", base.flags(int(task["flags"]), base.TASK_FLAGS)),
            ("to do", base.flags(int(task["thread_flags"]), base.THREAD_FLAGS, "nothing")),
            ("scheduling", f"{policy(task)}, prio {int(task['prio'])}, CPU {int(task['cpu'])}, may run on {int(task['cpus_mask']):#x}, "
                           f"{'running' if int(task['on_cpu']) else 'queued' if int(task['on_rq']) else 'not queued'}"),
            ("switches", f"{int(task['nvcsw'])} voluntary, {int(task['nivcsw'])} not")]
    if int(task["wait_obj"]):
        rows.append(("waits for", f"{base.text(task['wchan'])} at {int(task['wait_obj']):#x}"))
    stack = base.address(task["stack"])
    rows.append(("kernel stack", f"{stack:#x} - {stack + base.THREAD_SIZE:#x}, saved rsp {base.address(task['thread']['sp']):#x}"))
    rows.append(("FS.base (TLS)", f"{base.address(task['thread']['fsbase']):#x} when it last left a CPU"))
    if base.address(task["mm"]):
        mm = task["mm"]
        rows.append(("memory", f"mm {base.address(mm):#x}, {int(mm['mm_users']['counter'])} user(s), {int(mm['map_count'])} areas"))
    else:
        rows.append(("memory", f"none of its own, runs on {base.address(task['active_mm']):#x}"))
    return rows


class Task(base.Command):
    """task [PID]: what a task is and does, and makes it the selected thread.

Without PID: the selected one."""
    name = "task"

    def run(self, words):
        if len(words) > 1:
            self.usage()
        task = base.find_task(base.number(words[0])) if words else base.current()
        for what, value in describe(task):
            print(f"{what:14} {value}")
        thread = base.thread_of(task)
        if thread:
            thread.switch()
            symbols.follow()


# ---- Run queues ----

def queued(queue):
    """[(name of the list or tree, [tasks in its order])] of a struct rq: every list_head that links se.run_list and every tree that
    links se.run_node, with the ring of se.run_list on each node (fair.c), however the policies call them."""
    found = []

    def look(value, name):
        kind = value.type.strip_typedefs()
        if kind.code == gdb.TYPE_CODE_ARRAY:
            first, last = kind.range()
            for i in range(first, last + 1):
                look(value[i], f"{name}[{i}]")
        elif kind.code == gdb.TYPE_CODE_STRUCT:
            if kind.tag == "list_head":
                found.append((name, list(base.each(value, "task_struct", "se.run_list"))))
            elif kind.tag == "rb_root":
                nodes = base.tree(value, "task_struct", "se.run_node")
                found.append((name, [member for node in nodes for member in
                                     (node, *base.each(node["se"]["run_list"], "task_struct", "se.run_list"))]))
            elif kind.tag not in ("spinlock", "mutex", "wait_queue_head"):
                for field in kind.fields():
                    if field.name:
                        look(value[field], f"{name}.{field.name}" if name else field.name)
    look(queue, "")
    return found


class Rq(base.Command):
    """rq [CPU]: the run queues, in the order in which tasks will be picked.

VRUNTIME and DEADLINE are what the fair policies sort by, SLICE is what is left of the turn, all in ns; WEIGHT comes from nice."""
    name = "rq"

    def run(self, words):
        if len(words) > 1:
            self.usage()
        there = range(base.nr_cpus())
        if words and base.number(words[0]) not in there:
            raise gdb.GdbError(f"there is no CPU {words[0]}")
        for cpu in [base.number(words[0])] if words else there:
            self.show(base.symbol("runqueues")[cpu], cpu)

    def show(self, queue, cpu):
        lock = f"locked by CPU {int(queue['lock']['locked']) - 1}" if int(queue["lock"]["locked"]) else "free"
        print(f"CPU {cpu}: runs {base.who(queue['curr'])}, {int(queue['nr_running'])} runnable, {int(queue['nr_switches'])} switches, "
              f"lock {lock}")
        rows = [("", "QUEUE", "PID", "NAME", "CLASS", "PRIO", "WEIGHT", "VRUNTIME", "DEADLINE", "SLICE")]
        seen = set()
        queues = queued(queue)
        # Under fair the running task waits in no queue.
        if base.address(queue["curr"]) not in [base.address(queue["idle"]), *(base.address(t) for _, tasks in queues for t in tasks)]:
            queues.insert(0, ("(running)", [queue["curr"]]))
        for name, tasks in queues:
            for task in tasks:
                if base.address(task) in seen:
                    continue
                seen.add(base.address(task))
                entity = task["se"]
                rows.append(("*" if base.address(task) == base.address(queue["curr"]) else "", name, int(task["pid"]),
                             base.text(task["comm"]), base.text(task["sched_class"]["name"]), int(task["prio"]),
                             *(int(entity[key]) if key in base.names(entity.type) else "-"
                               for key in ("weight", "vruntime", "deadline", "slice"))))
        if len(rows) > 1:
            base.table(rows, right=(2, 5, 6, 7, 8, 9))


# ---- Functions ----

class Current(gdb.Function):
    """$current(): the task_struct of the selected thread."""

    def __init__(self):
        super().__init__("current")

    def invoke(self):
        return base.current()


class TaskFunction(gdb.Function):
    """$task(PID): the task_struct of a pid. $task(0) is the idle task of CPU 0."""

    def __init__(self):
        super().__init__("task")

    def invoke(self, pid):
        return base.find_task(int(pid))


Tasks()
Task()
Rq()
Current()
TaskFunction()
