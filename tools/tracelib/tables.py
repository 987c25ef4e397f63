"""Tables of a model: shares of the CPUs, latency of wake-ups, and timehist, a line for each turn on a CPU."""
from .ftrace import plural, show_time
from .model import INTERRUPT

BARS = " ▁▂▃▄▅▆▇█"
BUCKETS = 12        # of the histogram: below 1 us, 2 us, 4 us ... 1 ms, longer


def columns(head, rows, left=1):
    """Lines of a table; the first `left` columns are aligned to the left, the others to the right."""
    rows = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    for row in rows:
        yield "  ".join(cell.ljust(width) if n < left else cell.rjust(width)
                        for n, (cell, width) in enumerate(zip(row, widths))).rstrip()


def who(task):
    return f"{task.comm} {task.pid}"


def share(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def shares(model):
    """Run time and share of all CPUs; switches voluntary (it went to sleep, or yielded) and not; migrations."""
    whole = (model.end - model.start) * len(model.cpus)
    rows, busy = [], 0
    for task in sorted(model.tasks, key=lambda task: -task.total("run")):
        ran = task.total("run")
        busy += ran
        rows.append([who(task), show_time(ran), share(ran, whole), show_time(task.total("ready")),
                     sum(own for _, own in task.switches), sum(not own for _, own in task.switches), len(task.migrations)])
    rows.append(["(idle)", show_time(whole - busy), share(whole - busy, whole), "", "", "", ""])
    yield from columns(["task", "ran", "share", "runnable", "voluntary", "involuntary", "migrations"], rows)
    yield f"{plural(len(model.cpus), 'CPU')} for {show_time(model.end - model.start)}"


def histogram(values):
    """A row of bars, one for each power of two of microseconds."""
    counts = [0] * BUCKETS
    for value in values:
        counts[min((value // 1000).bit_length(), BUCKETS - 1)] += 1
    most = max(counts)
    return "".join(BARS[-(-count * (len(BARS) - 1) // most)] for count in counts) if most else ""


def percentile(values, part):
    """The smallest value that at least this part of the sorted values does not exceed."""
    return values[max(-(-len(values) * part // 100), 1) - 1]


def latency(model):
    """How long tasks waited for a CPU after they had been woken."""
    rows, everything = [], []
    for task in sorted(model.tasks, key=lambda task: -max((delay for _, delay, _ in task.delays), default=0)):
        delays = sorted(delay for _, delay, _ in task.delays)
        if delays:
            everything += delays
            rows.append(latency_row(who(task), delays))
    if everything:
        rows.append(latency_row("(all)", sorted(everything)))
    yield from columns(["task", "wake-ups", "min", "avg", "p99", "max", "<1us ... >1ms"], rows)


def latency_row(name, delays):
    return [name, len(delays), show_time(delays[0]), show_time(sum(delays) // len(delays)),
            show_time(percentile(delays, 99)), show_time(delays[-1]), f"|{histogram(delays)}|"]


def turns(model):
    """(start of the turn, task, its span, slept ns before, waited ns for the CPU, who woke it), in the order of their ends."""
    found = []
    for task in model.tasks:
        slept = waited = 0
        by = None
        for span in task.spans:
            if span.state == "run":
                found.append((span.end, task, span, slept, waited, by))
                slept = waited = 0
                by = None
            elif span.state == "ready":
                waited += span.length
                by = span.by if span.cause != "preempted" else by
            else:
                slept += span.length
    return sorted(found, key=lambda turn: turn[0])


def timehist(model):
    """Like `perf sched timehist`: when a turn ended, on which CPU, whose, and the three times in milliseconds."""
    yield f"{'time':>14} {'cpu':>4}  {'task[tid/pid]':28} {'wait ms':>10} {'delay ms':>10} {'run ms':>10}  woken by"
    for end, task, span, slept, waited, by in turns(model):
        number = task.pid if task.tgid in (None, task.pid) else f"{task.pid}/{task.tgid}"
        name = f"{task.comm}[{number}]"
        waker = by if by in (None, INTERRUPT) else name_of(model, by)
        yield (f"{end / 1e9:14.6f} {span.cpu:4}  {name:28} {slept / 1e6:10.3f} {waited / 1e6:10.3f} "
               f"{span.length / 1e6:10.3f}  {waker or ''}").rstrip()


def name_of(model, pid):
    return next((who(task) for task in reversed(model.tasks) if task.pid == pid), str(pid))
