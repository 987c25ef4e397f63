"""The samples of the profiler -> folded stacks, what flame graphs are made of: a line for each different stack, the task
first, then its program's functions, then the kernel's with _[k] behind them, and how often it was seen.

A sample names the kernel's functions itself. The user's are addresses; their names are in the program, which is looked for
by the name of its process: among those of --elf, then in build/user/bin and build/tests/user.
"""
import collections
import os

from .ring import NoTrace, Symbols

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BOBBIN_BUILD") or "build")
COMM = 15       # as much of a program's name as the kernel keeps


class Programs:
    """Symbol tables by the names of processes; None where there is none."""

    def __init__(self, files):
        self.files = {os.path.basename(path)[:COMM]: path for path in files}
        for folder in ("user/bin", "tests/user"):
            path = os.path.join(BUILD, folder)
            for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
                self.files.setdefault(name[:COMM], os.path.join(path, name))
        self.tables = {}

    def name(self, process, address):
        if process not in self.tables:
            try:
                self.tables[process] = Symbols(self.files[process]) if process in self.files else None
            except (OSError, NoTrace, IndexError, ValueError):
                self.tables[process] = None
        table = self.tables[process]
        return table.name(address) if table else f"0x{address:x}"


def fold(events, files=(), per_thread=False):
    """The lines, by the alphabet."""
    programs = Programs(files)
    # A thread may have a name of its own; the program has the name of the process.
    processes = {event.pid: event.comm for event in events if event.pid == event.tgid}
    counts = collections.Counter()
    for event in events:
        if event.name != "profile":
            continue
        process = processes.get(event.tgid, event.comm)
        user = [int(word, 16) for word in event.args.get("user", "").split(";") if word]
        last = len(user) - 1        # the innermost is where it was, the others are return addresses
        stack = [f"{event.comm}-{event.pid}" if per_thread else event.comm]
        stack += (programs.name(process, address - (i < last)) for i, address in enumerate(user))
        stack += (word + "_[k]" for word in event.args.get("kernel", "").split(";") if word)
        counts[";".join(stack)] += 1
    return [f"{stack} {count}" for stack, count in sorted(counts.items())]
