"""Where things are in the kernel: what offsets.py found out, kept in a file beside the kernel for the next time."""
import json
import os
import subprocess

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "offsets.py")


class Unusable(Exception):
    """The kernel's debug data could not be read; the text says why."""


def stamp(kernel):
    return [[s.st_mtime_ns, s.st_size] for s in map(os.stat, (kernel, SCRIPT))]


def load(kernel):
    """The dictionary of offsets for this kernel."""
    cache = os.path.splitext(kernel)[0] + ".layout.json"
    try:
        wanted = stamp(kernel)
    except OSError as error:
        raise Unusable(f"{error.filename}: {error.strerror}; run `make`") from None
    try:
        with open(cache, encoding="utf-8") as file:
            kept = json.load(file)
        if kept["stamp"] == wanted:
            return kept["layout"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        made = subprocess.run(["gdb", "-batch", "-nx", "-x", SCRIPT, kernel], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        layout = json.loads(made.stdout)
    except OSError:
        raise Unusable("gdb is missing: run `make deps`") from None
    except ValueError:
        raise Unusable(f"{kernel} has no usable debug data: {made.stderr.strip()}") from None
    try:
        temporary = f"{cache}.{os.getpid()}"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump({"stamp": wanted, "layout": layout}, file)
        os.replace(temporary, cache)
    except OSError:
        pass            # a read-only build folder: then it takes longer every time
    return layout
