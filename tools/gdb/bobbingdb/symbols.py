"""Symbol files that come and go: the frames of the assembly code, with the kernel's own; the selected task's program, whenever it
changes.

All programs are linked to the same addresses, so there can be the symbols of one only. They follow the selected thread: at each
prompt, and before the commands that use symbols most, also when these are run by `thread apply` or a script. Editors have no prompt
and use the machine interface's commands: there they follow the thread that stops. A program PATH in the machine is looked for by its
name in build/user/bin, build/tests/user and the folders of `set bobbin-programs`."""
import os
import re
import subprocess
import sys

import gdb

from . import base

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def kernel():
    """(path of the kernel, the folder of the build)"""
    for objfile in gdb.objfiles():
        if objfile.filename and objfile.lookup_global_symbol("runqueues"):
            folder = os.path.dirname(objfile.filename)
            if not os.path.isdir(os.path.join(folder, "user/bin")):     # a recording's kernel
                folder = os.path.join(base.ROOT, os.environ.get("BOBBIN_BUILD") or "build")
            return objfile.filename, folder
    raise gdb.GdbError("load the kernel's symbols first: file build/bobbin.elf")


def add_frames():
    """Tell GDB about the assembly code's frames; made anew when the kernel is newer."""
    elf, _ = kernel()
    frames, maker = os.path.splitext(elf)[0] + ".frames.elf", os.path.join(HERE, "cfi.py")
    if any(objfile.filename == frames for objfile in gdb.objfiles()):
        return
    newest = max(os.path.getmtime(elf), os.path.getmtime(maker))
    if not os.path.exists(frames) or os.path.getmtime(frames) < newest:
        temporary = f"{frames}.{os.getpid()}"
        made = subprocess.run(["gdb", "-batch", "-nx", "-x", maker, "-ex", f"python make({temporary!r})", elf],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if not os.path.exists(temporary):
            print(f"No frames for the assembly code: {made.stderr.strip()}", file=sys.stderr)
            return
        os.replace(temporary, frames)
    gdb.execute(f"add-symbol-file {frames}", to_string=True)


class Programs(gdb.Parameter):
    """Folders, separated by colons, in which programs with debug data are looked for."""
    set_doc = "Set the folders in which programs with debug data are looked for."
    show_doc = "Show the folders in which programs with debug data are looked for."

    def __init__(self):
        super().__init__("bobbin-programs", gdb.COMMAND_FILES, gdb.PARAM_STRING)
        self.value = ""

    def get_set_string(self):
        return ""


programs = Programs()
loaded = None           # path of the program whose symbols are loaded


def program_of(task):
    """Path of the file with the symbols of the task's program, or None."""
    if not base.address(task["mm"]) or not base.address(task["mm"]["exe_file"]):
        return None
    name = base.text(task["mm"]["exe_file"]["f_path"]["dentry"]["d_name"])
    _, build = kernel()
    for folder in [os.path.join(build, "user/bin"), os.path.join(build, "tests/user"), os.path.join(build, "tests/gdb"), *programs.value.split(":")]:
        path = os.path.join(folder, os.path.basename(name))
        if name and folder and os.path.isfile(path):
            return path
    return None


def follow():
    """Load the symbols of the selected thread's program in place of those loaded now."""
    global loaded
    if loaded and not any(objfile.filename == loaded for objfile in gdb.objfiles()):
        loaded = None           # `file` throws all symbols away
    try:
        wanted = program_of(base.current())
    except (gdb.error, gdb.GdbError):
        wanted = None
    if wanted == loaded:
        return
    try:
        if loaded:
            gdb.execute(f"remove-symbol-file {loaded}", to_string=True)
    except gdb.error:
        pass
    loaded = None
    try:
        if wanted:
            gdb.execute(f"add-symbol-file {wanted}", to_string=True)
            loaded = wanted
    except gdb.error:
        pass


def attend(event):
    """The kernel's symbols may come after these commands, or come anew."""
    if event.new_objfile.lookup_global_symbol("runqueues"):
        gdb.post_event(add_frames)      # not now, while GDB reads symbols


def has_prompt():
    with open("/proc/self/cmdline", "rb") as words:
        return not re.search(rb"\0--?i(nterpreter)?[=\0]mi", words.read())


def hook():
    gdb.events.new_objfile.connect(attend)
    if has_prompt():
        gdb.events.before_prompt.connect(follow)
    else:
        gdb.events.stop.connect(lambda _event: gdb.post_event(follow))
    for command in "backtrace", "frame", "up", "down", "print", "list", "break", "tbreak", "finish":
        gdb.execute(f"define hook-{command}\npython bobbingdb.symbols.follow()\nend")
    gdb.execute("define hookpost-thread\npython bobbingdb.symbols.follow()\nend")


gdb.execute("python import bobbingdb.symbols")
if gdb.objfiles():
    add_frames()
hook()
