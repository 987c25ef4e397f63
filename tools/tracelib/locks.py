"""Contention: which locks and futexes were waited for, how long, and who waited for whom.

From a trace: contention_begin and _end for the kernel's locks, sleeps in futex() for those of programs; whom one waited
for is the owner the event names, else who ended the wait. A program takes a free lock without the kernel, so a trace
has waits but no holds; /proc/lock_stat has those of the kernel's (lockstat.py).
"""
import re
from collections import Counter

from .ftrace import plural, show_time
from .model import INTERRUPT
from .page import escape
from .svg import FONT, task_colours
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

LEFT, BAR_WIDTH, PAIRS, PAIR_BARS, WIDTH = 14, 560, 604, 980, 1200
MOST_LOCKS, MOST_PAIRS, BLOCK = 20, 4, 92


def text(x, y, words, size=12, fill="#1f2933", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{extra}>{escape(words)}</text>'


def document(title, subtitle, parts, height):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}" font-family="{FONT}">',
        '<rect width="100%" height="100%" fill="#fff"/>', text(LEFT, 26, title, 17, extra=' font-weight="bold"'),
        text(LEFT, 46, subtitle, fill="#52606d"), *parts, "</svg>"]) + "\n"


def waiting(lock, start, end, bins=320):
    """The average number of waiters in each of the bins from start to end."""
    size, counts = (end - start) / bins, [0.0] * bins
    for low, high, _, _ in lock.waits:
        first, last = int((low - start) / size), min(int((high - start) / size), bins - 1)
        for n in range(first, last + 1):
            counts[n] += (min(high, start + (n + 1) * size) - max(low, start + n * size)) / size
    return counts


def block(lock, y, most, crowd, model, colours):
    """One lock: its name and numbers, a bar of the time waited by task, a strip of how many waited when, who for whom."""
    lengths = lock.lengths()
    out = [text(LEFT, y + 14, lock.name, extra=' font-weight="bold"'),
           text(LEFT + BAR_WIDTH, y + 14, f"{plural(len(lengths), 'wait')}, together {show_time(lock.total)}, longest {show_time(lengths[-1])}", 11, "#52606d",
                ' text-anchor="end"')]
    x = LEFT
    for task, time in lock.by_task():
        w = time / most * BAR_WIDTH
        out.append(f'<rect x="{x:.1f}" y="{y + 21}" width="{max(w - 0.6, 0.4):.1f}" height="18" fill="{colours[task]}"><title>{escape(who(task))} waited {show_time(time)}</title></rect>')
        if 7 * len(who(task)) + 8 < w:
            out.append(text(x + 5, y + 34, who(task), 11))
        x += w
    base, counts = y + 70, waiting(lock, model.start, model.end)
    points = "".join(f"L{LEFT + n * BAR_WIDTH / len(counts):.1f} {base - count / crowd * 24:.1f}" for n, count in enumerate(counts))
    out.append(f'<rect x="{LEFT}" y="{base - 24}" width="{BAR_WIDTH}" height="24" fill="#f4f6f8"/><path d="M{LEFT} {base}{points}L{LEFT + BAR_WIDTH} {base}z" fill="#d8433f"/>')
    pairs = lock.pairs()
    for n, ((task, whom), (count, time)) in enumerate(pairs[:MOST_PAIRS]):
        w = max(time / most * (WIDTH - PAIR_BARS - LEFT), 1)
        out.append(f'<rect x="{PAIR_BARS}" y="{y + 5 + n * 16}" width="{w:.1f}" height="10" fill="#9aa5b1"/>')
        out.append(text(PAIRS, y + 14 + n * 16, f"{task} waited for {whom}: {count} ×, {show_time(time)}", 11))
    if len(pairs) > MOST_PAIRS:
        out.append(text(PAIRS, y + 14 + MOST_PAIRS * 16, f"and {len(pairs) - MOST_PAIRS} more pairs", 11, "#7b8794"))
    return out


def picture(model, title):
    """SVG of the locks in a trace. ValueError when nobody waited for any."""
    locks = from_trace(model)
    if not locks:
        raise ValueError("nobody waited for a lock in it (events contention_begin, sys_enter or futex_wait are needed)")
    shown, colours = locks[:MOST_LOCKS], task_colours(model.tasks)
    most = max(lock.total for lock in shown)
    crowd = max(1, max(max(waiting(lock, model.start, model.end)) for lock in shown))
    parts, y = [], 92
    parts.append(text(LEFT, 74, "Bar: time waited, a colour for each task. Red: how many waited at once, "
                      f"over {show_time(model.end - model.start)}, up to {crowd:.0f}.", 11, "#52606d"))
    parts.append(text(PAIRS, 74, "Who waited for whom: its owner, or else who ended the wait.", 11, "#52606d"))
    for lock in shown:
        parts += block(lock, y, most, crowd, model, colours)
        y += BLOCK
    if len(locks) > MOST_LOCKS:
        parts.append(text(LEFT, y + 4, f"and {len(locks) - MOST_LOCKS} more locks with shorter waits", 11, "#7b8794"))
        y += 16
    waits = sum(len(lock.waits) for lock in locks)
    return document(title, f"{len(locks)} locks, {waits} waits, together {show_time(sum(lock.total for lock in locks))}", parts, y)
