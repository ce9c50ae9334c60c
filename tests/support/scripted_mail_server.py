"""A mail server that says what a test tells it to, and keeps what it was sent."""

import socket
import threading
from contextlib import suppress

Step = tuple[bytes, str]  # it answers once what it was sent ends with this
PIPELINING: Step = (b"\r\n", "250-mail.example.com\r\n250 PIPELINING\r\n")
PLAIN: Step = (b"\r\n", "250 mail.example.com\r\n")


class ScriptedMailServer:
    """It takes one connection and closes it after the last step."""

    def __init__(self, *steps: Step) -> None:
        self.sent: list[bytes] = []
        self._steps = steps
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "ScriptedMailServer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        self._listener.settimeout(20)
        with suppress(OSError), self._listener.accept()[0] as connection:
            connection.settimeout(20)
            connection.sendall(b"220 mail.example.com\r\n")
            for wanted, answer in self._steps:
                self.sent.append(b"")
                while not self.sent[-1].endswith(wanted) and (more := connection.recv(65536)):
                    self.sent[-1] += more
                connection.sendall(answer.encode())
