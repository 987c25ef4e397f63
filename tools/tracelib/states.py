"""The states a task is in, their colours, and the cause of a sleep, read off the system call it sleeps in."""
import functools
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# key: what the legend says, its colour, the character of the terminal's Gantt chart. In the order of the legend.
STATES = {
    "run": ("running", "#2f9e54", "█"),
    "ready": ("runnable, waits for a CPU", "#f7a41d", "▒"),
    "futex": ("sleeps: futex", "#7ea8e0", "f"),
    "io": ("sleeps: pipe, file, terminal", "#4cc0c0", "p"),
    "poll": ("sleeps: poll, select, epoll", "#a9dfd0", "o"),
    "timer": ("sleeps: timer", "#c3a2e6", "t"),
    "child": ("sleeps: wait for a child", "#d9b588", "w"),
    "signal": ("sleeps: until a signal", "#f4a6c8", "g"),
    "lock": ("sleeps: lock of the kernel", "#d8433f", "L"),
    "disk": ("sleeps, no signal wakes it (D)", "#93605c", "D"),
    "stop": ("stopped or traced", "#8b939c", "T"),
    "sleep": ("sleeps, cause not in the trace", "#dde2e8", "·"),
}
# Of tasks, pale, so that nobody takes them for states. The busiest tasks get them in this order.
PALETTE = ("#a9c4eb", "#f2c6a0", "#b5dbaa", "#dcb9e6", "#f0b0b5", "#a3dada",
           "#e6d98c", "#c3baf0", "#f3bcdb", "#b9cbd6", "#d0e293", "#dcbfa6")


def task_colours(tasks):
    """{task: colour}; web/data.js does the same."""
    ranking = sorted(tasks, key=lambda task: -task.total("run"))
    return {task: PALETTE[n] if n < len(PALETTE) else f"hsl({n * 137.5 % 360:.0f},50%,{74 + n % 3 * 8}%)"
            for n, task in enumerate(ranking)}


CALLS = {       # the system calls one sleeps in
    "futex": ("futex", "futex_waitv"),
    "io": ("read", "write", "readv", "writev", "pread64", "pwrite64", "sendfile", "splice", "recvmsg", "sendmsg",
           "recvfrom", "sendto", "accept", "accept4", "connect", "open", "openat", "fsync", "ioctl", "fcntl", "flock",
           "io_uring_enter"),
    "poll": ("poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
    "timer": ("nanosleep", "clock_nanosleep"),
    "child": ("wait4", "waitid", "vfork", "clone", "clone3", "fork"),
    "signal": ("pause", "rt_sigsuspend", "rt_sigtimedwait"),
}
CAUSE = {call: state for state, calls in CALLS.items() for call in calls}
FUTEX_OPS = ("WAIT", "WAKE", "FD", "REQUEUE", "CMP_REQUEUE", "WAKE_OP", "LOCK_PI", "UNLOCK_PI", "TRYLOCK_PI",
             "WAIT_BITSET", "WAKE_BITSET", "WAIT_REQUEUE_PI", "CMP_REQUEUE_PI", "LOCK_PI2")


@functools.lru_cache(maxsize=None)
def call_names():
    """{number: name} of the system calls, from the kernel's own header."""
    with open(os.path.join(ROOT, "libk", "abi", "syscall.h"), encoding="utf-8") as file:
        return {int(number): name for name, number in re.findall(r"\bX\((\w+), (\d+)\)", file.read())}


class Call:
    """A system call between its sys_enter and its sys_exit."""
    __slots__ = ("number", "args", "start", "end", "result")

    def __init__(self, number, args, start):
        self.number, self.args, self.start = number, args, start
        self.end = self.result = None

    @property
    def name(self):
        return call_names().get(self.number, f"syscall {self.number}")

    @property
    def futex(self):
        """The futex's address when the call is one that waits for it or wakes it."""
        return self.args[0] if self.name.startswith("futex") and self.args else None

    def __str__(self):
        if self.name == "futex" and len(self.args) > 1:
            op = self.args[1] & 0x7F
            return f"futex({self.args[0]:#x}, {FUTEX_OPS[op] if op < len(FUTEX_OPS) else op})"
        if CAUSE.get(self.name) == "io" and self.args:
            return f"{self.name}(fd {self.args[0]})" if "open" not in self.name else f"{self.name}()"
        return f"{self.name}()"


def sleep_state(letter, call, lock=None, futex=None):
    """(state, cause in words) of a task that left the CPU with this letter, within this call, for this lock or futex."""
    if letter[0] in "Tt":
        return "stop", "traced" if letter[0] == "t" else "stopped"
    if lock:
        return "lock", str(lock)
    if call:
        return CAUSE.get(call.name, "disk" if letter[0] == "D" else "sleep"), str(call)
    if futex:
        return "futex", f"futex({futex})"
    return ("disk", "") if letter[0] == "D" else ("sleep", "idle" if letter[0] == "I" else "")
