"""A small machine that never was, for the tests: runs tasks on CPUs and writes the trace, always the same for one seed.

usage: simulate.py [TASKS] [CPUS] [MILLISECONDS] [SEED]     (4 2 50 1)

Each task goes round a list of steps: compute, sleep on a timer, wait for a futex that its neighbour wakes, read from a
pipe its neighbour writes, wait for a lock of the kernel. Round robin, turns of 4 ms, a wake-up goes to the CPU with the
shortest queue.
"""
import heapq
import random
import sys

TURN = 4000000
HEADER = "# tracer: nop\n#\n"
NAMES = ("worker", "writer", "reader", "logger", "clock", "server")
CALL = {"futex": 202, "pipe": 0, "timer": 35, "lock": 87}


class Machine:
    def __init__(self, tasks, cpus, length, seed):
        self.random, self.length, self.now = random.Random(seed), length, 0
        self.queue, self.events, self.lines = [], 0, []
        self.cpu = [0] * cpus                       # which pid runs there
        self.ready = [[] for _ in range(cpus)]
        self.where, self.asleep, self.left = {}, {}, {}
        self.turn = [0] * cpus                      # counts switches, so that a stale timer is known
        self.pids = [10 + n for n in range(tasks)]
        self.emit(0, "sched_switch", "prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=init next_pid=1 next_prio=120", 0)
        self.cpu[0] = 1
        for pid in self.pids:
            self.now += 5000
            self.emit(0, "sched_process_fork", f"comm=init pid=1 child_comm={self.name(pid)} child_pid={pid}")
            self.place(pid, 0)
        self.leave(0, "S")

    def name(self, pid, cpu=0):
        if pid == 1:
            return "init"
        return f"{NAMES[pid % len(NAMES)]}" if pid else f"swapper/{cpu}"

    def emit(self, cpu, name, text, pid=None, flags="d..2"):
        pid = self.cpu[cpu] if pid is None else pid
        tgid = 0 if not pid else 1 if pid == 1 else 10 + (pid - 10) // 4 * 4
        comm = "<idle>" if pid == 0 else self.name(pid)
        stamp = f"{self.now // 1000000000}.{self.now // 1000 % 1000000:06}"
        self.lines.append(f"{comm:>16}-{pid:<5} ({tgid:5}) [{cpu:03}] {flags} {stamp}: {name}: {text}")

    def at(self, delay, what, *args):
        self.events += 1
        heapq.heappush(self.queue, (self.now + max(delay, 1000) // 1000 * 1000, self.events, what, args))

    # ---- The scheduler ----

    def place(self, pid, cpu):
        self.where[pid] = cpu
        if self.cpu[cpu] == 0:
            self.come(cpu, pid, "R")
        else:
            self.ready[cpu].append(pid)

    def come(self, cpu, pid, state):
        old = self.cpu[cpu]
        self.emit(cpu, "sched_switch", f"prev_comm={self.name(old, cpu)} prev_pid={old} prev_prio=120 prev_state={state} ==> "
                  f"next_comm={self.name(pid, cpu)} next_pid={pid} next_prio=120")
        self.cpu[cpu] = pid
        self.turn[cpu] += 1
        if pid:
            if pid in self.asleep:
                kind = self.asleep.pop(pid)
                if kind == "lock":
                    self.emit(cpu, "contention_end", "0xffffffff80100000 (ret=0)")
                self.emit(cpu, "sys_exit", f"NR {CALL[kind]} = 0", flags="....")
            left = self.left.pop(pid, None) or self.random.choice((40, 200, 900, 6000)) * 1000 + self.random.randrange(300) * 1000
            self.left[pid] = left
            self.at(min(left, TURN), self.over, cpu, pid, self.turn[cpu], min(left, TURN))

    def leave(self, cpu, state):
        self.come(cpu, self.ready[cpu].pop(0) if self.ready[cpu] else 0, state)

    def over(self, cpu, pid, turn, ran):
        """It has computed for as long as it wanted, or as it may."""
        if self.turn[cpu] != turn:
            return
        self.left[pid] -= ran
        if self.left[pid] > 0:
            self.emit(cpu, "irq_handler_entry", "irq=236 name=timer", flags="d.h2")
            self.now += 2000
            self.emit(cpu, "irq_handler_exit", "irq=236 ret=handled", flags="d.h2")
            if self.ready[cpu]:
                self.ready[cpu].append(pid)
                self.leave(cpu, "R+")
            else:
                self.turn[cpu] += 1
                self.at(min(self.left[pid], TURN), self.over, cpu, pid, self.turn[cpu], min(self.left[pid], TURN))
            return
        self.left.pop(pid)
        self.wake_neighbours(cpu, pid)
        self.sleep(cpu, pid)

    def sleep(self, cpu, pid):
        kind = self.random.choice(("futex", "futex", "pipe", "timer", "lock"))
        args = {"futex": "7fff00001000, 80, 1, 0, 0, 0", "pipe": "3, 7fff00002000, 40, 0, 0, 0"}.get(kind, "7fff00003000, 0, 0, 0, 0, 0")
        self.emit(cpu, "sys_enter", f"NR {CALL[kind]} ({args})", flags="....")
        self.now += 1000
        if kind == "lock":
            self.emit(cpu, "contention_begin", "0xffffffff80100000 (flags=MUTEX)")
        self.asleep[pid] = kind
        if kind in ("timer", "lock"):
            self.at(self.random.randrange(200, 5000) * 1000, self.alarm, pid)
        self.leave(cpu, "D" if kind == "lock" else "S")

    def wake(self, cpu, pid, flags):
        if pid not in self.asleep or pid in self.cpu or any(pid in queue for queue in self.ready):
            return
        target = min(range(len(self.cpu)), key=lambda n: (len(self.ready[n]) + (self.cpu[n] != 0), n != self.where[pid]))
        self.emit(cpu, "sched_waking", f"comm={self.name(pid)} pid={pid} prio=120 target_cpu={target:03}", flags=flags)
        if target != self.where[pid]:
            self.emit(cpu, "sched_migrate_task", f"comm={self.name(pid)} pid={pid} prio=120 orig_cpu={self.where[pid]} dest_cpu={target}", flags=flags)
        self.now += 1000
        self.place(pid, target)

    def alarm(self, pid):
        self.wake(self.where[pid], pid, "d.h2")

    def wake_neighbours(self, cpu, pid):
        waiting = [p for p in self.pids if self.asleep.get(p) in ("futex", "pipe") and p != pid]
        for other in waiting[:2]:
            self.emit(cpu, "tracing_mark_write", f"wakes {other}", flags="....")
            self.wake(cpu, other, "d..3")

    def run(self):
        while self.queue and self.now < self.length:
            time, _, what, args = heapq.heappop(self.queue)
            self.now = max(self.now, time)
            what(*args)
        return HEADER + "\n".join(self.lines) + "\n"


def simulate(tasks=4, cpus=2, milliseconds=50, seed=1):
    return Machine(tasks, cpus, milliseconds * 1000000, seed).run()


if __name__ == "__main__":
    sys.stdout.write(simulate(*map(int, sys.argv[1:])))
