"""What the tests of the debugger share: sessions of GDB over a pipe to a machine, and checks of what they print.

A test asserts on the structure of the output, never on addresses, and never on a clock. At the end no QEMU of its own may be left."""
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.relpath(os.path.join(ROOT, os.environ.get("BOBBIN_BUILD") or "build"), ROOT)
KERNEL = f"{BUILD}/bobbin.elf"
CROWD = ["--add", f"{BUILD}/tests/gdb/crowd:/crowd"]
PROXY = ["tools/gdb/proxy.py", "--kernel", KERNEL]
os.chdir(ROOT)
os.environ["BOBBIN_BUILD"] = BUILD
sys.stdout.reconfigure(line_buffering=True)
complaints = 0
scratch = tempfile.TemporaryDirectory(prefix="bobbin-gdb-")
MARK = scratch.name + "/log"        # on every QEMU's command line, so that leftovers can be recognised
HANG = 300      # seconds of the host's time; a session takes a few
# For commands that fail: an error would end the script.
ATTEMPT = """python
def attempt(command):
    try:
        gdb.execute(command)
    except gdb.error as error:
        print(error)
end"""
HOW = {1: ["--smp", "1", "--icount"], 2: ["--smp", "2"]}


def complain(text):
    global complaints
    complaints += 1
    print("not ok:", text)


def stub(*options, command=("/crowd", "8", "8")):
    return ["tools/run", "--gdb-stdio", "--log", MARK, *options, *CROWD, "--", *command]


def quoted(words):
    return " ".join("'" + word + "'" for word in words)


def gdb(commands, target, kernel=KERNEL, proxy=PROXY):
    """What GDB prints for the commands, one a line, `== LINE` before each. target: the stub's command."""
    script = os.path.join(scratch.name, "script.gdb")
    lines = [ATTEMPT, "set pagination off", "set width 0", f"target remote | exec {quoted([*proxy, *target])}"]
    for line in commands.strip().splitlines():
        line = line.strip()
        lines += [f"echo == {line}\\n", line]
    with open(script, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    command = ["gdb", "-nx", "-batch", kernel, "-x", "tools/gdb/bobbin.py", "-x", script]
    try:
        output = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                                timeout=HANG).stdout
    except subprocess.TimeoutExpired as hang:      # a breakpoint that is never reached: the machine would run for ever
        complain("the session hangs")
        output = hang.stdout or b""
    text = output.decode("utf-8", "replace")
    if re.search(r"^(Python Exception|Traceback|.*Error in sourced command file)", text, re.M):
        complain("the session broke off")
        print(text[-3000:])
    return text


def part(text, command, number=0):
    """What came after the number-th `== command`."""
    parts = re.split(r"^== (.*)$", text, flags=re.M)
    found = [body for head, body in zip(parts[1::2], parts[2::2]) if head == command]
    if number >= len(found):
        complain(f"the session did not get to: {command}")
        return ""
    return found[number]


def expect(text, pattern, what):
    if not re.search(pattern, text, re.M | re.S):
        complain(f"{what}: nothing matches /{pattern}/ in:")
        print("    " + text[-2500:].replace("\n", "\n    "))
        return False
    return True


def threads(text):
    """`info threads` as {pid or CPU: rest of the line}."""
    found = {}
    for line in text.splitlines():
        match = re.match(r'^[* ] \d+ +Thread (\d+) "(.*?)" \((.*?)\) +(.*)$', line)
        if match:
            found[int(match[1])] = (match[2], match[3], match[4])
    return found


def backtraces(text):
    """`thread apply all bt` as {thread number: text}."""
    parts = re.split(r"^Thread \d+ \(Thread (\d+) .*\):$", text, flags=re.M)
    return {int(number): body for number, body in zip(parts[1::2], parts[2::2])}


def leftovers():
    """Processes that still have our mark on their command line."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read()
        except OSError:
            continue
        if MARK.encode() in words and int(path.split("/")[2]) != os.getpid():
            found.append(int(path.split("/")[2]))
    return found


def finish():
    if leftovers():
        complain(f"processes are left: {leftovers()}")
        for pid in leftovers():
            os.kill(pid, 9)
    sys.exit(1 if complaints else 0)
