"""Commands about tasks, for GDB: `source tools/gdb/bobbin.py` (`make gdb` does). Then `help bobbin` lists them."""
import os
import sys

import gdb

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
if HERE not in sys.path:
    sys.path.insert(0, HERE)


class Bobbin(gdb.Command):
    """Commands about Bobbin's tasks.

Every task is a thread: `info threads`, `thread N`, `bt`, `thread apply all bt`.
These say more:"""

    def __init__(self):
        super().__init__("bobbin", gdb.COMMAND_USER, gdb.COMPLETE_NONE, True)

    def invoke(self, _argument, _tty):
        gdb.execute("help bobbin")


Bobbin()
for setting in ("print pretty on", "stack-cache off", "code-cache off", "confirm off", "print thread-events off",
                "backtrace limit 64", "debuginfod enabled off", "remotetimeout 30"):
    gdb.execute("set " + setting)

from bobbingdb import printers, symbols, frames, tasks, waiting, memory, walk_switch, walk_calls  # noqa: E402, F401
