"""Read ftrace text: one event a line, as Linux prints it and Bobbin's trace does.

    <comm>-<pid>  ( <tgid>) [<cpu>] <flags> <seconds>.<fraction>: <event>: <arguments>

The column with the tgid and the one with the flags may lack. Lines that begin with # are comments. What no reader of
an event's arguments knows stays text: an unknown event is no error. Times are nanoseconds, as integers.
"""
import re

LINE = re.compile(r"""\s*(?P<comm>.*\S)-(?P<pid>\d+) \s+ (?:\(\s*(?P<tgid>\d+|-+)\)\s+)? \[(?P<cpu>\d+)\] \s+
                  (?:(?P<flags>\S{1,5})\s+)? (?P<sec>\d+)\.(?P<fraction>\d{1,9}): \s+ (?P<name>[\w:./-]+): \s?(?P<text>.*)$""",
                  re.VERBOSE)
WRITTEN = re.compile(r"#\s*entries-in-buffer/entries-written:\s*(\d+)/(\d+)")
LOST = re.compile(r"CPU:\s*(\d+)\s*\[LOST (\d+) EVENTS\]")
FIELD = re.compile(r"(\w+)=(.*?)(?=\s+\w+=|\s+==>|$)")


class Event:
    """One line. `pid`, `comm` and `cpu` say where it happened, not to whom."""
    __slots__ = ("line", "comm", "pid", "tgid", "cpu", "flags", "time", "name", "text", "_args")

    def __init__(self, line, comm, pid, tgid, cpu, flags, time, name, text):
        self.line, self.comm, self.pid, self.tgid, self.cpu = line, comm, pid, tgid, cpu
        self.flags, self.time, self.name, self.text = flags, time, name, text
        self._args = None

    @property
    def args(self):
        """{key: value} of the arguments that are written key=value."""
        if self._args is None:
            self._args = dict(FIELD.findall(self.text))
        return self._args

    def number(self, key, default=None):
        """An argument as an integer, decimal or with 0x."""
        text = self.args.get(key, "")
        try:
            return int(text, 16 if text.startswith("0x") else 10)
        except ValueError:
            return default


def parse_line(line, number=0):
    """The event on a line, or None."""
    match = LINE.match(line)
    if not match:
        return None
    comm, pid, tgid, cpu, flags, sec, fraction, name, text = match.groups()
    tgid = int(tgid) if tgid and tgid[0] != "-" else None
    time = int(sec) * 1000000000 + int(fraction.ljust(9, "0"))
    return Event(number, comm, int(pid), tgid, int(cpu), flags or "", time, name, text)


class Trace:
    """The events of a file in the order of time, and the lines that are none.

    `lost` counts events missing in between; `dropped` records from before the first, which a full ring gave up.
    """

    def __init__(self, lines):
        self.events, self.bad, self.lost, self.dropped = [], [], 0, 0
        self.order = []         # line numbers at which time runs backwards on one CPU
        last = {}
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\r\n")
            event = parse_line(line, number)
            if event:
                if event.time < last.get(event.cpu, 0):
                    self.order.append(number)
                last[event.cpu] = event.time
                self.events.append(event)
            elif lost := LOST.search(line):
                self.lost += int(lost[2])
            elif written := WRITTEN.match(line):
                self.dropped += int(written[2]) - int(written[1])
            elif line.strip() and not line.startswith("#"):
                self.bad.append((number, line))
        # Rings of several CPUs may have been written one after the other. The sort is stable: equal times keep their order.
        self.events.sort(key=lambda event: event.time)

    @property
    def start(self):
        return self.events[0].time if self.events else 0

    @property
    def end(self):
        return self.events[-1].time if self.events else 0


def parse_time(text):
    """`2`, `1.5s`, `20ms`, `300us`, `7ns` in nanoseconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|ms|us|ns)?", text)
    if not match:
        raise ValueError(f"{text} is no time: 2, 1.5s, 20ms, 300us, 7ns")
    return round(float(match[1]) * {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1, None: 1e9}[match[2]])


parse_time.__name__ = "time (2, 1.5s, 20ms, 300us, 7ns)"


def show_time(nanoseconds):
    """A duration with three digits that count and its unit: 1.23 ms."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if abs(nanoseconds) >= size:
            value = nanoseconds / size
            digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
            return f"{value:.{digits}f} {unit}"
    return f"{nanoseconds} ns"


def plural(number, word):
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
