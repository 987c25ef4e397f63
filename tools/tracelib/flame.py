"""A flame graph from folded stacks: one SVG that carries its own script, to click into and to search.

Input, a line for each different stack, outermost frame first: `task;main;work;futex_wait 42`. A frame that ends in `_[k]`
is the kernel's, as perf script's folding marks it. A frame is as wide as its stacks were often seen; the order from left to
right is the alphabet's and means nothing.
"""
import json
import re
import zlib

from .page import asset, script_safe
from .shapes import PALE, document, element, escape, rect, text

FOLDED = re.compile(r"(.*\S)\s+(\d+)\s*$")
WIDTH, MARGIN, TOP, ROW = 1200, 10, 78, 18
LETTER = 7.3            # px
NARROWEST = 0.25        # px; what is narrower is left out and said so
HUES = {"task": (212, 24, 78), "user": (96, 38, 66), "kernel": (26, 82, 66)}    # hue, saturation, lightness
LEGEND = (("task", "task"), ("user", "user mode"), ("kernel", "kernel"))


class Frame:
    """A node: its own name, how often its stack was seen, its callees by name."""
    __slots__ = ("name", "count", "callees")

    def __init__(self, name):
        self.name, self.count, self.callees = name, 0, {}


def read_folded(lines):
    """(root, lines that are no folded stack)."""
    root, bad = Frame("all"), []
    for number, line in enumerate(lines, 1):
        match = FOLDED.match(line)
        if not match or not int(match[2]):
            if line.strip() and not line.startswith("#"):
                bad.append(number)
            continue
        count, frame = int(match[2]), root
        root.count += count
        for name in match[1].split(";"):
            frame = frame.callees.setdefault(name, Frame(name))
            frame.count += count
    return root, bad


def kind_of(name, depth):
    return "task" if depth <= 1 else "kernel" if name.endswith("_[k]") else "user"


def colour(name, kind):
    """The kind gives the hue, the name moves it a little, so that neighbours differ and a function keeps its colour."""
    hue, saturation, lightness = HUES[kind]
    shift = zlib.crc32(name.encode())
    return f"hsl({hue + shift % 25 - 12},{saturation}%,{lightness + shift // 25 % 13 - 6}%)"


def flatten(root):
    """[name, start, count, depth, colour] of each frame that is wide enough, and how many were not."""
    rows, left_out = [], 0
    stack = [(root, 0, 0)]
    while stack:
        frame, start, depth = stack.pop()
        if frame.count / root.count * (WIDTH - 2 * MARGIN) < NARROWEST:
            left_out += 1
            continue
        name = frame.name[:-4] if frame.name.endswith("_[k]") else frame.name
        rows.append([name, start, frame.count, depth, colour(name, kind_of(frame.name, depth)) if depth else "hsl(0,0%,86%)"])
        for callee in sorted(frame.callees.values(), key=lambda callee: callee.name):
            stack.append((callee, start, depth + 1))
            start += callee.count
    return rows, left_out


def shape(row, root, base):
    """A frame as SVG; the script finds start and count in the order of the rows."""
    name, start, count, depth, fill = row
    scale = (WIDTH - 2 * MARGIN) / root.count
    x, w, y = MARGIN + start * scale, max(count * scale - 0.5, 0.2), base - (depth + 1) * ROW
    room = int((w - 6) / LETTER)
    label = name if len(name) <= room else name[:room - 1] + "…" if room >= 3 else ""
    tip = f"{name}: {count} of {root.count} samples, {100 * count / root.count:.1f} %"
    content = element("title", escape(tip)) + rect(x, y, w, ROW - 1, fill, rx=1) + element("text", escape(label) or " ", x=x + 4, y=y + 13)
    return element("g", content, class_="f")


def legend():
    out, x = [], MARGIN
    for kind, words in LEGEND:
        out += [rect(x, 52, 14, 12, "hsl({},{}%,{}%)".format(*HUES[kind])), text(x + 20, 62, words)]
        x += 40 + 7 * len(words)
    return out


STYLE = """<style>
#frames text { font-size: 12px; fill: #1f2933; pointer-events: none }
.f { cursor: pointer } .f:hover rect { stroke: #1f2933 } .f.parent { opacity: .5 }
.f.away { display: none } .f.found rect { fill: #d68de4 }
.button { cursor: pointer; fill: #2563a8 } .button, #told, #found { font-size: 12px }
</style>"""


def button(name, x, y, words="", kind=None, **more):
    return element("text", words or " ", id=name, class_=kind, x=x, y=y, **more)


def script(rows, root):
    frames = script_safe(json.dumps([row[:4] for row in rows], separators=(",", ":")))
    constants = f"const frames = {frames};\nconst total = {root.count}, width = {WIDTH - 2 * MARGIN}, margin = {MARGIN};\n"
    return f"<script><![CDATA[\n{constants}{asset('flame.js')}]]></script>"


def flame(lines, title):
    """The SVG. ValueError when no line is a folded stack."""
    root, bad = read_folded(lines)
    if not root.count:
        raise ValueError("no folded stacks (`a;b;c 42`) in it")
    rows, left_out = flatten(root)
    height = TOP + (max(row[3] for row in rows) + 1) * ROW + 40
    notes = [f"{root.count} samples: the width of a frame is how often it was seen; below it stands its caller"]
    if left_out:
        notes.append(f"{left_out} frames too narrow to draw")
    if bad:
        notes.append(f"{len(bad)} lines were no stacks")
    return document(WIDTH, height, [
        STYLE, text(MARGIN, 24, title, 17, bold=True), text(MARGIN, 43, "; ".join(notes), fill=PALE), *legend(),
        button("back", WIDTH - 250, 24, "whole graph (Esc)", "button", visibility="hidden"),
        button("search", WIDTH - MARGIN, 24, "search (/)", "button", text_anchor="end"),
        button("found", WIDTH - MARGIN, 62, text_anchor="end"), button("told", MARGIN, height - 12),
        '<g id="frames">', *(shape(row, root, height - 36) for row in rows), "</g>", script(rows, root)])
