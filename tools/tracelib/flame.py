"""A flame graph from folded stacks: one SVG that carries its own script, to click into and to search.

Input, a line for each different stack, outermost frame first: `task;main;work;futex_wait 42`. A frame that ends in `_[k]`
is the kernel's, as perf script's folding marks it. A frame is as wide as its stacks were often seen; the order from left to
right is the alphabet's and means nothing.
"""
import json
import re
import zlib

from .page import asset, escape, script_safe

FOLDED = re.compile(r"(.*\S)\s+(\d+)\s*$")
WIDTH, MARGIN, TOP, ROW = 1200, 10, 78, 18
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
    room = int((w - 6) / 7.3)
    label = name if len(name) <= room else name[:room - 1] + "…" if room >= 3 else ""
    share = f"{100 * count / root.count:.1f} %"
    return (f'<g class="f"><title>{escape(name)}: {count} of {root.count} samples, {share}</title>'
            f'<rect x="{x:.1f}" y="{y}" width="{w:.1f}" height="{ROW - 1}" rx="1" fill="{fill}"/>'
            f'<text x="{x + 4:.1f}" y="{y + 13}">{escape(label)}</text></g>')


def legend():
    out, x = [], MARGIN
    for kind, words in LEGEND:
        hue, saturation, lightness = HUES[kind]
        out.append(f'<rect x="{x}" y="52" width="14" height="12" fill="hsl({hue},{saturation}%,{lightness}%)"/><text x="{x + 20}" y="62">{words}</text>')
        x += 40 + 7 * len(words)
    return "".join(out)


def flame(lines, title):
    """The SVG. ValueError when no line is a folded stack."""
    root, bad = read_folded(lines)
    if not root.count:
        raise ValueError("no folded stacks (`a;b;c 42`) in it")
    rows, left_out = flatten(root)
    height = TOP + (max(row[3] for row in rows) + 1) * ROW + 40
    base = height - 36
    notes = [f"{root.count} samples: the width of a frame is how often it was seen; below it stands its caller"]
    if left_out:
        notes.append(f"{left_out} frames too narrow to draw")
    if bad:
        notes.append(f"{len(bad)} lines were no stacks")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        "<style>text{font:12px DejaVu Sans,Helvetica,Arial,sans-serif;fill:#1f2933}.f{cursor:pointer}.f text{pointer-events:none}"
        ".f:hover rect{stroke:#1f2933}.f.parent{opacity:.5}.f.away{display:none}.f.found rect{fill:#d68de4}.button{cursor:pointer;fill:#2563a8}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{MARGIN}" y="24" style="font-size:17px;font-weight:bold">{escape(title)}</text>',
        f'<text x="{MARGIN}" y="43" style="fill:#52606d">{escape("; ".join(notes))}</text>', legend(),
        f'<text id="back" class="button" x="{WIDTH - 250}" y="24" visibility="hidden">whole graph (Esc)</text>',
        f'<text id="search" class="button" x="{WIDTH - MARGIN}" y="24" text-anchor="end">search (/)</text>',
        f'<text id="found" x="{WIDTH - MARGIN}" y="62" text-anchor="end"></text>',
        f'<text id="told" x="{MARGIN}" y="{height - 12}"></text>',
        '<g id="frames">', *(shape(row, root, base) for row in rows), "</g>",
        f"<script><![CDATA[\nconst frames = {script_safe(json.dumps([row[:4] for row in rows], separators=(',', ':')))};\n"
        f"const total = {root.count}, width = {WIDTH - 2 * MARGIN}, margin = {MARGIN};\n{asset('flame.js')}]]></script>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
