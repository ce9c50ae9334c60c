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
LONGEST_KEY = 1.0  # seconds for the end of what a key does
# What arrows and other keys without a letter send.
SEQUENCE = re.compile(rb"\x1b(\[[0-9;?]*.?|O.?|.?)", re.DOTALL)


@contextmanager
def keys_to(press: Callable[[str], None], as_json: bool = False) -> Iterator[None]:
    """Passes each key to `press`, from a thread of its own, while the block runs.

    The terminal gives single keys meanwhile, and is as before afterwards. Ctrl-C works as always.
    """
    if sys.platform == "win32" or not has_keys(as_json):
        yield
        return
    keyboard = _Keyboard(sys.stdin.fileno(), press)
    before = {signal.SIGCONT: signal.signal(signal.SIGCONT, lambda *_: keyboard.take())}
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL:
        before[signal.SIGQUIT] = signal.signal(signal.SIGQUIT, keyboard.quit)
    try:
        keyboard.start()
        yield
    finally:
        try:
            keyboard.stop()
        except KeyboardInterrupt:  # the terminal is given back all the same
            keyboard.stop()
            raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def has_keys(as_json: bool = False) -> bool:
    """Whether someone can press a key and sees what it does: not in a pipe, not on Windows.

    JSON may go into a pipe: what keys show goes to standard error.
    """
    streams = [sys.stdin, sys.stderr, *([] if as_json else [sys.stdout])]
    return sys.platform != "win32" and all(one is not None and one.isatty() for one in streams)


if sys.platform != "win32":

    class _Keyboard:
        """A program in the background leaves the terminal alone: it belongs to the shell then."""

        def __init__(self, terminal: int, press: Callable[[str], None]) -> None:
            self._terminal, self._press = terminal, press
            self._before: list[Any] | None = None
            self._ended, end = os.pipe()
            self._end: int | None = end
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
            """It can be called again when it was interrupted."""
            self.give_back()
            if self._end is not None:
                end, self._end = self._end, None
                os.close(end)
            if self._thread.is_alive():
                self._thread.join(LONGEST_KEY)

        def give_back(self) -> None:
            if self._before is not None and self._is_in_front():
                with suppress(termios.error):  # the window was closed
                    termios.tcsetattr(self._terminal, termios.TCSANOW, self._before)

        def quit(self, number: int, _: object) -> None:
            """Ctrl-\\ ends the program at once, but not with the terminal as it is."""
            self.give_back()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

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
