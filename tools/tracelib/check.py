"""Does a trace keep the grammar, and do its events fit together?

Grammar: what Perfetto's importer asks for. Sense: on each CPU time goes forward and every sched_switch takes off whom the
one before put on; no task runs on two CPUs, none runs after a sleep that nobody ended; system calls, interrupts, waits
for locks and slices that end have begun.
"""
import re

from .ftrace import plural
from .model import CONTENTION, SYS_ENTER, SYS_EXIT

NEEDED = {
    "sched_switch": ("prev_comm", "prev_pid", "prev_prio", "prev_state", "next_comm", "next_pid", "next_prio"),
    "sched_waking": ("comm", "pid", "prio", "target_cpu"),
    "sched_wakeup": ("comm", "pid", "prio", "target_cpu"),
    "sched_wakeup_new": ("comm", "pid", "prio", "target_cpu"),
    "sched_migrate_task": ("comm", "pid", "prio", "orig_cpu", "dest_cpu"),
    "sched_process_fork": ("comm", "pid", "child_comm", "child_pid"),
    "sched_process_exec": ("filename", "pid", "old_pid"),
    "sched_process_exit": ("comm", "pid", "prio"),
    "irq_handler_entry": ("irq", "name"),
    "irq_handler_exit": ("irq", "ret"),
    "signal_generate": ("sig", "comm", "pid"),
    "signal_deliver": ("sig",),
}
PATTERNS = {"sys_enter": SYS_ENTER, "sys_exit": SYS_EXIT, "contention_begin": CONTENTION, "contention_end": CONTENTION}
STATE = re.compile(r"(R\+?|[SDTtXZIPK]\+?)$")


class Checker:
    def __init__(self, trace):
        self.complaints = [(number, f"no event: {line[:80]}") for number, line in trace.bad]
        self.complaints += [(number, "time runs backwards on this CPU") for number in trace.order]
        # A ring that lost events has gaps: then only the grammar is asked for.
        self.whole = not trace.lost
        self.current, self.asleep, self.on_cpu = {}, set(), {}
        self.waking = any(event.name.startswith("sched_wak") for event in trace.events)
        self.call, self.irq, self.lock, self.slices, self.late = {}, {}, {}, {}, set()
        for event in trace.events:
            self.grammar(event)
            if self.whole:
                self.sense(event)
        self.complaints.sort()

    def complain(self, event, text):
        self.complaints.append((event.line, f"{event.name}: {text}"))

    # ---- Grammar ----

    def grammar(self, event):
        if len(event.flags) > 4 and not event.flags.isdigit():
            self.complain(event, f"more than four flags: {event.flags}")
        if " " in event.comm:
            self.complain(event, f"a space in the name {event.comm!r}")
        for key in NEEDED.get(event.name, ()):
            if key not in event.args:
                self.complain(event, f"no {key}=")
            elif key.endswith("comm") and " " in event.args[key]:
                self.complain(event, f"a space in {key}")
            elif key.endswith(("pid", "prio", "_cpu")) and event.number(key) is None:
                self.complain(event, f"{key} is no number")
        pattern = PATTERNS.get(event.name)
        if pattern and not pattern.match(event.text):
            self.complain(event, f"arguments not understood: {event.text[:60]}")
        state = event.args.get("prev_state") if event.name == "sched_switch" else None
        if state and not STATE.match(state):
            self.complain(event, f"unknown state {state}")

    # ---- Sense ----

    def sense(self, event):
        known = self.current.get(event.cpu)
        if known is not None and event.pid != known:
            self.complain(event, f"by {event.pid} on CPU {event.cpu}, where {known} runs")
        self.current[event.cpu] = event.pid
        handler = getattr(self, "after_" + event.name, None)
        if handler:
            handler(event)

    def after_sched_switch(self, event):
        out, new = event.number("prev_pid"), event.number("next_pid")
        if out is None or new is None:
            return
        if out != event.pid:
            self.complain(event, f"takes {out} off CPU {event.cpu}, where {event.pid} runs")
        self.current[event.cpu] = new
        self.on_cpu.pop(out, None)
        if new and self.on_cpu.get(new, event.cpu) != event.cpu:
            self.complain(event, f"{new} runs on CPU {self.on_cpu[new]} and on CPU {event.cpu}")
        if self.waking and new in self.asleep:
            self.complain(event, f"{new} runs though nobody woke it")
        self.asleep.discard(new)
        if new:
            self.on_cpu[new] = event.cpu
        if out and event.args["prev_state"][:1] in "SDI" and out not in self.late:
            self.asleep.add(out)
        self.late.discard(out)

    def after_sched_waking(self, event):
        pid = event.number("pid")
        if pid not in self.asleep:
            self.late.add(pid)      # on its way out: its sched_switch comes after this
        self.asleep.discard(pid)

    after_sched_wakeup = after_sched_waking

    def after_sys_enter(self, event):
        match = SYS_ENTER.match(event.text)
        if match:
            self.call[event.pid] = match[1]

    def after_sys_exit(self, event):
        match, call = SYS_EXIT.match(event.text), self.call.pop(event.pid, None)
        if match and call and match[1] not in (call, "-1"):     # -1: rt_sigreturn put back another frame
            self.complain(event, f"of call {match[1]}, but {event.pid} is in call {call}")

    def after_irq_handler_entry(self, event):
        self.irq.setdefault(event.cpu, []).append(event.args.get("irq"))

    def after_irq_handler_exit(self, event):
        stack = self.irq.setdefault(event.cpu, [])
        if stack and stack.pop() != event.args.get("irq"):
            self.complain(event, "not of the interrupt that began last")

    def after_contention_begin(self, event):
        match = CONTENTION.match(event.text)
        self.lock[event.pid] = match[1] if match else None

    def after_contention_end(self, event):
        match, lock = CONTENTION.match(event.text), self.lock.pop(event.pid, None)
        if match and lock and match[1] != lock:
            self.complain(event, f"of {match[1]}, but {event.pid} waits for {lock}")

    def after_tracing_mark_write(self, event):
        if event.text.startswith("B|"):
            self.slices[event.pid] = self.slices.get(event.pid, 0) + 1
        elif event.text.startswith("E"):
            if not self.slices.get(event.pid):
                self.complain(event, f"ends a slice that {event.pid} has not begun")
            self.slices[event.pid] = max(self.slices.get(event.pid, 0) - 1, 0)


def header_problem(path):
    """Perfetto looks for the tracer's line in the first 64 bytes."""
    if path == "-":
        return None
    with open(path, "rb") as file:
        return None if b"# tracer: nop" in file.read(64) else "no `# tracer: nop` in the first 64 bytes"


def report(trace, path, most=20):
    """Lines to print, and whether the trace is good."""
    checker = Checker(trace)
    complaints = checker.complaints
    problem = header_problem(path)
    if problem:
        complaints.insert(0, (1, problem))
    lines = [f"{path}:{number}: {text}" for number, text in complaints[:most]]
    if len(complaints) > most:
        lines.append(f"... and {len(complaints) - most} more")
    pids = {event.pid for event in trace.events}
    pids |= {event.number("next_pid") for event in trace.events if event.name == "sched_switch"}
    cpus = {event.cpu for event in trace.events}
    lost = f", {trace.lost} events lost (only the grammar was checked)" if trace.lost else ""
    lost += f", {trace.dropped} older records dropped" if trace.dropped else ""
    found = f"{plural(len(trace.events), 'event')}, {plural(len(cpus), 'CPU')}, {plural(len(pids - {0, None}), 'task')}{lost}"
    lines.append(f"{found}: {plural(len(complaints), 'complaint')}")
    return lines, not complaints
