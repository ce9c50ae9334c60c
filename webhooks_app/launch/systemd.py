"""What systemd wants to hear (sd_notify(3)): nothing under any other supervisor."""

import os
import socket
import time
from contextlib import suppress

SOCKET = "NOTIFY_SOCKET"
WATCHDOG = "WATCHDOG_USEC"
MARGIN = 5.0  # seconds


class Systemd:
    """The service manager of this process; its children do not talk to it."""

    def __init__(self) -> None:
        self._socket = os.environ.pop(SOCKET, "")
        self._every = int(os.environ.pop(WATCHDOG, "0")) / 1e6 / 3
        self._said_at = -self._every

    def ready(self) -> None:
        self._say("READY=1")

    def alive(self) -> None:
        """Call it often; it speaks when the watchdog waits for it."""
        if self._every and time.monotonic() - self._said_at > self._every:
            self._said_at = time.monotonic()
            self._say("WATCHDOG=1")

    def stopping(self, seconds: float) -> None:
        """Ask for that much time to stop, whatever TimeoutStopSec says."""
        self._say(f"STOPPING=1\nEXTEND_TIMEOUT_USEC={int((seconds + MARGIN) * 1e6)}")

    def _say(self, words: str) -> None:
        if self._socket:
            address = "\0" + self._socket[1:] if self._socket[0] == "@" else self._socket
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
                to.connect(address)
                to.sendall(words.encode())
