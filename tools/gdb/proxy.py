#!/usr/bin/env python3
"""Stands between GDB and QEMU, and shows GDB the kernel's tasks as its threads.

usage: tools/gdb/proxy.py [--kernel ELF] [--listen SOCKET] (--connect SOCKET | [--] COMMAND [ARG...])

QEMU offers its CPUs as threads. A kernel is about tasks: a few of them run on the CPUs, the others sleep, and their
registers are in memory. With this in between, `info threads` lists all of them and `thread apply all bt` shows each one's
stack, in GDB and in every front end of it:
    gdb build/bobbin.elf -ex 'target remote | tools/gdb/proxy.py tools/run --gdb-stdio'
COMMAND is a stub that speaks the remote protocol on its standard input and output. --connect finds one at a socket;
--listen waits for GDB at a socket instead of standard input and output.

 - A task is thread number PID; idle tasks are 1000000 + CPU; a CPU that runs no task yet is 2000000 + CPU.
 - The task that a CPU runs is the one on whose stack RSP lies, not `current`: within switch_to the two differ, and GDB
   says [Switching to Thread ...] exactly at the instruction that exchanges the stacks.
 - A task that runs has its CPU's registers; one that does not has those that switch_to saved, and the others are
   unavailable. User memory is read through each task's own page tables.
 - All is read when it is asked for, and forgotten when the machine runs on.
"""
import argparse
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import layout  # noqa: E402
import machine  # noqa: E402
import rsp  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BACK_TRIES = 50         # stops of a reverse-continue that no write explains
PASSED_ON = (b"qXfer:features:read:", b"qAttached", b"qRcmd,", b"vCont?", b"qqemu.", b"Qqemu.")
STOP = re.compile(rb"^T(..)(.*)$")
THREAD = re.compile(rb"thread:(?:p[0-9a-f]+\.)?([0-9a-f]+);")


class Session:
    """One GDB at work."""

    def __init__(self, gdb, qemu, where):
        self.gdb, self.stub, self.where = gdb, machine.Stub(qemu), where
        self.stub.relay = gdb.send
        self.view = None
        self.thread = None      # selected by GDB for g, p, m
        self.stopped = None     # thread of the last stop
        self.breakpoints, self.watched = {}, {}         # address -> size
        self.awaited = None     # the task that a step waits for
        self.handlers = [
            (b"qSupported", self.supported), (b"QStartNoAckMode", self.no_acks), (b"qfThreadInfo", self.thread_list),
            (b"qsThreadInfo", lambda packet: b"l"), (b"qC", lambda packet: b"QC%x" % self.current()),
            (b"qThreadExtraInfo,", self.extra_info), (b"qXfer:threads:read::", self.thread_xml), (b"H", self.choose),
            (b"T", self.alive), (b"?", self.why), (b"g", self.get), (b"G", self.put), (b"p", self.get_one), (b"P", self.put_one),
            (b"m", self.memory), (b"M", self.memory), (b"X", self.memory), (b"vCont;", self.resume), (b"c", self.resume),
            (b"s", self.resume), (b"C", self.resume), (b"S", self.resume), (b"bc", self.resume), (b"bs", self.resume),
            (b"Z", self.note_point), (b"z", self.note_point),
            (b"qBobbin.", self.question), (b"vKill", self.kill), (b"k", self.kill), (b"D", self.detach),
        ]

    def now(self):
        if self.view is None:
            self.view = machine.View(self.stub, self.where)
        return self.view

    def current(self):
        """The thread a packet refers to."""
        if self.thread is None:
            self.thread = self.stopped or self.now().on_cpu(self.now().cpus[0])
        return self.thread

    # -- The loop --

    def run(self):
        while True:
            packet = self.gdb.receive()
            if packet == rsp.Channel.INTERRUPT or self.repeated(packet):
                continue        # the machine stands still already; or GDB lost patience and sent it again
            answer = self.answer(packet)
            if answer is not None:
                self.gdb.send(answer)

    def repeated(self, packet):
        """Does the same packet follow at once? GDB sends it again after two seconds, and wants one answer."""
        if self.gdb.acks:
            while self.gdb.ready_now():
                self.gdb.fill()
        return self.gdb.acks and self.gdb.buffer.startswith(b"$" + packet + b"#")

    def answer(self, packet):
        for start, handler in self.handlers:
            if packet.startswith(start) and not (start == b"c" and packet[:2] in (b"cr",)):
                try:
                    return handler(packet)
                except (ValueError, IndexError, KeyError, struct.error):
                    return b"E01"       # a packet that makes no sense
        if not packet.startswith(PASSED_ON):
            return b""          # "not supported". QEMU leaves some nonsense without an answer, and some lets the machine run
        answer = self.stub.ask(packet)
        if packet[:5] == b"qRcmd":
            self.forget()       # a monitor command may have changed anything
        return answer

    def forget(self):
        self.view = None
        self.stub.cpu = None

    # -- Threads --

    def supported(self, packet):
        kept = [word for word in packet.split(b":", 1)[-1].split(b";") if word not in (b"multiprocess+", b"")]
        answer = self.stub.ask(b"qSupported:" + b";".join(kept))
        words = [word for word in answer.split(b";") if word and not word.startswith((b"multiprocess", b"qXfer:threads"))]
        return b";".join(words + [b"qXfer:threads:read+", b"QStartNoAckMode+"])

    def no_acks(self, _packet):
        self.gdb.send(b"OK")
        self.gdb.acks = False

    def thread_list(self, _packet):
        return b"m" + b",".join(b"%x" % thread for thread in self.now().threads())

    def extra_info(self, packet):
        thread = rsp.number(packet.split(b",")[1])
        if not self.now().exists(thread):
            return b"E01"
        name, words = self.now().words(thread)
        return f"{name} ({words})".encode().hex().encode()

    def question(self, packet):
        """What our GDB commands ask: qBobbin.task:ID, qBobbin.cpu:ID -> address of the task, number of its CPU; or nothing."""
        kind, thread = packet[8:].split(b":")
        task, cpu = self.now().all().get(int(thread, 16)), self.now().cpu_of(int(thread, 16))
        if kind == b"task":
            return b"%x" % task.address if task else b"none"
        return b"none" if cpu is None else b"%x" % cpu

    def thread_xml(self, packet):
        start, size = (int(word, 16) for word in packet.rsplit(b":", 1)[1].split(b","))
        text = "<?xml version='1.0'?><threads>"
        for thread in self.now().threads():
            name, words = (re.sub(r"[^ -~]|[&<>\"'#$}*]", "?", word) for word in self.now().words(thread))
            cpu = self.now().cpu_of(thread)
            core = "" if cpu is None else f" core='{cpu}'"
            text += f"<thread id='{thread:x}'{core} name='{name}'>{words}</thread>"
        part = (text + "</threads>").encode()[start:start + size]
        return (b"m" if len(part) == size else b"l") + part

    def choose(self, packet):
        if packet[1:2] == b"g":
            thread = rsp.number(packet[2:]) if packet[2:] not in (b"0", b"-1") else 0
            if thread and not self.now().exists(thread):
                return b"E01"
            self.thread = thread or None
        return b"OK"

    def alive(self, packet):
        return b"OK" if self.now().exists(rsp.number(packet[1:])) else b"E01"

    def why(self, packet):
        return self.name_stop(self.stub.ask(packet))

    # -- Registers and memory --

    def get(self, packet):
        view, thread = self.now(), self.current()
        cpu = view.cpu_of(thread)
        if cpu is not None:
            return view.stub.registers(cpu)
        return view.registers(thread) if thread in view.all() else b"E01"

    def get_one(self, packet):
        view, thread, number = self.now(), self.current(), int(packet[1:], 16)
        cpu = view.cpu_of(thread)
        if cpu is not None:
            view.stub.select(cpu)
            return view.stub.ask(packet)
        blob, place = view.registers(thread), 0
        for index, size in enumerate(machine.REGISTERS.values()):
            if index == number:
                return blob[place:place + 2 * size]
            place += 2 * size
        view.stub.select(view.cpus[0])
        return b"x" * len(view.stub.ask(packet))

    def put(self, packet):
        """Registers of a running task can be written; those of a sleeping one are on its stack and stay as they are."""
        cpu = self.now().cpu_of(self.current())
        if cpu is None or not re.fullmatch(rb"(G|P[0-9a-f]+=)[0-9a-fx]+", packet):
            return b"E01"
        self.stub.select(cpu)
        answer = self.stub.ask(packet)
        self.view = None
        return answer

    put_one = put

    def memory(self, packet):
        head = packet.split(b":", 1)[0]
        address, size = (int(word, 16) for word in head[1:].split(b","))
        view, thread = self.now(), self.current()
        if packet[:1] != b"m":
            view.pages.clear()
        task = view.foreign(thread, address)
        if task is None:
            cpu = view.cpu_of(thread)
            view.stub.select(view.cpus[0] if cpu is None else cpu)
            return view.stub.ask(packet)
        if packet[:1] == b"m":
            return self.foreign_read(task, address, min(size, machine.MAX_READ))
        return self.foreign_write(task, address, packet)

    def foreign_read(self, task, address, size):
        data = b""
        for piece in self.now().tasks.pieces(task, address, size):
            got = piece and self.stub.read(*piece)
            if not got:
                break
            data += got
        return data.hex().encode() or b"E14"

    def foreign_write(self, task, address, packet):
        raw = packet.split(b":", 1)[1]
        data = rsp.unhex(raw) if packet[:1] == b"M" else re.sub(rb"}(.)", lambda m: bytes([m[1][0] ^ 0x20]), raw, flags=re.S)
        if data is None:
            return b"E01"
        pieces = list(self.now().tasks.pieces(task, address, len(data)))
        if None in pieces:
            return b"E14"
        for place, size in pieces:
            if self.stub.ask(b"M%x,%x:%s" % (place, size, data[:size].hex().encode())) != b"OK":
                return b"E14"
            data = data[size:]
        return b"OK"

    # -- Running --

    def translate(self, packet):
        """A resume packet about tasks as one about CPUs; None when it would let nothing run."""
        if packet[:1] in b"cCsS":
            packet = b"vCont;" + packet[:1] + (b":%x" % self.current() if packet[:1] in b"sS" else b"") + b";c"
        if not packet.startswith(b"vCont;"):
            return packet       # bs, bc: backwards, everything
        actions, taken, rest = [], set(), False
        self.awaited = None
        for action in packet[6:].split(b";"):
            verb, _, name = action.partition(b":")
            if not verb or verb[:1] not in b"cCsS":
                raise ValueError
            verb = verb[:1]     # a signal means nothing to a machine
            if not name or name == b"-1":
                rest = True
                actions.append(verb)
                continue
            thread = rsp.number(name)
            cpu = self.now().cpu_of(thread)
            if cpu is None and verb in b"sS":
                self.awaited = self.now().all().get(thread)
            if cpu is not None and cpu not in taken:
                taken.add(cpu)
                actions.append(b"%s:%x" % (verb, cpu + 1))
        return b"vCont;" + b";".join(actions) if taken or rest else None

    def resume(self, packet):
        order = self.translate(packet)
        if order is None:
            self.gdb.send(b"O" + b"This task does not run now, and nothing else was allowed to.\n".hex().encode())
            return b"T05thread:%x;" % self.current()
        if order == b"bc" and self.watched:
            return self.back_to_write()
        return self.go_until_it_runs(order) if self.awaited else self.go(order)

    def go_until_it_runs(self, order):
        """A step of a task that is on no CPU: the machine runs until the task does, and stops where it comes back from switch_to."""
        task, place = self.awaited, self.now().tasks.saved_registers(self.awaited).get("rip", 0)
        point = b"0,%x,1" % place
        mine = place not in self.breakpoints
        while True:
            if mine:
                self.stub.ask(b"Z" + point)
            stop = self.go(order)
            if mine:
                self.stub.ask(b"z" + point)
            cpu = self.now().cpu_of(self.stopped)
            if not mine or not stop.startswith(b"T05") or cpu is None or self.pc(cpu) != place or self.stopped == task.id:
                return stop
            self.go(b"vCont;s:%x" % (cpu + 1))      # somebody else came by: let it pass

    def go(self, order):
        """Let the machine run until it stops; the stop reply."""
        self.forget()
        self.thread = None
        self.stub.channel.send(order)
        return self.until_stop()

    # QEMU stops a reverse-continue behind a write to a watched place, and sometimes elsewhere, and does not say why. GDB wants to
    # stand before the write and to hear of it.

    def note_point(self, packet):
        """Z and z packets: remember what is set."""
        kind, where, size = (int(word, 16) for word in packet[1:].split(b";")[0].split(b","))
        answer = self.stub.ask(packet)
        points = self.watched if kind in (2, 3, 4) else self.breakpoints
        if answer == b"OK" and packet[:1] == b"Z":
            points[where] = size
        elif answer == b"OK":
            points.pop(where, None)
        return answer

    def watched_bytes(self):
        if self.stub.cpu is None:
            self.stub.select(self.now().cpus[0])
        return {where: self.stub.read(where, size) for where, size in self.watched.items()}

    def back_to_write(self):
        before = self.watched_bytes()

        def changed():
            after = self.watched_bytes()
            return next((where for where in before if after[where] != before[where]), None)
        for _ in range(BACK_TRIES):
            for order in b"bc", b"bs":
                stop = self.go(order)
                if not stop.startswith(b"T05") or b"watch" in stop:
                    return stop
                if changed() is not None:
                    return stop + b"watch:%x;" % changed()
                if order == b"bc" and self.at_breakpoint():
                    return stop
        return stop

    def at_breakpoint(self):
        return self.pc(self.now().cpus[0]) in self.breakpoints

    def pc(self, cpu):
        data = rsp.unhex(self.stub.registers(cpu)[:16 * 17])
        return struct.unpack_from("<Q", data, 8 * 16)[0] if data else 0

    def until_stop(self):
        qemu = self.stub.channel
        while True:
            while (answer := qemu.take()) is not None:
                if answer[:1] != b"O":
                    return self.name_stop(answer)
                self.gdb.send(answer)
            for channel in select.select([qemu, self.gdb], [], [])[0]:
                channel.fill()
            while (packet := self.gdb.take()) is not None:
                if packet == rsp.Channel.INTERRUPT:
                    qemu.write(b"\x03")

    def name_stop(self, answer):
        """The stop reply with the task in place of the CPU."""
        stop = STOP.match(answer)
        if not stop:
            return answer
        self.forget()
        named = THREAD.search(stop[2])
        cpu = rsp.number(named[1]) - 1 if named else self.now().cpus[0]
        self.stopped = self.now().on_cpu(cpu)
        self.thread = self.stopped
        return b"T" + stop[1] + THREAD.sub(b"", stop[2]) + b"thread:%x;" % self.stopped

    # -- The end --

    def kill(self, packet):
        if packet[:1] == b"v":
            self.gdb.send(b"OK")
        self.stub.channel.send(b"k")
        raise rsp.Closed

    def detach(self, packet):
        self.gdb.send(self.stub.ask(packet))
        raise rsp.Closed


# ---- Who is at the two ends ----

def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 2)[2],
                                     formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    build = os.environ.get("BOBBIN_BUILD") or "build"
    parser.add_argument("--kernel", default=os.path.join(ROOT, build, "bobbin.elf"), help="the kernel's ELF file (build/bobbin.elf)")
    parser.add_argument("--listen", metavar="SOCKET", help="wait for GDB there")
    parser.add_argument("--connect", metavar="SOCKET", help="where QEMU's stub is")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what starts QEMU with a stub on standard input and output")
    options = parser.parse_args()
    if options.command[:1] == ["--"]:
        del options.command[0]
    if bool(options.connect) == bool(options.command):
        parser.error("either --connect SOCKET or a COMMAND")
    return options


def die_with_parent():
    """The command ends when we do, however that comes about."""
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)     # PR_SET_PDEATHSIG
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def start(command):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, preexec_fn=die_with_parent)
    return process, rsp.Channel(process.stdout.fileno(), process.stdin.fileno())


def connect(path):
    """The stub at a socket, which may be a moment in coming."""
    for _ in range(600):
        channel = socket.socket(socket.AF_UNIX)
        try:
            channel.connect(path)
            return rsp.Channel(channel.fileno(), os.dup(channel.detach()))
        except OSError:
            channel.close()
            time.sleep(0.1)
    sys.exit(f"proxy: nobody at {path}: start `tools/run --gdb {path}`")


def listen(path):
    ours = f"{path}.{os.getpid()}"
    server = socket.socket(socket.AF_UNIX)
    server.bind(ours)
    server.listen(1)
    os.rename(ours, path)       # who sees the name can connect
    client, _ = server.accept()
    server.close()
    os.unlink(path)
    fd = client.detach()
    return rsp.Channel(fd, fd)


def stop(process):
    if process is None:
        return 0
    for pipe in (process.stdin, process.stdout):
        pipe.close()
    for ask in (lambda: None, process.terminate, process.kill):
        ask()
        try:
            return process.wait(2)
        except subprocess.TimeoutExpired:
            continue
    return 1


def ended(number, _frame):
    raise rsp.Closed


def main():
    options, process, gdb = parse(), None, None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
    try:
        where = layout.load(options.kernel)
        gdb = listen(options.listen) if options.listen else rsp.Channel(0, 1)
        if options.connect:
            qemu = connect(options.connect)
        else:
            process, qemu = start(options.command)
        Session(gdb, qemu, where).run()
    except layout.Unusable as error:
        sys.exit(f"proxy: {error}")
    except FileNotFoundError as error:
        sys.exit(f"proxy: {error.filename}: {error.strerror}")
    except rsp.Closed:
        status = stop(process)
        try:
            if gdb:
                gdb.send(b"W%02x" % (status & 0xff))        # "the program has ended", if it is QEMU that has gone
        except rsp.Closed:
            pass
    finally:
        stop(process)


main()
