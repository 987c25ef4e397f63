"""The timeline as one HTML file that needs no server and no network: the model packed as JSON, and web/ to draw it.

Times are packed as differences to the one before, words as numbers into a table: 100,000 events make about 2 MB.
"""
import json
import os
import re

from .model import INTERRUPT
from .shapes import escape
from .states import PALETTE, STATES

WEB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "web")
KINDS = {       # the marks on a task's row and what the legend says
    "mark": "mark of the program", "signal": "signal", "fork": "made", "exec": "exec", "exit": "exit",
    "migrate": "moved to another CPU", "fault": "page fault", "futex": "futex",
}
NOBODY, BY_INTERRUPT = -1, -2


def asset(name):
    with open(os.path.join(WEB, name), encoding="utf-8") as file:
        return file.read()


def fill(template, **parts):
    """Put each part where @name@ stands; what a part contains is not looked at again."""
    return re.sub(r"@(\w+)@", lambda match: parts[match[1]], template)


def script_safe(text):
    """JSON that cannot end the <script> or the CDATA it stands in."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def differences(values):
    return [value - before for before, value in zip([0, *values], values)]


class Packer:
    def __init__(self, model):
        self.model, self.base = model, model.start
        self.strings, self.index = [], {}
        self.number = {task: n for n, task in enumerate(model.tasks)}
        self.by_pid = {}
        for task in model.tasks:
            self.by_pid.setdefault(task.pid, []).append(task)

    def word(self, text):
        if text not in self.index:
            self.index[text] = len(self.strings)
            self.strings.append(text)
        return self.index[text]

    def who(self, by, time):
        """The number of the task of that pid that lived then."""
        if by == INTERRUPT:
            return BY_INTERRUPT
        tasks = self.by_pid.get(by)
        return NOBODY if not tasks else self.number[max(tasks, key=lambda task: (task.born <= time, task.born))]

    def task(self, task):
        states, base = list(STATES), self.base
        spans = task.spans
        return {
            "pid": task.pid, "tgid": task.tgid or task.pid, "comm": task.comm, "born": task.born - base, "kernel": task.is_kernel,
            "ran": task.total("run"), "end": spans[-1].end - base,
            "t": differences([span.start - base for span in spans]),
            "s": [states.index(span.state) for span in spans],
            "c": [-1 if span.cpu is None else span.cpu for span in spans],
            "d": [self.word(span.cause) for span in spans],
            "b": [self.who(span.by, span.start) for span in spans],
            "calls": {
                "t": differences([call.start - base for call in task.calls]),
                "d": [call.end - call.start for call in task.calls],
                "n": [self.word(str(call)) for call in task.calls],
                "r": [-1 if call.result is None else self.word(call.result) for call in task.calls],
            },
            "points": [[time - base, list(KINDS).index(kind), self.word(text)] for time, kind, text in task.points],
            "slices": [[start - base, end - start, self.word(name)] for start, end, name in task.slices],
        }

    def cpu(self, number, turns):
        base, irqs = self.base, self.model.irqs[number]
        turns = [turn for turn in turns if turn[1] > turn[0]]
        return {
            "n": number, "busy": sum(end - start for start, end, task in turns if task),
            "t": differences([start - base for start, _, _ in turns]),
            "w": [self.number.get(task, NOBODY) for _, _, task in turns],
            "irq": {"t": differences([start - base for start, _, _ in irqs]), "d": [end - start for start, end, _ in irqs],
                    "n": [self.word(name) for _, _, name in irqs]},
        }

    def pack(self):
        wakes = [wake for wake in self.model.wakes if wake[3] in self.number]
        packed = {
            "length": max(self.model.end - self.model.start, 1), "events": self.model.events,
            "lost": self.model.lost, "dropped": self.model.dropped,
            "states": [{"key": key, "label": label, "colour": colour} for key, (label, colour, _) in STATES.items()],
            "palette": PALETTE, "kinds": list(KINDS), "glyphs": KINDS,
            "cpus": [self.cpu(number, turns) for number, turns in sorted(self.model.cpus.items())],
            "tasks": [self.task(task) for task in self.model.tasks],
            "wakes": {
                "t": differences([time - self.base for time, _, _, _ in wakes]),
                "from": [BY_INTERRUPT if waker is None else self.number.get(waker, NOBODY) for _, waker, _, _ in wakes],
                "cpu": [sorted(self.model.cpus).index(cpu) for _, _, cpu, _ in wakes],
                "to": [self.number[wakee] for _, _, _, wakee in wakes],
            },
        }
        packed["strings"] = self.strings
        return json.dumps(packed, separators=(",", ":"))


def page(model, title, kernel=False):
    """The HTML; kernel: with rows for kernel threads from the start."""
    return fill(asset("timeline.html"), title=escape(title), kernel="checked" if kernel else "", css=asset("timeline.css"), data=script_safe(Packer(model).pack()),
                js=asset("data.js") + asset("draw.js") + asset("input.js"))
