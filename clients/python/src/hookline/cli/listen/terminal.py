"""Single keys of the terminal, read beside what is printed. Windows does without."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

if sys.platform != "win32":
    import termios
    import tty

BACKGROUND_LOOK = 0.5
# What arrows and other keys without a letter send.
SEQUENCE = re.compile(rb"\x1b(\[[0-9;?]*.?|O.?|.?)", re.DOTALL)


@contextmanager
def keys_to(press: Callable[[str], None]) -> Iterator[None]:
    """Passes each key to `press`, from a thread of its own, while the block runs.

    The terminal gives single keys meanwhile, and is as before afterwards. Ctrl-C works as always.
    """
    if sys.platform == "win32" or not has_keys():
        yield
        return
    keyboard = _Keyboard(sys.stdin.fileno(), press)
    before = signal.signal(signal.SIGCONT, lambda *_: keyboard.take())
    try:
        keyboard.start()
        yield
    finally:
        keyboard.stop()
        signal.signal(signal.SIGCONT, before)


def has_keys() -> bool:
    """Whether someone can press a key: not in a pipe, and not on Windows."""
    return sys.platform != "win32" and sys.stdin is not None and sys.stdin.isatty()


if sys.platform != "win32":

    class _Keyboard:
        """A program in the background leaves the terminal alone: it belongs to the shell then."""

        def __init__(self, terminal: int, press: Callable[[str], None]) -> None:
            self._terminal, self._press = terminal, press
            self._before: list[Any] | None = None
            self._ended, self._end = os.pipe()
            self._thread = threading.Thread(target=self._read, daemon=True)

        def start(self) -> None:
            self.take()
            self._thread.start()

        def take(self) -> None:
            """Single keys without echo; again when the shell brings the program to the front."""
            if not self._is_in_front():
                return
            mode = termios.tcgetattr(self._terminal)
            if self._before is None or mode[3] & termios.ICANON:
                self._before = mode
            tty.setcbreak(self._terminal, termios.TCSANOW)

        def stop(self) -> None:
            if self._before is not None and self._is_in_front():
                with suppress(termios.error):  # the window was closed
                    termios.tcsetattr(self._terminal, termios.TCSANOW, self._before)
            os.close(self._end)

        def _is_in_front(self) -> bool:
            try:
                return os.tcgetpgrp(self._terminal) == os.getpgrp()
            except OSError:  # nobody controls jobs there
                return True

        def _read(self) -> None:
            """A read in the background fails here. It would stop the whole program otherwise."""
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN})
            while True:
                in_front = self._is_in_front()
                sources = [self._ended, self._terminal] if in_front else [self._ended]
                ready, _, _ = select.select(sources, [], [], None if in_front else BACKGROUND_LOOK)
                if self._ended in ready:
                    os.close(self._ended)
                    return
                if ready and self._is_in_front() and not self._pass_on():
                    return

        def _pass_on(self) -> bool:
            """False when the terminal is no longer there."""
            try:
                typed = os.read(self._terminal, 64)
            except OSError:
                return not self._is_in_front()
            for key in SEQUENCE.sub(b"", typed).decode(errors="ignore"):
                self._press(key)
            return bool(typed)
