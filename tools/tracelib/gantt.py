"""A Gantt chart for the terminal: a row for each CPU and each task, a column for a slice of time."""
import os
import shutil

from .ftrace import show_time
from .states import STATES

ANSI = {"run": "32", "ready": "33", "futex": "34", "io": "36", "poll": "36", "timer": "35", "child": "37",
        "signal": "35", "lock": "31", "disk": "31", "stop": "90", "sleep": "90"}
# A column shows the state that took most of it, but a short run must not vanish behind a long sleep.
EIGHTHS = "·▁▂▃▄▅▆▇█"


def spread(spans, start, width, step):
    """[{key: ns}] for each column, of (start, end, key)."""
    cells = [{} for _ in range(width)]
    for low, high, key in spans:
        column = max(int((low - start) / step), 0)
        while column < width and start + column * step < high:
            left, right = max(low, start + column * step), min(high, start + (column + 1) * step)
            if right > left or low == high:
                cells[column][key] = cells[column].get(key, 0) + right - left
            column += 1
    return cells


def task_cell(cell, step):
    """(character, state) of a column of a task's row."""
    if not cell:
        return " ", None
    state = max(cell, key=cell.get)
    if "run" in cell and state != "run" and cell["run"] * 16 >= step:
        return EIGHTHS[max(round(cell["run"] / step * 8), 1)], "run"
    return STATES[state][2], state


def cpu_cell(cell, step):
    """How busy a CPU was: an eighth of a block for each eighth of the time."""
    busy = sum(cell.values())
    return EIGHTHS[min(-(-int(busy * 8) // max(int(step), 1)), 8)] if busy else "·"


def round_step(want):
    """The smallest of 1, 2, 5, 10, 20, 50 ... ns that is not below."""
    power = 1
    while power * 10 < want:
        power *= 10
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= want)


def axis(start, span, width):
    """A line of times after the trace's beginning, and one of ticks."""
    step = round_step(span * 14 / width)
    labels, ticks = [" "] * width, ["─"] * width
    for time in range(-(-start // step) * step, start + span, step):
        column = int((time - start) * width / span)
        text = show_time(time).replace(".00", "").replace(".0 ", " ") if time else "0"
        if column < width:
            ticks[column] = "┴"
            if column + len(text) <= width:
                labels[column:column + len(text)] = text
    return ["".join(labels).rstrip(), "".join(ticks)]


def gantt(model, width=None, colour=False):
    """Lines of the chart."""
    width = width or shutil.get_terminal_size((100, 24)).columns
    names = {task: f"{task.comm[:15]} {task.pid}" for task in model.tasks}
    margin = max([len(name) for name in names.values()] + [5]) + 1
    columns = max(width - margin - 8, 10)
    span = max(model.end - model.start, 1)
    step = span / columns

    def paint(text, state):
        return f"\033[{ANSI[state]}m{text}\033[0m" if colour and state else text

    for line in axis(model.start - model.origin, span, columns):
        yield " " * margin + line
    for cpu, turns in sorted(model.cpus.items()):
        busy = [(low, high, "run") for low, high, task in turns if task]
        cells = spread(busy, model.start, columns, step)
        total = sum(high - low for low, high, _ in busy)
        row = "".join(paint(cpu_cell(cell, step), "run") for cell in cells)
        yield f"{f'CPU {cpu}':{margin}}{row} {100 * total / span:5.1f} %"
    yield " " * margin + "─" * columns
    used = set()
    for task in model.tasks:
        cells = spread([(s.start, s.end, s.state) for s in task.spans], model.start, columns, step)
        drawn = [task_cell(cell, step) for cell in cells]
        used |= {state for _, state in drawn if state}
        row = "".join(paint(character, state) for character, state in drawn)
        yield f"{names[task]:{margin}}{row} {100 * task.total('run') / span:5.1f} %"
    legend = [f"{paint(STATES[state][2], state)} {STATES[state][0]}" for state in STATES if state in used]
    yield ""
    yield from wrap(legend, width)


def wrap(words, width):
    """The legend on as few lines as will do; colours do not count."""
    line, length = "", 0
    for word in words:
        size = len(word) - (9 if "\033" in word else 0)
        if length and length + 3 + size > width:
            yield line
            line, length = "", 0
        line += ("   " if length else "") + word
        length += (3 if length else 0) + size
    yield line


def wants_colour(stream):
    return stream.isatty() and "NO_COLOR" not in os.environ
