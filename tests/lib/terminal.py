"""Sessions on a terminal, for tests: a program on a pty, keys typed, text waited for."""
import os
import pty
import re
import select
import subprocess
import termios

LIMIT = 60     # seconds of the host's time; only a hang comes near
CONTROLS = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]|\0+")      # colours, cursor movements, padding
BEGUN = re.compile(r"\x1b(\[[?0-9;]*)?$")     # the rest of it has not come yet


class Session:
    """A command with a pty as its controlling terminal. What a line editor says to the terminal alone is not seen in `text`."""

    def __init__(self, *command, env=None, cwd=None):
        self.master, self.slave = pty.openpty()
        termios.tcsetwinsize(self.slave, (24, 80))
        self.before = termios.tcgetattr(self.slave)
        self.text = ""
        self.run = subprocess.Popen(["setsid", "-c", *command], stdin=self.slave, stdout=self.slave, stderr=self.slave, env=env, cwd=cwd)

    def expect(self, pattern):
        """Read until the pattern has appeared; forget all up to its end, return what stood before it."""
        while BEGUN.search(self.text) or not (match := re.search(pattern, self.text)):
            if not select.select([self.master], [], [], LIMIT)[0]:
                raise TimeoutError(f"no /{pattern}/ in {self.text!r}")
            self.text = CONTROLS.sub("", self.text + os.read(self.master, 4096).decode(errors="replace"))
        before, self.text = self.text[:match.start()], self.text[match.end():]
        return before

    def type(self, keys):
        os.write(self.master, keys.encode())

    def end(self, status=None):
        """Wait for the end; a list of complaints."""
        wrong = []
        got = self.run.wait(LIMIT)
        if status is not None and got != status:
            wrong.append(f"status {got}, not {status}")
        if termios.tcgetattr(self.slave) != self.before:
            wrong.append("the terminal is not as it was")
        os.close(self.master)
        os.close(self.slave)
        return wrong
