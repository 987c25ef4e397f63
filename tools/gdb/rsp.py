"""GDB's remote serial protocol: packets over a pair of file descriptors.

A packet is $PAYLOAD#CC, CC the sum of the payload's bytes; the receiver answers + or - unless both sides agreed to do
without (QStartNoAckMode). A bare 0x03 is Control-C. Whatever else comes is noise and is thrown away, so no input can
make a Channel fail: it ends with Closed, when the other side is gone, and in no other way.
"""
import os
import select

LIMIT = 1 << 20         # bytes; a packet that does not end by then is noise


class Closed(Exception):
    """The other side is gone."""


def checksum(payload):
    return b"%02x" % (sum(payload) & 0xff)


def number(text):
    """The value of hex digits, or None."""
    try:
        return int(text, 16)
    except ValueError:
        return None


def unhex(text):
    """The bytes that hex digits mean, or None."""
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return None


class Channel:
    """One end of a connection."""

    INTERRUPT = b"\x03"

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.acks = True
        self.last = b""         # the packet to repeat on a -
        self.buffer = b""

    def fileno(self):
        return self.source

    def write(self, data):
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.sink, view):]
            except OSError:
                raise Closed from None

    def send(self, payload):
        self.last = b"$" + payload + b"#" + checksum(payload)
        self.write(self.last)

    def fill(self):
        """Wait for more bytes."""
        try:
            data = os.read(self.source, 1 << 16)
        except OSError:
            data = b""
        if not data:
            raise Closed
        self.buffer += data

    def take(self):
        """The next complete unit in the buffer (a payload, or INTERRUPT), or None."""
        while self.buffer:
            first = self.buffer[:1]
            if first == b"$":
                end = self.buffer.find(b"#")
                if end < 0 or len(self.buffer) < end + 3:
                    if len(self.buffer) > LIMIT:
                        self.buffer = b""
                    return None
                payload, given = self.buffer[1:end], self.buffer[end + 1:end + 3]
                self.buffer = self.buffer[end + 3:]
                good = given.lower() == checksum(payload)
                if self.acks:
                    self.write(b"+" if good else b"-")
                if good:
                    return payload
                continue
            self.buffer = self.buffer[1:]
            if first == self.INTERRUPT:
                return first
            if first == b"-" and self.acks and self.last:
                self.write(self.last)
        return None

    def ready_now(self):
        """Could fill() go on without waiting?"""
        return bool(select.select([self.source], [], [], 0)[0])

    def receive(self):
        while (unit := self.take()) is None:
            self.fill()
        return unit
