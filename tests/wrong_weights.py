"""Files of weights that lie about themselves, for the tests of both kinds of network."""

import json
import os
import struct


class Hostile:
    """Leaves a file behind where somebody unpickles it."""

    def __reduce__(self):
        return (os.system, ("touch hostile-was-here",))


def rewrite(file, change):
    """Change what a file says about itself and keep its numbers."""
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    change(header)
    said = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(said)) + said + content[8 + length :])


def say(**changes):
    """Return a change of single parts of what a file says."""

    def change(header):
        about = json.loads(header["__metadata__"]["about"])
        header["__metadata__"]["about"] = json.dumps(about | changes)

    return change


def babble(text):
    """Return a change of all of it."""

    def change(header):
        header["__metadata__"]["about"] = text

    return change
