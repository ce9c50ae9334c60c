"""The TCP sockets of this process, which granian does not show."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress

OPEN_FILES = "/dev/fd"


def tcp_sockets() -> Iterator[socket.socket]:
    """A handle of our own of each, for whoever iterates to close.

    What is no socket is left alone: SQLite's locks end when any copy of its file is closed.
    """
    with suppress(OSError):
        for name in os.listdir(OPEN_FILES):  # noqa: PTH208
            with suppress(OSError):
                if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                    continue
                one = socket.socket(fileno=os.dup(int(name)))
                if one.family in (socket.AF_INET, socket.AF_INET6):
                    yield one
                else:
                    one.close()
