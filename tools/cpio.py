"""Write newc cpio archives, the format of an initramfs: the same input gives the same bytes.

Used by tools/mkinitrd and tools/run. An archive may follow another in one file; later entries win.
"""
import os
import stat

TRAILER = "TRAILER!!!"
# The directories of Bobbin's root and their modes. A directory named again in a later archive gets its mode anew, so
# whoever makes one as the parent of a file must know them.
DIRECTORIES = {"dev": 0o755, "dev/shm": 0o1777, "proc": 0o555, "sys": 0o555, "etc": 0o755, "bin": 0o755, "run": 0o755,
               "root": 0o700, "tmp": 0o1777}


class Archive:
    """A newc archive in memory. Every file belongs to root and dates from 1970, so that nothing depends on the host."""

    def __init__(self):
        self.parts = []
        self.ino = 0
        self.names = set()

    def _pad(self, size):
        if size % 4:
            self.parts.append(b"\0" * (4 - size % 4))

    def _entry(self, name, mode, data=b"", nlink=1, rdev=(0, 0)):
        self.ino += 1
        raw = os.fsencode(name) + b"\0"
        fields = (self.ino, mode, 0, 0, nlink, 0, len(data), 0, 0, rdev[0], rdev[1], len(raw), 0)
        self.parts.append(b"070701" + b"".join(b"%08X" % f for f in fields) + raw)
        self._pad(110 + len(raw))
        self.parts.append(data)
        self._pad(len(data))

    def parents(self, name):
        """Make the directories above name that are not there yet."""
        up = os.path.dirname(name)
        if up and up not in self.names:
            self.directory(up)

    def directory(self, name, mode=None):
        name = name.strip("/")
        mode = DIRECTORIES.get(name, 0o755) if mode is None else mode
        if name and name not in self.names:
            self.parents(name)
            self.names.add(name)
            self._entry(name, stat.S_IFDIR | mode, nlink=2)

    def file(self, name, data, mode=0o644):
        name = name.strip("/")
        self.parents(name)
        self._entry(name, stat.S_IFREG | mode, data)

    def symlink(self, name, target):
        name = name.strip("/")
        self.parents(name)
        self._entry(name, stat.S_IFLNK | 0o777, os.fsencode(target))

    def device(self, name, kind, major, minor, mode=0o666):
        """A device node; kind is 'c' or 'b'."""
        name = name.strip("/")
        self.parents(name)
        self._entry(name, (stat.S_IFCHR if kind == "c" else stat.S_IFBLK) | mode, rdev=(major, minor))

    def tree(self, path, name):
        """Copy the file, symlink or directory `path` of the host, with its modes, to `name`."""
        info = os.lstat(path)
        if stat.S_ISLNK(info.st_mode):
            self.symlink(name, os.readlink(path))
        elif stat.S_ISDIR(info.st_mode):
            self.directory(name, stat.S_IMODE(info.st_mode))
            for entry in sorted(os.listdir(path)):
                self.tree(os.path.join(path, entry), os.path.join(name, entry))
        elif stat.S_ISREG(info.st_mode):
            with open(path, "rb") as source:
                self.file(name, source.read(), stat.S_IMODE(info.st_mode))
        else:
            raise OSError(f"{path}: neither a file nor a directory nor a symlink")

    def finish(self):
        """The archive's bytes, padded to 512 as cpio does."""
        self._entry(TRAILER, 0)
        data = b"".join(self.parts)
        return data + b"\0" * (-len(data) % 512)
