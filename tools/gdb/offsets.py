"""Runs inside GDB (gdb -batch -nx -x offsets.py KERNEL): prints, as JSON, where things are in the kernel's structures.

The proxy needs this much of the debug data and no more; it keeps the answer in the build folder (see layout.py).
"""
import json
import os
import re

import gdb

FIELDS = {
    "task_struct": ("stack", "thread.sp", "thread.fsbase", "thread.gsbase", "pid", "tgid", "comm", "flags", "state", "exit_state",
                    "cpu", "on_cpu", "on_rq", "wchan", "mm", "active_mm", "tasks", "thread_node", "signal"),
    "signal_struct": ("thread_head",),
    "mm_struct": ("pgd",),
    "rq": ("curr", "idle"),
    "cpu": ("curr_task",),
}
SYMBOLS = ("init_task", "runqueues", "cpus", "nr_cpus", "init_stack", "_etext")


def offset(struct, path):
    bits, kind = 0, gdb.lookup_type("struct " + struct)
    for name in path.split("."):
        field = kind[name]
        bits, kind = bits + field.bitpos, field.type.strip_typedefs()
    return bits // 8


def header_constants():
    """The layout of the address space is in macros, of which there is no debug data."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(root, "arch/x86_64/include/asm/page.h"), encoding="utf-8") as file:
        text = file.read()
    value = {name: re.search(rf"#define {name} (\w+)", text).group(1) for name in ("PAGE_OFFSET", "THREAD_SIZE_ORDER")}
    return {"PAGE_OFFSET": int(value["PAGE_OFFSET"].rstrip("UL"), 16), "THREAD_SIZE": 4096 << int(value["THREAD_SIZE_ORDER"])}


layout = header_constants()
for struct, paths in FIELDS.items():
    layout["sizeof " + struct] = gdb.lookup_type("struct " + struct).sizeof
    for path in paths:
        layout[struct + "." + path] = offset(struct, path)
for symbol in SYMBOLS:
    found = gdb.lookup_static_symbol(symbol) or gdb.lookup_global_symbol(symbol)
    if found is None or not found.is_variable:
        layout[symbol] = int(gdb.parse_and_eval("(unsigned long)&" + symbol)) & (1 << 64) - 1
    else:
        layout[symbol] = int(found.value().address) & (1 << 64) - 1
layout["NR_CPUS"] = gdb.lookup_global_symbol("runqueues").type.range()[1] + 1
print(json.dumps(layout))
