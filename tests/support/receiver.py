"""A real HTTP receiver in a thread, which answers as a test wants and keeps everything it got."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.servers import PATIENCE


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def delivery_id(self) -> str:
        return self.headers["webhook-id"]


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay: float = 0.0


def once(told: threading.Event, status: int = 200) -> Callable[[Received], Answer]:
    """Answer only when the test says so."""

    def answer(_request: Received) -> Answer:
        assert told.wait(PATIENCE)
        return Answer(status)

    return answer


class Receiver:
    """`answer` decides each answer; `with Receiver() as receiver:` serves it on loopback."""

    def __init__(
        self,
        answer: Callable[[Received], Answer] | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self.answer = answer or (lambda request: Answer())
        self.received: list[Received] = []
        self._server = _Server((host, port), self._handler())
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def delivery_ids(self) -> list[str]:
        return [request.delivery_id for request in list(self.received)]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Received(self.path, headers, body, time.time())
                receiver.received.append(request)
                answer = receiver.answer(request)
                time.sleep(answer.delay)
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except ConnectionError:
                    pass

            def log_message(self, *args: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    block_on_close = False
