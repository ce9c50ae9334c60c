"""A small TCP proxy whose connections a test cuts."""

import socket
import threading
from contextlib import suppress


class Proxy:
    """Passes bytes on to a local port.

    `cut()` closes every connection and accepts none that live. With `lose_answers` requests arrive
    and their answers do not.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self.lose_answers = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        self.cut()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self._is_cut = True
        with self._lock:
            for one in self._open:
                _close(one)
            self._open.clear()

    def restore(self) -> None:
        self._is_cut = self.lose_answers = False

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._is_cut:
                    _close(client)
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                with self._lock:
                    self._open |= {client, server}
                for come, go, is_answer in ((client, server, False), (server, client, True)):
                    args = (come, go, is_answer)
                    threading.Thread(target=self._pass_on, args=args, daemon=True).start()

    def _pass_on(self, come: socket.socket, go: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while content := come.recv(65536):
                if is_answer and self.lose_answers:
                    break
                go.sendall(content)
        _close(come)
        _close(go)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
