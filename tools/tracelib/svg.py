"""The timeline as plain SVG, for print and for documents: what web/draw.js draws, without zoom.

One look for both: CPUs above, a block for each turn; tasks below, a thick bar awake, a thin band asleep; where spans are
narrower than MIN pixels, the height of a bar is the share of the time. Spans one can point at have a tooltip.
"""
import math
from collections import Counter

from .ftrace import plural, show_time
from .gantt import round_step
from .page import escape
from .states import PALETTE, STATES

LABELS, RIGHT, MIN, TIP = 210, 20, 2, 6         # px; TIP: from this width on a span has a tooltip
CPU_ROW, TASK_ROW, BAR, BAND = 24, 20, 13, 5
MOST_ARROWS, CROWDED = 150, 25       # CROWDED: px a mark wants on average, else none are drawn in that row
FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"


def task_colours(tasks):
    """The busiest tasks get the colours that are easiest to tell apart; web/data.js does the same."""
    ranking = sorted(tasks, key=lambda task: -task.total("run"))
    return {task: PALETTE[n] if n < len(PALETTE) else f"hsl({n * 137.5 % 360:.0f},50%,{74 + n % 3 * 8}%)" for n, task in enumerate(ranking)}


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
            self.singles.append(f'<rect fill="{colour}" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"><title>{escape(tip)}</title></rect>')
        else:
            self.paths.setdefault(colour, []).append(f"M{x:.1f} {y:.1f}h{max(w, 0.5):.1f}v{h:.1f}h-{max(w, 0.5):.1f}z")

    def __str__(self):
        return "".join(f'<path fill="{colour}" d="{"".join(parts)}"/>' for colour, parts in self.paths.items()) + "".join(self.singles)


class Picture:
    def __init__(self, model, title, width=1200):
        self.model, self.width = model, width
        self.plot = width - LABELS - RIGHT
        self.length = max(model.end - model.start, 1)
        self.tasks = sorted((task for task in model.tasks if task.total("run")), key=lambda task: (task.tgid or task.pid, task.pid))
        self.colours = task_colours(model.tasks)
        self.names = Counter(task.comm for task in model.tasks)
        self.out, self.y = [], 0
        self.heading(title)
        self.legend()
        top = self.y = self.y + 22
        body = len(self.out)            # the grid goes beneath the rows, its length is known after them
        self.cpus()
        self.all_tasks()
        self.out.insert(body, self.axis(top))
        self.arrows()

    def x(self, time):
        return LABELS + (time - self.model.start) / self.length * self.plot

    def text(self, x, y, words, size=12, anchor="start", fill="#1f2933", extra=""):
        self.out.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"{extra}>{escape(words)}</text>')

    # ---- What stands above the rows ----

    def heading(self, title):
        model = self.model
        self.text(14, 24, title, 17, extra=' font-weight="bold"')
        lost = f"; {model.lost} events were lost: there are gaps" if model.lost else ""
        lost += "; older events were dropped" if model.dropped else ""
        self.text(14, 42, f"{show_time(self.length)} on {plural(len(model.cpus), 'CPU')}, {plural(len(model.tasks), 'task')}, {plural(model.events, 'event')}, {plural(len(model.wakes), 'wake-up')}{lost}",
                  fill="#52606d")
        self.y = 58

    def legend(self):
        used = {span.state for task in self.tasks for span in task.spans}
        x = 14
        for state, (label, colour, _) in STATES.items():
            if state not in used:
                continue
            room = 30 + 6.9 * len(label)
            if x + room > self.width - 10:
                x, self.y = 14, self.y + 18
            thick = state in ("run", "ready")
            self.out.append(f'<rect x="{x}" y="{self.y + (-1 if thick else 3)}" width="20" height="{12 if thick else BAND}" fill="{colour}"/>')
            self.text(x + 26, self.y + 9, label)
            x += room + 14
        if x + 220 > self.width:
            x, self.y = 14, self.y + 18
        self.out.append(f'<path d="M{x + 5} {self.y - 2}v10" stroke="#334e68"/><path d="M{x + 5} {self.y + 12}l-3 -6h6z" fill="#334e68"/>')
        self.text(x + 14, self.y + 9, "wakes (dashed: an interrupt)")
        self.y += 26

    def axis(self, top):
        """Grid and times, as text to be put beneath the rows."""
        step = round_step(self.length * 90 / self.plot)
        first = self.model.start - self.model.origin
        unit, size = next((u, s) for u, s in (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1)) if step >= s or first + self.length > 10 * s or s == 1)
        digits = max(round(math.log10(size / step)), 0)
        lines = []
        for time in range(-(-first // step) * step, first + self.length + 1, step):
            x = LABELS + (time - first) / self.length * self.plot
            label = f"{time / size:.{digits}f} {unit}" if time else "0"
            anchor = "end" if x > self.width - 40 else "middle"
            lines.append(f'<path d="M{x:.1f} {top - 4}V{self.y}" stroke="#e3e8ed"/>'
                         f'<text x="{x:.1f}" y="{top - 8}" font-size="11" text-anchor="{anchor}" fill="#39424e">{label}</text>')
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

    def cpus(self):
        self.text(14, self.y + 12, "CPUs", extra=' font-weight="bold"')
        self.text(LABELS - 10, self.y + 12, "busy", 10, "end", "#7b8794")
        self.y += 18
        self.cpu_y = {}
        for cpu, turns in sorted(self.model.cpus.items()):
            self.cpu_y[cpu] = self.y
            busy = sum(end - start for start, end, task in turns if task)
            self.text(20, self.y + 15, f"CPU {cpu}")
            self.text(LABELS - 10, self.y + 15, f"{100 * busy / self.length:.1f} %", 11, "end", "#52606d")
            self.cpu(turns, self.y + 2)
            self.y += CPU_ROW

    def cpu(self, turns, y):
        row, h, names = Row(), CPU_ROW - 6, []

        def wide(turn, x, w):
            start, end, task = turn
            if task:
                name = f"{task.comm} {task.pid}"
                row.rect(self.colours[task], x, y, w - 0.8 if w > 4 else w, h, f"{name}: {show_time(end - start)}")
                text = fitted(int((w - 6) / 6.8), name, task.comm if self.names[task.comm] == 1 else str(task.pid))
                if text:
                    names.append(f'<text x="{x + w / 2:.1f}" y="{y + h / 2 + 4:.1f}" font-size="11" text-anchor="middle">{escape(text)}</text>')

        def narrow(x, w, parts):
            base = y + h
            for (_, _, task), px in parts:
                if task:
                    size = h * px / max(w, 0.01)
                    base -= size
                    row.rect(self.colours[task], x, base, w, size)

        self.walk(turns, wide, narrow)
        self.out.append(f'<rect x="{LABELS}" y="{y}" width="{self.plot}" height="{h}" fill="#f4f6f8"/>{row}{"".join(names)}')

    def all_tasks(self):
        self.y += 8
        self.text(14, self.y + 12, "Tasks", extra=' font-weight="bold"')
        self.text(LABELS - 60, self.y + 12, "pid", 10, "end", "#7b8794")
        self.text(LABELS - 10, self.y + 12, "ran", 10, "end", "#7b8794")
        self.y += 18
        self.task_y = {}
        leaders = {task.pid for task in self.tasks}
        for task in self.tasks:
            self.task_y[task] = self.y
            x = 34 if task.tgid != task.pid and task.tgid in leaders else 20
            self.out.append(f'<rect x="{x}" y="{self.y + 5}" width="10" height="10" rx="2" fill="{self.colours[task]}"/>')
            self.text(x + 15, self.y + 14, task.comm)
            self.text(LABELS - 60, self.y + 14, str(task.pid), 11, "end", "#7b8794")
            self.text(LABELS - 10, self.y + 14, f"{100 * task.total('run') / self.length:.1f} %", 11, "end", "#52606d")
            self.task(task, self.y + 3)
            self.y += TASK_ROW

    def task(self, task, y):
        row, bands = Row(), Row()

        def wide(item, x, w):
            span = item[2]
            label, colour, _ = STATES[span.state]
            awake = span.state in ("run", "ready")
            words = f"{task.comm} {task.pid}: {label}, {show_time(span.length)}" + (f"\n{span.cause}" if span.cause else "")
            if awake:
                row.rect(colour, x, y, w, BAR, words)
            else:
                bands.rect(colour, x, y + (BAR - BAND) / 2, w, BAND, words)

        def narrow(x, w, parts):
            share = {}
            for item, px in parts:
                share[item[2].state] = share.get(item[2].state, 0) + px
            asleep = [state for state in share if state not in ("run", "ready")]
            if asleep:
                bands.rect(STATES[max(asleep, key=share.get)][1], x, y + (BAR - BAND) / 2, w, BAND)
            base = y + BAR
            for state in ("run", "ready"):
                if state in share:
                    size = min(max(BAR * share[state] / max(w, 0.01), 1), base - y)
                    base -= size
                    row.rect(STATES[state][1], x, base, w, size)

        self.walk([(span.start, span.end, span) for span in task.spans], wide, narrow)
        self.out.append(f"{bands}{row}")       # bars in front of bands
        marks = [(time, text) for time, kind, text in task.points if kind == "mark"]
        for time, text in marks if len(marks) <= self.plot / CROWDED else ():
            self.out.append(f'<path fill="#a23cb8" d="M{self.x(time):.1f} {y - 4}l4 4l-4 4l-4 -4z"><title>{escape(text)}</title></path>')

    def arrows(self):
        if len(self.model.wakes) > MOST_ARROWS:
            self.text(LABELS, self.y + 18, f"{len(self.model.wakes)} wake-ups are too many for arrows: choose a part with --from and --to", 11, fill="#52606d")
            self.y += 20
            return
        for time, waker, cpu, wakee in self.model.wakes:
            if wakee not in self.task_y or waker is not None and waker not in self.task_y:
                continue
            to, x = self.task_y[wakee], self.x(time)
            start = self.cpu_y[cpu] + CPU_ROW - 6 if waker is None else self.task_y[waker]
            down = to > start
            y1 = start if waker is None else start + (BAR + 3 if down else 3)
            y2 = to + (3 if down else BAR + 3)
            dash = ' stroke-dasharray="3 2"' if waker is None else ""
            self.out.append(f'<path d="M{x:.1f} {y1}V{y2}" stroke="#334e68"{dash}/><path d="M{x:.1f} {y2}l-3 {-6 if down else 6}h6z" fill="#334e68"/>')

    def __str__(self):
        height = self.y + 12
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{height}" viewBox="0 0 {self.width} {height}" font-family="{FONT}">\n'
                f'<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(self.out) + "\n</svg>\n")


def svg(model, title, width=1200):
    """The SVG."""
    return str(Picture(model, title, width))
