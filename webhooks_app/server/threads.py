"""Threads that Flask runs in."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

import structlog

Call = Callable[[], None]

log = structlog.get_logger(__name__)


class Threads:
    """A fixed number of threads.

    `ThreadPoolExecutor` makes two futures for each call. Measured, that takes longer than
    everything else between the socket and Flask.
    """

    def __init__(self, number: int) -> None:
        self._waiting: SimpleQueue[Call] = SimpleQueue()
        for index in range(number):
            threading.Thread(target=self._work, name=f"web-{index}", daemon=True).start()

    def run(self, call: Call) -> None:
        """Run in the next free thread."""
        self._waiting.put(call)

    def _work(self) -> None:
        while True:
            call = self._waiting.get()
            try:
                call()
            except Exception:
                log.exception("request failed")
            del call  # it holds a request, and the next one may come much later
