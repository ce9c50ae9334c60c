"""What the keys do while `listen` runs. They are about the delivery that was printed last."""

from __future__ import annotations

import json
import re
import signal
import threading
import webbrowser
from collections.abc import Callable, Mapping

from hookline.cli.command import failed
from hookline.cli.listen.screen import Last, Screen
from hookline.cli.state import State, part
from hookline.errors import HooklineError

KEYS = {
    "r": "send the last delivery again",
    "d": "show its request and its answer",
    "o": "open it in the browser",
    "?": "show these keys",
    "q": "end, as Ctrl-C does",
}
MOST_SHOWN = 20_000
MOST_INDENT = 40
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class Keys:
    """`dashboard` is the address of the pages of the key's organisation and mode."""

    def __init__(self, state: State, screen: Screen, dashboard: str) -> None:
        self._state, self._screen, self._dashboard = state, screen, dashboard
        self._about_last: Mapping[str, Callable[[Last], None]] = {
            "r": self._send_again,
            "d": self._show,
            "o": self._open,
        }

    def press(self, key: str) -> None:
        """Other keys do nothing. Whatever one does, the next one works."""
        try:
            self._do(key.lower())
        except Exception as error:
            self._screen.show(f"The key {key} failed: {error!r}", is_bad=True)

    def _do(self, key: str) -> None:
        match key:
            case "q":
                end()
            case "?" | "h":
                self._screen.show("\n".join(f"{one}  {about}" for one, about in KEYS.items()))
            case one if one in self._about_last:
                if self._screen.last is None:
                    self._screen.show("Nothing has arrived yet.")
                else:
                    self._about_last[one](self._screen.last)

    def _send_again(self, last: Last) -> None:
        _beside(self._replay, last.delivery.delivery_id)

    def _replay(self, delivery_id: str) -> None:
        try:
            self._state.ask("POST", f"/deliveries/{part(delivery_id)}/replay")
        except HooklineError as error:
            why = failed(error).message
            self._screen.show(f"{delivery_id} was not sent again. {why}", is_bad=True)

    def _show(self, last: Last) -> None:
        self._screen.show(details_of(last))

    def _open(self, last: Last) -> None:
        address = f"{self._dashboard}/deliveries/{part(last.delivery.delivery_id)}"
        self._screen.show(address)
        _beside(webbrowser.open, address)


def _beside(work: Callable[[str], object], about: str) -> None:
    """The other keys work while a server or a browser is slow."""
    threading.Thread(target=work, args=(about,), daemon=True).start()


def end() -> None:
    """As Ctrl-C does, also where it is ignored. The signal ends what the main thread waits for."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGTERM)


def details_of(last: Last) -> str:
    """The request and the answer, as they were sent."""
    delivery, answer = last.delivery, last.answer
    request = [f"{name}: {value}" for name, value in delivery.headers.items()]
    if answer.status is None:
        came = [answer.error]
    else:
        more = f": {answer.error}" if answer.error else ""
        head = f"{answer.status} after {answer.milliseconds:.0f} ms{more}"
        came = [head, *(f"{name}: {value}" for name, value in answer.headers)]
    cut = " (cut off)" if answer.truncated else ""
    return "\n".join(
        [
            f"{delivery.delivery_id}, {delivery.event_type}, try {delivery.number}",
            f"POST {answer.url}",
            *request,
            "",
            _text(delivery.body),
            "",
            *came,
            *(["", _text(answer.body) + cut] if answer.body else []),
        ]
    )


def _text(body: bytes) -> str:
    """JSON with an indent, other text as it is."""
    text = body.decode(errors="replace")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        pass
    else:
        text = _indented(text)
    more = len(text) - MOST_SHOWN
    return text if more <= 0 else f"{text[:MOST_SHOWN]}\n… and {more:,} more characters"


def _indented(text: str) -> str:
    """Only the space between is changed: numbers and strings stay as they were sent."""
    found: list[str] = []
    depth, before = 0, ":"
    for one in TOKEN.findall(text):
        opens, closes = one in ("{", "["), one in ("}", "]")
        depth -= closes
        is_empty = closes and before in ("{", "[")
        if not is_empty and (closes or before in ("{", "[", ",")):
            found.append("\n" + "  " * min(depth, MOST_INDENT))
        found.append(": " if one == ":" else one)
        depth += opens
        before = one
    return "".join(found)
