"""For the tests of tools/trace: where its parts are, and how to write a trace in a few words."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tools"))
sys.dont_write_bytecode = True

from tracelib.ftrace import Trace       # noqa: E402
from tracelib.model import Model        # noqa: E402
from simulate import simulate           # noqa: E402,F401

HEADER = "# tracer: nop\n"


def line(us, cpu, who, name, text="", flags="d..2"):
    """One line of ftrace: who is `comm-pid` or `comm-pid/tgid`."""
    who, _, tgid = who.partition("/")
    tgid = tgid or who.rpartition("-")[2]
    return f"{who:>16}  ({tgid:>5}) [{cpu:03}] {flags} {us // 1000000}.{us % 1000000:06}: {name}: {text}"


def switch(us, cpu, out, state, new):
    """sched_switch from `comm-pid` in this state to `comm-pid`."""
    (comm, _, pid), (comm2, _, pid2) = out.rpartition("-"), new.rpartition("-")
    return line(us, cpu, out if pid != "0" else "<idle>-0", "sched_switch",
                f"prev_comm={comm} prev_pid={pid} prev_prio=120 prev_state={state} ==> next_comm={comm2} next_pid={pid2} next_prio=120")


def waking(us, cpu, who, whom, target=0, flags="d..3"):
    comm, _, pid = whom.rpartition("-")
    return line(us, cpu, who, "sched_waking", f"comm={comm} pid={pid} prio=120 target_cpu={target:03}", flags)


def text(*lines):
    return HEADER + "\n".join(lines) + "\n"


def trace(*lines):
    return Trace(text(*lines).splitlines())


def model(*lines):
    return Model(trace(*lines))


def run(*args, stdin=None):
    """(status, standard output, standard error) of tools/trace."""
    done = subprocess.run([os.path.join(ROOT, "tools", "trace"), *args], input=stdin, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


# Two tasks and a futex: a waits, b wakes it on the other CPU; then a preempts b.
STORY = (
    switch(0, 0, "swapper/0-0", "R", "a-10"),
    switch(0, 1, "swapper/1-0", "R", "b-11"),
    line(90, 0, "a-10", "sys_enter", "NR 202 (7fff0010, 80, 1, 0, 0, 0)", "...."),
    switch(100, 0, "a-10", "S", "swapper/0-0"),
    waking(400, 1, "b-11", "a-10", 1),
    switch(600, 1, "b-11", "R+", "a-10"),
    line(610, 1, "a-10", "sys_exit", "NR 202 = 0", "...."),
    line(700, 1, "a-10", "tracing_mark_write", "B|10|work", "...."),
    line(800, 1, "a-10", "tracing_mark_write", "E|10", "...."),
    line(850, 1, "a-10", "tracing_mark_write", "hello", "...."),
    switch(1000, 1, "a-10", "Z", "b-11"),
    switch(1500, 1, "b-11", "S", "swapper/1-0"),
    line(2000, 1, "<idle>-0", "irq_handler_entry", "irq=236 name=timer", "d.h1"),
    line(2005, 1, "<idle>-0", "irq_handler_exit", "irq=236 ret=handled", "d.h1"),
)
