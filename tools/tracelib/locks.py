"""Contention: which locks and futexes were waited for, how long, and who waited for whom.

From a trace: contention_begin and _end for the kernel's locks, sleeps in futex() for those of programs; whom one waited
for is the owner the event names, else who ended the wait. A program takes a free lock without the kernel, so a trace
has waits but no holds; /proc/lock_stat has those of the kernel's (lockstat.py).
"""
import re
from collections import Counter

from .ftrace import plural, show_time
from .model import INTERRUPT
from .shapes import GROUND, PALE, document, path, rect, text
from .states import task_colours
from .tables import columns, name_of, percentile, who

FUTEX = re.compile(r"0x[0-9a-f]+")


class Lock:
    """A lock somebody waited for. waits: (start, end, waiting task, who had it or ended the wait: a name or None)."""

    def __init__(self, name):
        self.name, self.waits = name, []

    @property
    def total(self):
        return sum(end - start for start, end, _, _ in self.waits)

    def lengths(self):
        return sorted(end - start for start, end, _, _ in self.waits)

    def by_task(self):
        """[(task, ns it waited)], longest first."""
        sums = Counter()
        for start, end, task, _ in self.waits:
            sums[task] += end - start
        return sums.most_common()

    def pairs(self):
        """[((who waited, for whom), (how often, ns))], longest first."""
        times, counts = Counter(), Counter()
        for start, end, task, whom in self.waits:
            pair = (who(task), whom or "(not known)")
            times[pair] += end - start
            counts[pair] += 1
        return [(pair, (counts[pair], time)) for pair, time in times.most_common()]


def ended_by(model, task, start, end):
    """Who woke the task last between these times."""
    for span in reversed(task.spans):
        if span.start < end and span.end > start and span.by is not None and span.state != "ready":
            return INTERRUPT if span.by == INTERRUPT else name_of(model, span.by)
    return None


def from_trace(model):
    """The locks, the longest waited for first."""
    found = {}
    for wait in model.waits:
        name = str(wait)
        whom = who(wait.owner) if wait.owner else ended_by(model, wait.task, wait.start, wait.end)
        start, end = max(wait.start, model.start), min(wait.end, model.end)
        found.setdefault(name, Lock(name)).waits.append((start, end, wait.task, whom))
    asleep = [(task, span, FUTEX.search(span.cause)) for task in model.tasks for span in task.spans if span.state == "futex"]
    several = len({task.tgid for task, _, address in asleep if address}) > 1
    for task, span, address in asleep:
        if address:
            whom = span.by if span.by in (None, INTERRUPT) else name_of(model, span.by)
            if whom is None and span.end == model.end:
                whom = "a wake-up that has not come"
            name = f"futex {address[0]}" + (f" of process {task.tgid}" if several else "")
            found.setdefault(name, Lock(name)).waits.append((span.start, span.end, task, whom))
    return sorted(found.values(), key=lambda lock: -lock.total)


def table(model):
    locks = from_trace(model)
    rows = []
    for lock in locks:
        lengths = lock.lengths()
        rows.append([lock.name, len(lengths), len(lock.by_task()), show_time(lock.total), show_time(lock.total // len(lengths)),
                     show_time(percentile(lengths, 99)), show_time(lengths[-1])])
    yield from columns(["lock", "waits", "tasks", "total", "avg", "p99", "max"], rows)
    for lock in locks:
        yield ""
        yield lock.name
        for (task, whom), (count, time) in lock.pairs():
            yield f"    {task} waited for {whom}: {count} times, {show_time(time)}"


# ---- The picture ----

LEFT, BAR, PAIRS, PAIR_BARS, WIDTH = 14, 560, 604, 980, 1200
MOST_LOCKS, MOST_PAIRS, BLOCK = 20, 4, 92
RED, GREY = "#d8433f", "#9aa5b1"


def sheet(title, subtitle, parts, height):
    """A document with its heading."""
    return document(WIDTH, height, [text(LEFT, 26, title, 17, bold=True), text(LEFT, 46, subtitle, fill=PALE), *parts])


def waiting(lock, start, end, bins=320):
    """The average number of waiters in each of the bins from start to end."""
    size, counts = (end - start) / bins, [0.0] * bins
    for low, high, _, _ in lock.waits:
        first, last = int((low - start) / size), min(int((high - start) / size), bins - 1)
        for n in range(first, last + 1):
            counts[n] += (min(high, start + (n + 1) * size) - max(low, start + n * size)) / size
    return counts


class Picture:
    """The locks below each other, on common scales."""

    def __init__(self, model, shown):
        self.colours = task_colours(model.tasks)
        self.most = max(lock.total for lock in shown)
        self.counts = {lock: waiting(lock, model.start, model.end) for lock in shown}
        self.crowd = max(1, max(max(counts) for counts in self.counts.values()))
        length = show_time(model.end - model.start)
        self.parts = [
            text(LEFT, 74, "Bar: time waited, a colour for each task. Red: how many waited at once, "
                 f"over {length}, up to {self.crowd:.0f}.", 11, PALE),
            text(PAIRS, 74, "Who waited for whom: its owner, or else who ended the wait.", 11, PALE)]
        self.y = 92
        for lock in shown:
            self.name(lock)
            self.bar(lock)
            self.strip(lock)
            self.pairs(lock)
            self.y += BLOCK

    def name(self, lock):
        lengths = lock.lengths()
        words = f"{plural(len(lengths), 'wait')}, together {show_time(lock.total)}, longest {show_time(lengths[-1])}"
        self.parts += [text(LEFT, self.y + 14, lock.name, bold=True), text(LEFT + BAR, self.y + 14, words, 11, PALE, "end")]

    def bar(self, lock):
        x = LEFT
        for task, time in lock.by_task():
            w = time / self.most * BAR
            tip = f"{who(task)} waited {show_time(time)}"
            self.parts.append(rect(x, self.y + 21, max(w - 0.6, 0.4), 18, self.colours[task], tip))
            if 7 * len(who(task)) + 8 < w:
                self.parts.append(text(x + 5, self.y + 34, who(task), 11))
            x += w

    def strip(self, lock):
        base, counts = self.y + 70, self.counts[lock]
        step, unit = BAR / len(counts), 24 / self.crowd
        line = "".join(f"L{LEFT + n * step:.1f} {base - count * unit:.1f}" for n, count in enumerate(counts))
        self.parts += [rect(LEFT, base - 24, BAR, 24, GROUND), path(f"M{LEFT} {base}{line}L{LEFT + BAR} {base}z", RED)]

    def pairs(self, lock):
        pairs = lock.pairs()
        for n, ((task, whom), (count, time)) in enumerate(pairs[:MOST_PAIRS]):
            y, w = self.y + n * 16, max(time / self.most * (WIDTH - PAIR_BARS - LEFT), 1)
            words = f"{task} waited for {whom}: {count} ×, {show_time(time)}"
            self.parts += [rect(PAIR_BARS, y + 5, w, 10, GREY), text(PAIRS, y + 14, words, 11)]
        if len(pairs) > MOST_PAIRS:
            self.parts.append(text(PAIRS, self.y + 14 + MOST_PAIRS * 16, f"and {len(pairs) - MOST_PAIRS} more pairs", 11, PALE))


def picture(model, title):
    """SVG of the locks in a trace. ValueError when nobody waited for any."""
    locks = from_trace(model)
    if not locks:
        raise ValueError("nobody waited for a lock in it (events contention_begin, sys_enter or futex_wait are needed)")
    drawn = Picture(model, locks[:MOST_LOCKS])
    if len(locks) > MOST_LOCKS:
        drawn.parts.append(text(LEFT, drawn.y + 4, f"and {len(locks) - MOST_LOCKS} more locks with shorter waits", 11, PALE))
        drawn.y += 16
    waits, total = sum(len(lock.waits) for lock in locks), sum(lock.total for lock in locks)
    subtitle = f"{plural(len(locks), 'lock')}, {plural(waits, 'wait')}, together {show_time(total)}"
    return sheet(title, subtitle, drawn.parts, drawn.y)
