"""/proc/lock_stat, in Linux's format: a table and a picture of waits and holds for each class of locks."""
import re

from .ftrace import plural, show_time
from .locks import LEFT, RED, sheet
from .shapes import GROUND, PALE, rect, text
from .tables import columns

CLASS = re.compile(r"^\s*(\S.*?):((?:\s+[\d.]+){12})\s*$")
POINT = re.compile(r"^\s*(\S.*?)\s+(\d+)\s+\[<([^>]*)>\]\s+(\S+)\s*$")
FIELDS = ("con_bounces", "contentions", "wait_min", "wait_max", "wait_total", "wait_avg",
          "acq_bounces", "acquisitions", "hold_min", "hold_max", "hold_total", "hold_avg")


class LockClass:
    """Counts, and times in ns, under the names of FIELDS; points: [(how often, where)]."""

    def __init__(self, name, numbers):
        self.name, self.points = name, []
        for field, number in zip(FIELDS, numbers):
            value = float(number)
            setattr(self, field, round(value * 1000) if "_" in field and "bounces" not in field else int(value))


def is_lock_stat(lines):
    """A program may have written something before it."""
    return any(line.startswith("lock_stat version") for line in lines[:100])


def parse(lines):
    """The classes, the longest waited for first, then the longest held. Lines that are neither class nor point are headings."""
    classes = []
    for line in lines:
        match = CLASS.match(line)
        if match:
            classes.append(LockClass(match[1], match[2].split()))
        elif classes and (match := POINT.match(line)):
            classes[-1].points.append((int(match[2]), match[4]))
    return sorted(classes, key=lambda lock: (-lock.wait_total, -lock.hold_total))


def table(lines):
    rows = [[lock.name, lock.contentions, show_time(lock.wait_total), show_time(lock.wait_max), lock.acquisitions,
             show_time(lock.hold_total), show_time(lock.hold_avg), show_time(lock.hold_max)] for lock in parse(lines)]
    yield from columns(["lock", "contentions", "waited", "longest", "taken", "held", "avg", "longest"], rows)


NAMES, BAR, ROW, MOST = 210, 400, 40, 30
BLUE = "#7ea8e0"


def bar(x, y, part, whole, colour, words):
    w = max(part / whole * BAR, 1) if part else 0
    return [rect(x, y, BAR, 14, GROUND), rect(x, y, w, 14, colour), text(x, y + 27, words, 11, PALE)]


def told(count, total, longest, none):
    return f"{count} ×, {show_time(total)}, longest {show_time(longest)}" if count else none


def picture(lines, title):
    """SVG. ValueError when there is no class in it."""
    classes = parse(lines)
    if not classes:
        raise ValueError("no class of locks in it")
    shown = classes[:MOST]
    waited, held = max(max(lock.wait_total for lock in shown), 1), max(max(lock.hold_total for lock in shown), 1)
    one, two = LEFT + NAMES, LEFT + NAMES + BAR + 40
    parts = [text(one, 76, f"waited for, full width {show_time(waited)}", bold=True),
             text(two, 76, f"held, full width {show_time(held)}", bold=True)]
    y = 88
    for lock in shown:
        where = f"; most at {max(lock.points)[1]}" if lock.points else ""
        waits = told(lock.contentions, lock.wait_total, lock.wait_max, "never") + where
        holds = told(lock.acquisitions, lock.hold_total, lock.hold_max, "not counted")
        parts.append(text(LEFT, y + 12, lock.name if len(lock.name) <= 28 else lock.name[:27] + "…", bold=True))
        parts += bar(one, y, lock.wait_total, waited, RED, waits) + bar(two, y, lock.hold_total, held, BLUE, holds)
        y += ROW
    more = f"; the {MOST} longest waited for" if len(classes) > MOST else ""
    contentions = sum(lock.contentions for lock in classes)
    return sheet(title, f"{len(classes)} classes of locks, {plural(contentions, 'contention')}{more}", parts, y + 10)
