"""waiters ADDR and locks: who waits for what, and who holds it."""
import gdb

from . import base


def futex_waiters(uaddr):
    """The struct futex_q that wait on a user address."""
    buckets = base.symbol("buckets", "kernel/futex/futex.c")
    if not base.address(buckets):
        return
    for i in range(1 << 64 - int(base.symbol("hash_shift", "kernel/futex/futex.c"))):
        if int(buckets[i]["waiters"]["counter"]):
            for waiter in base.each(buckets[i]["queue"], "futex_q", "list"):
                if base.address(waiter["uaddr"]) == uaddr:
                    yield waiter


def sleepers(where):
    """Tasks that say that they wait for the object at an address."""
    return [task for task in base.all_tasks() if base.address(task["wait_obj"]) == where]


def as_mutex(task):
    """The mutex that a task waits for, or None. A mutex waiter's wchan is the name of the lock's class."""
    where = base.address(task["wait_obj"])
    if not where >> 63:
        return None
    mutex = base.pointer(where, "mutex")
    try:
        named = base.address(mutex["wait_lock"]["class"])
        if named >> 63 and base.address(mutex["wait_lock"]["class"]["name"]) == base.address(task["wchan"]):
            return mutex
    except gdb.error:
        pass
    return None


def owner(mutex):
    value = mutex["owner"]
    number = int(value[base.names(value.type)[0]]) if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT else int(value)
    return base.pointer(number & base.MASK & ~1, "task_struct")


class Waiters(base.Command):
    """waiters ADDR: who waits at an address: of a futex (in user memory), a wait queue or a mutex.

ADDR may be an expression: waiters &signal->wait_chldexit."""
    name = "waiters"

    def run(self, words):
        if not words:
            self.usage()
        where = base.address(base.evaluate(" ".join(words)))
        if where >> 63:
            self.kernel_object(where)
        else:
            self.futex(where)

    def futex(self, uaddr):
        rows = [("PID", "NAME", "FOR VALUE", "BITSET", "KEY", "KIND")]
        for waiter in futex_waiters(uaddr):
            word = int(waiter["key"]["word"])
            kind = ("shared file", "shared", "private")[0 if word & 2 else 1 if word & 1 else 2]
            rows.append((int(waiter["task"]["pid"]), base.text(waiter["task"]["comm"]), f"{int(waiter['val']):#x}",
                         f"{int(waiter['bitset']):#x}", f"{int(waiter['key']['space'])}:{word:#x}",
                         kind + (", PI" if base.address(waiter["pi"]) else "")))
        print(f"futex {uaddr:#x}: {len(rows) - 1} waiting, in the order in which they will be woken")
        if len(rows) > 1:
            base.table(rows, right=(0,))

    def kernel_object(self, where):
        tasks = sleepers(where)
        mutex = as_mutex(tasks[0]) if tasks else None
        name = base.text(tasks[0]["wchan"]) if tasks else ""
        print(f"{'mutex' if mutex else 'wait queue'} {name + ' ' if name else ''}{where:#x}: {len(tasks)} waiting"
              + (f", held by {base.who(owner(mutex))}" if mutex else ""))
        for task in tasks:
            print(f"  {base.state(task)} {base.who(task)}")


# ---- Locks ----

def global_spinlocks():
    """(name, lock) of each spinlock that is a variable of its own."""
    listing = gdb.execute("info variables -q -t spinlock_t", to_string=True)
    file = None
    for line in listing.splitlines():
        if line.startswith("File "):
            file = line[5:].rstrip(":")
        elif line.rstrip().endswith(";"):
            name = line.rsplit(" ", 1)[1].rstrip(";")
            if name.isidentifier():
                yield name, base.symbol(name, file)


def held_spinlocks():
    locks = [(f"runqueues[{cpu}].lock", base.symbol("runqueues")[cpu]["lock"]) for cpu in range(base.nr_cpus())]
    for name, lock in locks + list(global_spinlocks()):
        if int(lock["locked"]):
            yield name, lock


def held_by(task):
    """The struct held_lock of a task, outermost first; they exist in a kernel built with DEBUG=1 only."""
    if "lock_depth" not in base.names(task.type.target()):
        return []
    return [task["held_locks"][i] for i in range(min(int(task["lock_depth"]), task["held_locks"].type.range()[1] + 1))]


def cycle(edges):
    """Tasks that wait for each other, [address, ...], or None. edges: address of a task -> address of the one it waits for."""
    for start in edges:
        path, node = [], start
        while node in edges and node not in path:
            path.append(node)
            node = edges[node]
        if node in path:
            return path[path.index(node):]
    return None


class Locks(base.Command):
    """locks: the kernel's locks that are held or waited for, with their owners; a deadlock is named.

Spinlocks that are variables of their own or lie in a run queue; mutexes that somebody waits for; and, in a kernel built with DEBUG=1,
all locks that each task holds."""
    name = "locks"

    def run(self, words):
        if words:
            self.usage()
        quiet = True
        for name, lock in held_spinlocks():
            cpu, quiet = int(lock["locked"]) - 1, False
            print(f"spinlock {name}: held by CPU {cpu} ({base.who(base.symbol('cpus')[cpu]['curr_task'])})")
        edges, mutexes = {}, {}
        for task in base.all_tasks():
            mutex = as_mutex(task)
            if mutex is not None:
                mutexes.setdefault(base.address(mutex), []).append(task)
                edges[base.address(task)] = base.address(owner(mutex))
            for lock in held_by(task):
                quiet = False
                print(f"{base.who(task)} holds {base.text(lock['class']['name'])} at {base.address(lock['lock']):#x}, taken at "
                      f"{base.address(lock['at']):#x}")
        for where, tasks in mutexes.items():
            quiet = False
            print(f"mutex {base.text(tasks[0]['wchan'])} at {where:#x}: held by {base.who(owner(as_mutex(tasks[0])))}, awaited by "
                  + ", ".join(base.who(task) for task in tasks))
        ring = cycle(edges)
        if ring:
            print("deadlock: " + " waits for ".join(base.who(base.pointer(a, "task_struct")) for a in ring + ring[:1]))
        if quiet:
            print("no lock is held")


Waiters()
Locks()
