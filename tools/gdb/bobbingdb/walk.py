"""What the walks share: a CPU that goes on alone, instruction by instruction, and the table of two columns that they fill.

A walk first waits for an event somewhere; from there on only that CPU runs (scheduler-locking), so what is shown is one
story. Everything it prints is read from the machine at that moment."""
import os
import re
import textwrap

import gdb

from . import base

WIDTH = 46
lines = []              # what a walk has to say: printed at its end, since GDB's own words about each stop are thrown away until then


class Interrupted(Exception):
    """The machine stopped somewhere else than the walk expected."""


def run(command):
    return gdb.execute(command, to_string=True)


def register(name):
    return base.address(gdb.newest_frame().read_register(name))


def argument(name, fallback):
    """Address in an argument of the function that has just been entered. fallback: the register it is in when the debug data do not
    tell; inlined functions have no such register."""
    frame = gdb.newest_frame()
    try:
        value = frame.read_var(name)
        if not value.is_optimized_out:
            return base.address(value)
    except (ValueError, gdb.error):
        pass
    if frame.type() == gdb.INLINE_FRAME:
        raise Interrupted(f"the compiler has left no trace of {name} here")
    return register(fallback)


def word(where):
    """8 bytes of memory, or None."""
    try:
        data = gdb.selected_inferior().read_memory(where, 8)
    except gdb.error:
        return None
    return int.from_bytes(bytes(data), "little")


def place(number):
    """symbol+offset of an address in the kernel, or hex."""
    text = run(f"info symbol {number:#x}")
    return text.split(" in section")[0].replace(" + ", "+") if " in section" in text else f"{number:#x}"


def instruction():
    """The instruction that comes next, as (mnemonic, text)."""
    frame = gdb.newest_frame()
    text = " ".join(frame.architecture().disassemble(frame.pc())[0]["asm"].split("<")[0].split())
    return text.split(" ")[0], text


def say(text):
    lines.append(text)


class Quiet:
    """Settings for the time of a walk, put back afterwards. What GDB says about each stop goes to /dev/null, by way of the file
    descriptor: it is no output of the command that caused the stop, so there is no other way to keep it from the terminal."""

    SETTINGS = (("scheduler-locking", "off"), ("disassembly-flavor", "intel"), ("pagination", "off"))

    def __enter__(self):
        self.kept = [(name, gdb.parameter(name)) for name, _ in self.SETTINGS]
        self.breakpoints = [b for b in gdb.breakpoints() if b.enabled]
        self.output = None
        for name, value in self.SETTINGS:
            run(f"set {name} {value}")
        for breakpoint in self.breakpoints:
            breakpoint.enabled = False
        if not machine_interface():
            gdb.flush()
            self.output = os.dup(1)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.close(null)
        return self

    def __exit__(self, *_):
        if self.output is not None:
            gdb.flush()
            os.dup2(self.output, 1)
            os.close(self.output)
        for name, value in self.kept:
            run(f"set {name} {'on' if value is True else 'off' if value is False else value}")
        for breakpoint in self.breakpoints:
            if breakpoint.is_valid():
                breakpoint.enabled = True
        for line in lines:
            print(line)
        lines.clear()


def machine_interface():
    """Does a program speak with us (gdb -i=mi)? It must not miss a stop."""
    with open("/proc/self/cmdline", "rb") as file:
        return any(re.match(rb"--?i(nterpreter)?=?mi|mi\d?$", word) for word in file.read().split(b"\0"))


def alone(yes):
    """From now on only the selected thread's CPU runs, or all do."""
    run(f"set scheduler-locking {'on' if yes else 'off'}")


def go_to_any(places, backwards=False, tries=400):
    """Run until one of the places [(where, good)] is reached at which its good() holds; its number. Where: as for `break`."""
    breakpoints = [gdb.Breakpoint(where, internal=True) for where, _ in places]
    for breakpoint in breakpoints:
        breakpoint.silent = True
    spots = [addresses(where) for where, _ in places]
    try:
        for _ in range(tries):
            run("reverse-continue" if backwards else "continue")
            if not gdb.selected_thread() or not gdb.selected_thread().is_valid():
                raise Interrupted("the machine has ended")
            pc = register("rip")
            here = [i for i, spot in enumerate(spots) if pc in spot]
            if not here:
                raise Interrupted(f"the machine stopped at {place(pc)}")
            for i in here:
                if places[i][1]():
                    return i
        raise Interrupted(f"{places[0][0]} was passed {tries} times, but never as it was wanted")
    finally:
        for breakpoint in breakpoints:
            breakpoint.delete()


def addresses(where):
    """Where a breakpoint on it would be."""
    return {sal.pc for sal in gdb.decode_line(where)[1] or ()}


def go_to(where, good=lambda: True, backwards=False):
    go_to_any([(where, good)], backwards)


def step(backwards=False):
    """One instruction. A stop that the other CPU still had to report may end a step before it is made: then it is made now."""
    before = register("rip")
    for _ in range(3):
        run("reverse-stepi" if backwards else "stepi")
        if register("rip") != before:
            return


# ---- The table ----

class Story:
    """Numbered steps; under each a sentence, and what it is about in two columns."""

    def __init__(self, left, right):
        self.number = 0
        self.row(left, right)
        say(f"     {'-' * WIDTH}+{'-' * WIDTH}")

    def row(self, left="", right=""):
        say(f"     {left[:WIDTH]:{WIDTH}}| {right}".rstrip())

    def step(self, what, sentence, left=None, right=None):
        self.number += 1
        say(f"{self.number:3}. {what}")
        if left is not None or right is not None:
            self.row(left or "", right or "")
        for line in textwrap.wrap(sentence, 100):
            say(f"     {line}")


def stack_rows(task, top, count):
    """What lies on a task's stack from an address on: [text]."""
    names = ("r15", "r14", "r13", "r12", "rbx", "rbp", "return")
    rows = []
    for i in range(count):
        value = word(top + 8 * i)
        end = base.address(task["stack"]) + base.THREAD_SIZE
        if top + 8 * i >= end:
            break
        shown = "?" if value is None else place(value) if names[min(i, 6)] == "return" else f"{value:#x}"
        rows.append(f"{top + 8 * i:#x} {names[i]:>6} {shown}")
    return rows


class Walk(base.Command):
    """What a walk's command has in common."""

    def invoke(self, text, tty):
        try:
            with Quiet():
                super().invoke(text, tty)
        except Interrupted as stop:
            raise gdb.GdbError(f"{self.name}: {stop}") from None
