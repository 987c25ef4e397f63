"""The timeline as plain SVG, for print and for documents: what web/draw.js draws, without zoom.

One look for both: CPUs above, a block for each turn; tasks below, a thick bar awake, a thin band asleep; where spans are
narrower than MIN pixels, the height of a bar is the share of the time. Spans one can point at have a tooltip.
"""
import math
from collections import Counter

from .ftrace import plural, show_time
from .gantt import round_step
from .shapes import GROUND, PALE, document, path, rect, text
from .states import STATES, task_colours

LABELS, RIGHT, MIN, TIP = 210, 20, 2, 6         # px; TIP: from this width on a span has a tooltip
CPU_ROW, TASK_ROW, BAR, BAND = 24, 20, 13, 5
MOST_ARROWS, CROWDED = 150, 25                  # CROWDED: px a mark wants on average, else none are drawn in that row
LETTER = 6.9                                    # px, of text of size 12; a little less of size 11
ARROW, MARK, SLICE, FAINT = "#334e68", "#a23cb8", "#efd3f5", "#7b8794"
SLICES = 13                                     # px, above a task's bar, when the program marked stretches of time
AWAKE = ("run", "ready")
UNITS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1))


def fitted(room, *names):
    """The first of the names that has room, or the beginning of the last."""
    cut = names[-1][:room - 1] + "…" if room >= 4 else ""
    return next((name for name in names if len(name) <= room), cut)


class Row:
    """Collects a row's shapes: few paths of many small rectangles, and single ones with a tooltip."""

    def __init__(self):
        self.paths, self.singles = {}, []

    def rect(self, colour, x, y, w, h, tip=None):
        if tip and w >= TIP:
            self.singles.append(rect(x, y, w, h, colour, tip))
        else:
            w = max(w, 0.5)
            self.paths.setdefault(colour, []).append(f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h-{w:.1f}z")

    def __str__(self):
        return "".join([*(path("".join(parts), colour) for colour, parts in self.paths.items()), *self.singles])


class Picture:
    """Goes down the page; `y` is where the next thing comes, `out` what there is."""

    def __init__(self, model, title, width, kernel):
        self.model, self.width = model, width
        self.plot = width - LABELS - RIGHT
        self.length = max(model.end - model.start, 1)
        self.tasks = [task for task in model.tasks if task.total("run") and (kernel or not task.is_kernel)]
        self.tasks.sort(key=lambda task: (task.tgid or task.pid, task.pid))
        self.colours = task_colours(model.tasks)
        self.names = Counter(task.comm for task in model.tasks)
        self.out, self.y = [], 0
        self.cpu_y, self.task_y = {}, {}        # where each row is, for the arrows
        self.heading(title)
        self.legend()
        top = self.y = self.y + 22
        body = len(self.out)                    # the grid goes beneath the rows, its length is known after them
        self.cpu_rows()
        self.task_rows()
        self.out.insert(body, self.axis(top))
        self.arrows()

    def x(self, time):
        return LABELS + (time - self.model.start) / self.length * self.plot

    def text(self, x, y, *words, **more):
        self.out.append(text(x, y, *words, **more))

    # ---- What stands above the rows ----

    def heading(self, title):
        model = self.model
        counts = [plural(len(model.tasks), "task"), plural(model.events, "event"), plural(len(model.wakes), "wake-up")]
        lost = f"; {model.lost} events were lost: there are gaps" if model.lost else ""
        lost += "; older events were dropped" if model.dropped else ""
        self.text(14, 24, title, 17, bold=True)
        self.text(14, 42, f"{show_time(self.length)} on {plural(len(model.cpus), 'CPU')}, {', '.join(counts)}{lost}", fill=PALE)
        self.y = 58

    def legend(self):
        used = {span.state for task in self.tasks for span in task.spans}
        x = 14
        for label, colour, thick in [(STATES[state][0], STATES[state][1], state in AWAKE) for state in STATES if state in used]:
            room = 30 + LETTER * len(label)
            if x + room > self.width - 10:
                x, self.y = 14, self.y + 18
            self.out.append(rect(x, self.y + (-1 if thick else 3), 20, 12 if thick else BAND, colour))
            self.text(x + 26, self.y + 9, label)
            x += room + 14
        if any(task.slices for task in self.tasks):
            self.out.append(rect(x, self.y, 20, 11, SLICE) + rect(x, self.y, 1, 11, MARK))
            self.text(x + 26, self.y + 9, "marked by the program")
            x += 190
        if x + 220 > self.width:
            x, self.y = 14, self.y + 18
        self.out.append(self.arrow(x + 5, self.y - 2, self.y + 12))
        self.text(x + 14, self.y + 9, "wakes (dashed: an interrupt)")
        self.y += 26

    def axis(self, top):
        """Grid and times, as text to be put beneath the rows."""
        step = round_step(self.length * 90 / self.plot)
        first = self.model.start - self.model.origin
        last = first + self.length
        unit, size = next((u, s) for u, s in UNITS if step >= s or last > 10 * s or s == 1)
        digits = max(round(math.log10(size / step)), 0)
        lines = []
        for time in range(-(-first // step) * step, last + 1, step):
            x = LABELS + (time - first) / self.length * self.plot
            label = f"{time / size:.{digits}f} {unit}" if time else "0"
            lines.append(path(f"M{x:.1f} {top - 4}V{self.y}", stroke="#e3e8ed"))
            lines.append(text(x, top - 8, label, 11, "#39424e", "end" if x > self.width - 40 else "middle"))
        return "".join(lines)

    # ---- Rows ----

    def walk(self, spans, wide, narrow):
        """As walk() of web/draw.js: wide(span, x, w), and narrow(x, w, [(span, px)]) for spans that are small only together."""
        begin, parts, right = None, [], LABELS
        for span in spans:
            left, right = self.x(span[0]), self.x(span[1])
            if right - left >= MIN:
                if parts:
                    narrow(begin, left - begin, parts)
                    begin, parts = None, []
                wide(span, left, right - left)
                continue
            begin = left if begin is None else begin
            parts.append((span, right - left))
            if right - begin >= MIN:
                narrow(begin, right - begin, parts)
                begin, parts = None, []
        if parts:
            narrow(begin, max(right - begin, 0.5), parts)

    def head(self, title, *columns):
        self.text(14, self.y + 12, title, bold=True)
        for x, words in columns:
            self.text(x, self.y + 12, words, 10, FAINT, "end")
        self.y += 18

    def share(self, y, part):
        self.text(LABELS - 10, y, f"{100 * part / self.length:.1f} %", 11, PALE, "end")

    def cpu_rows(self):
        self.head("CPUs", (LABELS - 10, "busy"))
        for cpu, turns in sorted(self.model.cpus.items()):
            self.cpu_y[cpu] = self.y
            self.text(20, self.y + 15, f"CPU {cpu}")
            self.share(self.y + 15, sum(end - start for start, end, task in turns if task))
            self.cpu(turns, self.y + 2)
            self.y += CPU_ROW

    def cpu(self, turns, y):
        row, h, names = Row(), CPU_ROW - 6, []

        def wide(turn, x, w):
            start, end, task = turn
            if not task:
                return
            name = f"{task.comm} {task.pid}"
            short = task.comm if self.names[task.comm] == 1 else str(task.pid)
            row.rect(self.colours[task], x, y, w - 0.8 if w > 4 else w, h, f"{name}: {show_time(end - start)}")
            label = fitted(int((w - 6) / LETTER), name, short)
            if label:
                names.append(text(x + w / 2, y + h / 2 + 4, label, 11, anchor="middle"))

        def narrow(x, w, parts):
            base = y + h
            for (_, _, task), px in parts:
                if task:
                    size = h * px / max(w, 0.01)
                    base -= size
                    row.rect(self.colours[task], x, base, w, size)

        self.walk(turns, wide, narrow)
        self.out += [rect(LABELS, y, self.plot, h, GROUND), str(row), *names]

    def task_rows(self):
        self.y += 8
        self.head("Tasks", (LABELS - 60, "pid"), (LABELS - 10, "ran"))
        leaders = {task.pid for task in self.tasks}
        for task in self.tasks:
            if task.slices:
                self.slices(task, self.y + 2)
                self.y += SLICES
            self.task_y[task] = self.y
            x = 34 if task.tgid != task.pid and task.tgid in leaders else 20
            self.out.append(rect(x, self.y + 5, 10, 10, self.colours[task], rx=2))
            self.text(x + 15, self.y + 14, task.comm)
            self.text(LABELS - 60, self.y + 14, str(task.pid), 11, FAINT, "end")
            self.share(self.y + 14, task.total("run"))
            self.task(task, self.y + 3)
            self.y += TASK_ROW

    def task(self, task, y):
        bars, bands, middle = Row(), Row(), y + (BAR - BAND) / 2

        def wide(item, x, w):
            span = item[2]
            label, colour, _ = STATES[span.state]
            tip = f"{task.comm} {task.pid}: {label}, {show_time(span.length)}" + (f"\n{span.cause}" if span.cause else "")
            if span.state in AWAKE:
                bars.rect(colour, x, y, w, BAR, tip)
            else:
                bands.rect(colour, x, middle, w, BAND, tip)

        def narrow(x, w, parts):
            share = Counter()
            for (_, _, span), px in parts:
                share[span.state] += px
            asleep = [state for state in share if state not in AWAKE]
            if asleep:
                bands.rect(STATES[max(asleep, key=share.get)][1], x, middle, w, BAND)
            base = y + BAR
            for state in AWAKE:
                if state in share:
                    size = min(max(BAR * share[state] / max(w, 0.01), 1), base - y)
                    base -= size
                    bars.rect(STATES[state][1], x, base, w, size)

        self.walk([(span.start, span.end, span) for span in task.spans], wide, narrow)
        self.out += [str(bands), str(bars)]             # bars in front of bands
        marks = [(time, words) for time, kind, words in task.points if kind == "mark"]
        for time, words in marks if len(marks) <= self.plot / CROWDED else ():
            self.out.append(path(f"M{self.x(time):.1f} {y - 4}l4 4l-4 4l-4 -4z", MARK, words))

    def slices(self, task, y):
        row, names = Row(), []
        for start, end, name in task.slices:
            x, w = self.x(start), self.x(end) - self.x(start)
            row.rect(SLICE, x, y, w, SLICES - 2, f"{name}, {show_time(end - start)}")
            row.rect(MARK, x, y, 1, SLICES - 2)
            label = fitted(int((w - 4) / 6), name)
            if label:
                names.append(text(x + 4, y + 9, label, 10))
        self.out += [str(row), *names]

    # ---- Wake-ups ----

    @staticmethod
    def arrow(x, y1, y2, dashed=False):
        return (path(f"M{x:.1f} {y1}V{y2}", stroke=ARROW, stroke_dasharray="3 2" if dashed else None) +
                path(f"M{x:.1f} {y2}l-3 {-6 if y2 > y1 else 6}h6z", ARROW))

    def arrows(self):
        if len(self.model.wakes) > MOST_ARROWS:
            words = f"{len(self.model.wakes)} wake-ups are too many for arrows: choose a part with --from and --to"
            self.text(LABELS, self.y + 18, words, 11, PALE)
            self.y += 20
            return
        for time, waker, cpu, wakee in self.model.wakes:
            to, start = self.task_y.get(wakee), self.cpu_y[cpu] if waker is None else self.task_y.get(waker)
            if to is None or start is None:
                continue
            above, below = 3, BAR + 3           # of a bar in its row
            y1 = start + (CPU_ROW - 6 if waker is None else below if to > start else above)
            self.out.append(self.arrow(self.x(time), y1, to + (above if to > start else below), waker is None))


def svg(model, title, width=1200, kernel=False):
    """The SVG; kernel: with rows for kernel threads."""
    picture = Picture(model, title, width, kernel)
    return document(width, picture.y + 12, picture.out)
