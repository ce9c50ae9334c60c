"""Granian's command, with one difference: a reload waits until the new process has loaded the app.

Granian stops an old process a fixed time (`--respawn-interval`) after it has started the new one.
On a busy machine that may need longer, and then nobody would listen. Here that time begins when the
new process has loaded the app.

This imports nothing of ours: the parent process would hand it on, outdated, after an upgrade.
"""

from collections.abc import Callable
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from granian import cli
from granian.server.mp import MPServer, WorkerProcess

LOOK_EVERY = 0.5

Loader = Callable[[], Any]


class WebServer(MPServer):
    _replaces = False

    def _respawn_workers(self, *arguments: Any, **options: Any) -> None:
        self._replaces = True
        super()._respawn_workers(*arguments, **options)
        self._replaces = False

    def _spawn_worker(  # type: ignore[override]
        self, idx: int, target: Any, callback_loader: Loader
    ) -> WorkerProcess:
        if not self._replaces:
            return super()._spawn_worker(idx, target, callback_loader)
        loaded, told = Pipe(duplex=False)
        worker = super()._spawn_worker(idx, target, partial(_load, callback_loader, told))
        start = partial(self._start, worker.start, loaded, told)
        worker.start = start  # type: ignore[method-assign]
        return worker

    def _start(self, start: Callable[[], None], loaded: Connection, told: Connection) -> None:
        """Start it, and wait until it has loaded the app, or has died: both close `told`."""
        start()
        told.close()
        with loaded:
            while not (self.interrupt_signal or loaded.poll(LOOK_EVERY)):
                pass


def _load(load: Loader, told: Connection) -> Any:
    with told:
        return load()


def main() -> None:
    cli.Server = WebServer  # type: ignore[attr-defined]
    cli.cli(auto_envvar_prefix="GRANIAN")


if __name__ == "__main__":
    main()
