"""From events to what happened: what each task, each CPU and each lock did, and when.

A task's life is a chain of spans without gaps, from its first sign of life to its death or the trace's end. Three rules
make it: sched_switch takes one task off a CPU and puts another on it; sched_waking ends a sleep; who is seen on a CPU
before its first sched_switch ran there from the beginning. Missing events (a ring that lost some, events not chosen)
leave spans of the state `sleep` or `ready`, never an error: `check` complains, this does not.
"""
import re

from .states import Call, sleep_state

SYS_ENTER = re.compile(r"NR (-?\d+) \(([^)]*)\)")
SYS_EXIT = re.compile(r"NR (-?\d+) = (-?\w+)")
CONTENTION = re.compile(r"(\S+) \((\w+)=([^)]*)\)")
INTERRUPT = "interrupt"         # who woke, when it was no task
KTHREADD = 2                    # the parent of all kernel threads


class Span:
    """A task in one state. `by`: pid of who ended a sleep, or INTERRUPT; of who came instead, for `ready`."""
    __slots__ = ("start", "end", "state", "cpu", "cause", "by")

    def __init__(self, start, state, cpu=None, cause="", by=None):
        self.start, self.end, self.state, self.cpu, self.cause, self.by = start, None, state, cpu, cause, by

    @property
    def length(self):
        return self.end - self.start


class Task:
    """A task; a pid that is used again makes another."""

    def __init__(self, pid, comm, born):
        self.pid, self.comm, self.tgid, self.parent = pid, comm, None, None
        self.born, self.died = born, None
        self.spans, self.calls = [], []         # Span, Call
        self.points = []                        # (time, kind, text)
        self.slices, self.open_slices = [], []  # [start, end, name]: marks with a beginning and an end
        self.delays = []                        # (time it came to run, ns since it was woken, who woke it)
        self.switches = []                      # (time, whether it left the CPU of its own will)
        self.migrations = []                    # when it came to another CPU than its last
        self.call = self.lock = self.futex = None       # in which it is now, for which it waits
        self.woken = None                       # (time, by): woken while it still ran
        self.last_cpu = None

    @property
    def is_kernel(self):
        """Whether it is kthreadd or one of its children, as far as the trace saw their birth."""
        return KTHREADD in (self.pid, self.parent)

    @property
    def now(self):
        return self.spans[-1] if self.spans else None

    def enter(self, time, state, cpu=None, cause="", by=None):
        """End the span that is open and begin another."""
        if self.spans:
            self.spans[-1].end = time
            if self.spans[-1].start == time and self.spans[-1].state != "run":
                self.spans.pop()
        self.spans.append(Span(time, state, cpu, cause, by))

    def total(self, *states):
        return sum(span.length for span in self.spans if span.state in states)


class Wait:
    """Somebody's wait for a lock of the kernel, or for a futex."""
    __slots__ = ("lock", "kind", "task", "start", "end", "owner")

    def __init__(self, lock, kind, task, start, owner=None):
        self.lock, self.kind, self.task, self.start, self.end, self.owner = lock, kind, task, start, None, owner

    def __str__(self):
        return f"{self.kind.lower()} {self.lock}"


class Model:
    """tasks, cpus {number: [[start, end, task]]}, irqs {number: [[start, end, name]]}, wakes, waits, counters.

    Times are the trace's. `origin` is its beginning, `start` to `end` what is to be shown of it.
    """

    def __init__(self, trace):
        self.lost, self.dropped, self.times = trace.lost, trace.dropped, [event.time for event in trace.events]
        self.origin, self.start, self.end = trace.start, trace.start, trace.end
        self.tasks, self.by_pid = [], {}
        self.cpus, self.irqs, self.open_irq = {}, {}, {}
        self.wakes = []         # (time, waker: Task or None for an interrupt, its CPU, wakee: Task)
        self.waits = []
        self.counters = {}      # name: [(time, value)]
        self.unknown = {}       # name of an event that nothing here reads: how many
        for event in trace.events:
            self.seen(event)
            handler = getattr(self, "on_" + event.name, None)
            if handler:
                handler(event)
            elif event.name.startswith("signal_"):
                self.point(event, "signal", f"{event.name} {event.text}")
            elif event.name.startswith("page_fault"):
                self.point(event, "fault", f"{event.name} {event.text}")
            else:
                self.unknown[event.name] = self.unknown.get(event.name, 0) + 1
        self.close()

    @property
    def events(self):
        return len(self.times)

    # ---- Who is where ----

    def task(self, pid, comm=None):
        """The task of that pid; pid 0, idle, is none."""
        if not pid:
            return None
        task = self.by_pid.get(pid)
        if task is None:
            task = self.by_pid[pid] = Task(pid, comm or "?", self.start)
            self.tasks.append(task)
        if comm and comm != "<...>":
            task.comm = comm
        return task

    def seen(self, event):
        """Whose line it is ran there, from the beginning if this is the CPU's first line."""
        task = self.task(event.pid, event.comm)
        if task and event.tgid is not None:
            task.tgid = event.tgid
        if event.cpu not in self.cpus:
            self.cpus[event.cpu] = [[self.start, None, task]]
            self.irqs[event.cpu] = []
            if task and not task.spans:
                task.spans.append(Span(self.start, "run", event.cpu))
                task.last_cpu = event.cpu

    def began(self, task, state, by=None):
        """The first that is heard of a task tells what it did until now."""
        if not task.spans:
            task.spans.append(Span(task.born, state, by=by))

    def point(self, event, kind, text):
        task = self.task(event.pid)
        if task:
            task.points.append((event.time, kind, text))

    def close(self):
        for task in self.tasks:
            self.began(task, "sleep")
            if task.now.end is None:
                task.now.end = self.end
            for piece in task.open_slices:
                piece[1] = self.end
            if task.call:
                task.call.end = self.end
        for wait in self.waits:
            wait.end = wait.end or self.end
        for number, turns in self.cpus.items():
            turns[-1][1] = self.end
            if self.irqs[number] and self.irqs[number][-1][1] is None:
                self.irqs[number][-1][1] = self.end

    def clip(self, start, end):
        """Forget what was before start and after end, both in ns after the origin; None is no limit."""
        low = self.start = self.origin + (start or 0)
        high = self.end = min(self.end, self.origin + end) if end is not None else self.end

        def inside(moments, when=lambda moment: moment[0]):
            return [moment for moment in moments if low <= when(moment) <= high]

        def pieces(rows):
            return [[max(row[0], low), min(row[1], high), row[2]] for row in rows if row[0] < high and row[1] > low]

        for task in self.tasks:
            for name in ("spans", "calls"):
                kept = [piece for piece in getattr(task, name) if piece.start < high and piece.end > low]
                for piece in kept:
                    piece.start, piece.end = max(piece.start, low), min(piece.end, high)
                setattr(task, name, kept)
            task.points, task.delays, task.switches = inside(task.points), inside(task.delays), inside(task.switches)
            task.migrations = inside(task.migrations, lambda time: time)
            task.slices = pieces(task.slices)
        self.tasks = [task for task in self.tasks if task.spans]
        self.cpus = {cpu: pieces(turns) for cpu, turns in self.cpus.items()}
        self.irqs = {cpu: pieces(rows) for cpu, rows in self.irqs.items()}
        self.wakes = inside(self.wakes)
        self.waits = [wait for wait in self.waits if wait.start < high and wait.end > low]
        self.counters = {name: inside(values) for name, values in self.counters.items()}
        self.times = [time for time in self.times if low <= time <= high]
        return self

    # ---- The scheduler ----

    def on_sched_switch(self, event):
        args, time, cpu = event.args, event.time, event.cpu
        out = self.task(event.number("prev_pid"), args.get("prev_comm"))
        new = self.task(event.number("next_pid"), args.get("next_comm"))
        self.cpus[cpu][-1][1] = time
        self.cpus[cpu].append([time, None, new])
        if out:
            self.leaves(out, time, cpu, args.get("prev_state", "S"), event.number("next_pid"))
        if new:
            self.comes(new, time, cpu)

    def leaves(self, task, time, cpu, letter, successor):
        self.began(task, "run")
        task.now.cpu = cpu
        if letter[0] == "R":
            preempted = "+" in letter or not (task.call and task.call.name == "sched_yield")
            task.switches.append((time, not preempted))
            task.enter(time, "ready", cpu, "preempted" if preempted else "sched_yield()", successor)
            return
        task.switches.append((time, True))
        if letter[0] in "ZX":
            task.now.end = task.died = time
            self.by_pid.pop(task.pid, None)
            return
        state, cause = sleep_state(letter, task.call, task.lock, task.futex)
        task.enter(time, state, cpu, cause)

    def comes(self, task, time, cpu):
        self.began(task, "ready")
        last = task.now
        if task.woken and last.state not in ("run", "ready"):   # it was woken on its way out: it never slept
            last.state, last.cause, last.by = "ready", "woken on its way out", task.woken[1]
            task.delays.append((time, time - last.start, last.by))
        elif last.state == "ready" and last.cause in ("woken", "new"):
            task.delays.append((time, time - last.start, last.by))
        task.woken = task.futex = None
        if task.last_cpu not in (None, cpu):
            task.migrations.append(time)
        task.last_cpu = cpu
        task.enter(time, "run", cpu)

    def on_sched_waking(self, event):
        wakee = self.task(event.number("pid"), event.args.get("comm"))
        if not wakee:
            return
        interrupt = self.open_irq.get(event.cpu) or any(letter in event.flags for letter in "hHs")
        waker = None if interrupt else self.task(event.pid)
        by = waker.pid if waker else INTERRUPT
        self.began(wakee, "sleep")
        if wakee.now.state == "run":
            wakee.woken = (event.time, by)
        elif wakee.now.state != "ready":
            wakee.now.by = by
            wakee.enter(event.time, "ready", event.number("target_cpu"), "woken", by)
        else:
            return              # sched_wakeup after sched_waking: the same wake-up
        self.wakes.append((event.time, waker, event.cpu, wakee))

    on_sched_wakeup = on_sched_waking

    def on_sched_wakeup_new(self, event):
        self.task(event.number("pid"), event.args.get("comm"))

    def on_sched_process_fork(self, event):
        pid = event.number("child_pid")
        self.by_pid.pop(pid, None)
        child = self.task(pid, event.args.get("child_comm"))
        parent = self.task(event.pid)
        child.born, child.parent = event.time, event.pid
        child.spans.append(Span(event.time, "ready", None, "new", event.pid))
        child.points.append((event.time, "fork", f"made by {event.comm} {event.pid}"))
        self.wakes.append((event.time, parent, event.cpu, child))

    def on_sched_process_exec(self, event):
        self.point(event, "exec", f"exec {event.args.get('filename', '')}")

    def on_sched_process_exit(self, event):
        self.point(event, "exit", "exit")

    def on_sched_migrate_task(self, event):
        task = self.task(event.number("pid"), event.args.get("comm"))
        if task:
            task.points.append((event.time, "migrate", f"CPU {event.args.get('orig_cpu')} -> {event.args.get('dest_cpu')}"))

    # ---- System calls, interrupts, locks ----

    def on_sys_enter(self, event):
        task, match = self.task(event.pid), SYS_ENTER.match(event.text)
        if task and match:
            words = [word.strip() for word in match[2].split(",")]
            args = [int(word, 16) for word in words if re.fullmatch(r"(0x)?[0-9a-fA-F]+", word)]
            task.call = Call(int(match[1]), args, event.time)
            task.calls.append(task.call)

    def on_sys_exit(self, event):
        task, match = self.task(event.pid), SYS_EXIT.match(event.text)
        if not task or not match:
            return
        if task.call is None and not task.calls:        # it was in this call when the trace began
            call = Call(int(match[1]), [], task.born)
            task.calls.append(call)
            for span in task.spans:
                if span.state == "sleep":
                    span.state, span.cause = sleep_state("S", call)
            task.call = call
        if task.call:
            task.call.end, task.call.result = event.time, match[2]
        task.call = None

    def on_irq_handler_entry(self, event):
        self.open_irq[event.cpu] = event.args.get("name") or f"irq {event.args.get('irq')}"
        self.irqs[event.cpu].append([event.time, None, self.open_irq[event.cpu]])

    def on_irq_handler_exit(self, event):
        if self.open_irq.pop(event.cpu, None):
            self.irqs[event.cpu][-1][1] = event.time

    def on_contention_begin(self, event):
        task, match = self.task(event.pid), CONTENTION.match(event.text)
        if task:
            lock, kind = (match[1], match[3]) if match else (event.args.get("lock_addr", "?"), event.args.get("flags", ""))
            owner = self.task(event.number("owner"))
            task.lock = Wait(event.args.get("name", lock), kind or "lock", task, event.time, owner)
            self.waits.append(task.lock)

    def on_contention_end(self, event):
        task = self.task(event.pid)
        if task and task.lock:
            task.lock.end, task.lock = event.time, None

    def on_futex_wait(self, event):
        task = self.task(event.pid)
        if task:
            task.futex = event.args.get("uaddr")

    def ignore(self, event):
        """What the event says is seen elsewhere too, or is no matter of tasks."""

    on_futex_wake = on_futex_requeue = on_hrtimer_expire_entry = on_profile = ignore

    # ---- Marks ----

    def on_tracing_mark_write(self, event):
        """B|tgid|name and E|tgid are a slice, C|tgid|name|value a counter, anything else a mark."""
        task = self.task(event.pid)
        kind, *rest = event.text.split("|")
        if kind == "C" and len(rest) == 3:
            self.counters.setdefault(rest[1], []).append((event.time, rest[2]))
        elif task and kind == "B" and len(rest) == 2:
            task.slices.append([event.time, None, rest[1]])
            task.open_slices.append(task.slices[-1])
        elif task and kind == "E":
            if task.open_slices:
                task.open_slices.pop()[1] = event.time
        else:
            self.point(event, "mark", event.text)

    on_print = on_tracing_mark_write
