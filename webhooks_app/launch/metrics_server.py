"""`worker.py --metrics-port`: metrics and a probe of workers, which have no web server."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from webhooks_app.lib.metrics import exposition
from webhooks_app.lib.starting import CannotStart

TEXT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metrics:
    """The folder that the processes of this host write to, and where it is served, if at all."""

    folder: Path
    host: str
    port: int | None


def serve(metrics: Metrics, is_up: Callable[[], bool]) -> None:
    """Serve /metrics and /healthz in threads, until this process ends. Raises `CannotStart`."""
    if metrics.port is None:
        return

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, exposition(folder=metrics.folder))
            elif self.path == "/healthz":
                up = is_up()
                self._answer(200 if up else 503, b"ok\n" if up else b"a part is down\n")
            else:
                self._answer(404, b"There are /metrics and /healthz.\n")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", TEXT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Do not log probes."""

    try:
        server = ThreadingHTTPServer((metrics.host, metrics.port), Handler)
    except OSError as error:
        raise CannotStart(
            f"--metrics-port: cannot listen on {metrics.host} port {metrics.port}: {error}"
        ) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
