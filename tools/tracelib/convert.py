"""A trace for other viewers: text for Perfetto, text for traceshark, JSON for Chrome."""
import json

from .states import STATES

HEADER = "# tracer: nop\n#\n#           TASK-PID     TGID    CPU#  FLAGS  TIMESTAMP      FUNCTION\n"


def word(name):
    """A task's name without what the grammar would stumble over."""
    return "_".join(name.split()) or "?"


def arguments(event):
    """The arguments with names that are one word."""
    text = event.text
    if event.name in ("tracing_mark_write", "print") or "comm=" not in text:
        return text
    for key, value in event.args.items():
        if key.endswith("comm") and " " in value:
            text = text.replace(f"{key}={value}", f"{key}={word(value)}")
    return text


def seconds(time):
    return f"{time // 1000000000}.{time // 1000 % 1000000:06}"


def perfetto(trace):
    """ftrace text in the grammar of Perfetto's importer; it reads sched_waking, so a lone sched_wakeup is renamed."""
    yield HEADER
    waking = any(event.name == "sched_waking" for event in trace.events)
    for event in trace.events:
        name = "sched_waking" if event.name == "sched_wakeup" and not waking else event.name
        name = "tracing_mark_write" if name == "print" else name
        tgid = f"{event.tgid:5}" if event.tgid is not None else "-----"
        yield (f"{word(event.comm):>16}-{event.pid:<5} ({tgid}) [{event.cpu:03}] {event.flags[:4] or '....':4} "
               f"{seconds(event.time)}: {name}: {arguments(event)}\n")


# ---- traceshark reads what `trace-cmd report` prints ----

def shark_switch(event):
    args = event.args
    out, new = word(args.get("prev_comm", "?")), word(args.get("next_comm", "?"))
    return (f"{out}:{args.get('prev_pid')} [{args.get('prev_prio')}] {args.get('prev_state')} ==> "
            f"{new}:{args.get('next_pid')} [{args.get('next_prio')}]")


def shark_wakeup(event):
    args = event.args
    cpu = event.number("target_cpu", 0)
    return f"{word(args.get('comm', '?'))}:{args.get('pid')} [{args.get('prio')}] success=1 CPU:{cpu:03}"


def traceshark(trace):
    """The text of `trace-cmd report`: no tgid, no flags, and each sched_waking also as the sched_wakeup it leads to."""
    cpus = {event.cpu for event in trace.events}
    yield f"cpus={max(cpus, default=0) + 1}\n"
    wakeup = any(event.name == "sched_wakeup" for event in trace.events)
    for event in trace.events:
        head = f"{word(event.comm):>16}-{event.pid:<5} [{event.cpu:03}] {seconds(event.time)}: "
        if event.name == "sched_switch":
            yield f"{head}sched_switch: {shark_switch(event)}\n"
        elif event.name in ("sched_wakeup", "sched_wakeup_new"):
            yield f"{head}{event.name}: {shark_wakeup(event)}\n"
        else:
            yield f"{head}{event.name}: {arguments(event)}\n"
            if event.name == "sched_waking" and not wakeup:
                yield f"{head}sched_wakeup: {shark_wakeup(event)}\n"


# ---- Chrome's JSON ----

CPUS = 1000000      # the process under which the CPUs' rows stand; above all pids


def chrome(model):
    """Chrome's trace format (chrome://tracing, Perfetto): CPUs as one process, tasks as threads of theirs."""
    base, out = model.start, []

    def us(time):
        return (time - base) / 1000

    def add(**fields):
        out.append(fields)

    add(ph="M", pid=CPUS, name="process_name", args={"name": "CPUs"})
    for cpu, turns in sorted(model.cpus.items()):
        add(ph="M", pid=CPUS, tid=cpu, name="thread_name", args={"name": f"CPU {cpu}"})
        for start, end, task in turns:
            if task and end > start:
                add(ph="X", pid=CPUS, tid=cpu, ts=us(start), dur=us(end) - us(start), cat="sched", name=f"{task.comm} {task.pid}")
        for start, end, name in model.irqs[cpu]:
            add(ph="X", pid=CPUS, tid=cpu, ts=us(start), dur=us(end) - us(start), cat="irq", name=name)
    for task in model.tasks:
        where = {"pid": task.tgid or task.pid, "tid": task.pid}
        add(ph="M", name="thread_name", args={"name": task.comm}, **where)
        for span in task.spans:
            add(ph="X", ts=us(span.start), dur=us(span.end) - us(span.start), cat="state", name=STATES[span.state][0],
                args={"cause": span.cause, "cpu": span.cpu, "by": span.by}, **where)
        for start, end, name in task.slices:
            add(ph="X", ts=us(start), dur=us(end) - us(start), cat="mark", name=name, **where)
        for time, kind, text in task.points:
            add(ph="i", s="t", ts=us(time), cat=kind, name=text, **where)
    for number, (time, waker, _, wakee) in enumerate(model.wakes):
        if waker:
            add(ph="s", id=number, ts=us(time), cat="wake", name="wakes", pid=waker.tgid or waker.pid, tid=waker.pid)
            add(ph="f", bp="e", id=number, ts=us(time), cat="wake", name="wakes", pid=wakee.tgid or wakee.pid, tid=wakee.pid)
    for name, values in model.counters.items():
        for time, value in values:
            add(ph="C", pid=CPUS, ts=us(time), name=name, args={"value": float(value) if value.lstrip("-").isdigit() else 0})
    return json.dumps({"traceEvents": out, "displayTimeUnit": "ns"}, separators=(",", ":"))
