"""Granian's command, with two differences in a reload.

Granian stops an old process a fixed time (`--respawn-interval`) after it has started the new one.
On a busy machine that may need longer, and then nobody would listen. Here that time begins when the
new process has loaded the app.

If the new process ends before that time is over, because the new version is broken, granian would
stop the old one all the same. Here the old processes stay, and the log says so.

The parent process hands on what it has imported, outdated, after an upgrade. So this imports none
of our modules. Of ours, the parent has only the package's `__init__`, if it was started by `-m`.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any

from granian import cli
from granian.log import logger
from granian.server.mp import MPServer, WorkerProcess

LOOK_EVERY = 0.5
LAST_WORDS = 5.0  # seconds for a process that could not load the app to say why
LOADED = b"loaded"
GIVEN_UP = (
    "The reload was given up: the new worker-%s ended before it could serve. Its error is above."
    " The old processes continue. Mend the cause, or install the former version, and reload."
)

Loader = Callable[[], Any]


class Ended(Exception):
    """The new process has ended before the old one was to stop."""


class WebServer(MPServer):
    _replaces = False
    _both_serve = 0.0

    def _respawn_workers(
        self, workers: Iterable[int], *arguments: Any, delay: float = 0, **options: Any
    ) -> None:
        """One after another. At the first that ends too early, the rest keep their version."""
        self._replaces, self._both_serve = True, delay
        try:
            for index in workers:
                if self.interrupt_signal or not self._replace(index, *arguments, **options):
                    break
        finally:
            self._replaces = False

    def _replace(self, index: int, *arguments: Any, **options: Any) -> bool:
        """False if the old process stays."""
        before: list[Any] = list(self.wrks)
        try:
            super()._respawn_workers([index], *arguments, **options)
        except Ended:
            self.wrks[:] = before
            if before[index].is_alive():
                if not self.interrupt_signal:
                    logger.error(GIVEN_UP, index + 1)
                return False
            self._report(index)
        return True

    def _report(self, index: int) -> None:
        """To granian, as if it had watched the process: nobody serves in its place."""
        if index not in self.interrupt_children:
            self.interrupt_children.append(index)
        self.main_loop_interrupt.set()

    def _spawn_worker(  # type: ignore[override]
        self, idx: int, target: Any, callback_loader: Loader
    ) -> WorkerProcess:
        if not self._replaces:
            return super()._spawn_worker(idx, target, callback_loader)
        loaded, told = Pipe(duplex=False)
        worker = super()._spawn_worker(idx, target, partial(_load, callback_loader, told))
        watch = partial(self._watch_if_it_serves, worker, worker._watch, loaded, told)
        worker._watch = watch  # type: ignore[method-assign]
        return worker

    def _watch_if_it_serves(
        self,
        worker: Any,
        watch: Callable[[], None],
        loaded: Connection,
        told: Connection,
    ) -> None:
        """Called once it was started. Granian takes the end of a process that it watches as its own
        end, so it watches this one only when that may stop the server."""
        told.close()
        with loaded:
            while not loaded.poll(LOOK_EVERY):
                if self.interrupt_signal:
                    worker.kill()  # until it has loaded the app, it would ignore SIGTERM
                    raise Ended
            self._see_it_serve(worker, loaded)
        watch()

    def _see_it_serve(self, worker: Any, loaded: Connection) -> None:
        try:
            loaded.recv_bytes()
        except EOFError:
            worker.join(LAST_WORDS)
            worker.kill()
            raise Ended from None
        ends = monotonic() + self._both_serve
        while not self.interrupt_signal and (left := ends - monotonic()) > 0:
            worker.join(min(left, LOOK_EVERY))
            if not worker.is_alive():
                raise Ended


def _load(load: Loader, told: Connection) -> Any:
    with told:
        app = load()
        with suppress(BrokenPipeError):  # the server stops
            told.send_bytes(LOADED)
        return app


def main() -> None:
    cli.Server = WebServer  # type: ignore[attr-defined]
    cli.cli(auto_envvar_prefix="GRANIAN")


if __name__ == "__main__":
    main()
