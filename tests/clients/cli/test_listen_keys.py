"""The keys of `listen` on a real terminal. They work beside the lines, and give it back."""

import fcntl
import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from hookline.cli.listen.keys import KEYS, Keys, details_of
from hookline.cli.listen.screen import Last, Screen
from hookline.cli.listen.session import Delivery
from hookline.cli.listen.target import Answer as Came
from hookline.cli.listen.terminal import has_keys, keys_to
from hookline.cli.state import State
from tests.clients.cli.conftest import Shell
from tests.clients.cli.test_listen import SOURCE, states
from tests.support.receiver import Answer, Received, Receiver
from tests.support.servers import PATIENCE, wait_until

LOCAL = 3  # the index of the local modes in what `tcgetattr` returns
SINGLE_KEYS = termios.ICANON | termios.ECHO


def _with_this_terminal() -> None:
    """Ctrl-C of the terminal reaches the command, as in a shell."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Typist:
    """Someone at a terminal in which `listen` runs."""

    def __init__(self, shell: Shell, *words: str, **environ: str) -> None:
        self._hand, self._terminal = pty.openpty()
        self.before = termios.tcgetattr(self._terminal)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hookline.cli", "listen", *words],
            env={**os.environ, **shell.environ, "PYTHONPATH": SOURCE, **environ},
            stdin=self._terminal,
            stdout=subprocess.DEVNULL if "--json" in words else self._terminal,  # as in a pipe
            stderr=self._terminal,
            start_new_session=True,
            preexec_fn=_with_this_terminal,
        )
        self._raw = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                got = os.read(self._hand, 4096)
            except OSError:
                return
            if not got:
                return
            self._raw += got.decode(errors="replace")

    @property
    def shown(self) -> str:
        """Without colours."""
        return re.sub(r"\x1b\[[\d;]*m", "", self._raw)

    def types(self, keys: str) -> None:
        os.write(self._hand, keys.encode())

    def sees(self, text: str) -> None:
        wait_until(lambda: text in self.shown)

    @property
    def mode(self) -> list[Any]:
        return termios.tcgetattr(self._terminal)

    def ends(self) -> int:
        return self.process.wait(PATIENCE)

    def leave(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._terminal)
        self._reader.join()
        os.close(self._hand)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def sit_down(shell: Shell, receiver: Receiver) -> Iterator[Callable[..., Typist]]:
    typists: list[Typist] = []

    def at(*words: str, **environ: str) -> Typist:
        typist = Typist(shell, receiver.url, *words, **environ)
        typists.append(typist)
        typist.sees("Press Ctrl-C to end. Press ? for the keys.")
        wait_until(lambda: not typist.mode[LOCAL] & SINGLE_KEYS)
        return typist

    yield at
    for one in typists:
        one.leave()


@pytest.mark.usefixtures("engine")
def test_keys_show_open_and_repeat_the_last_delivery(
    shell: Shell, receiver: Receiver, sit_down: Callable[..., Typist], tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    opened = tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new && mv {opened}.new {opened}')
    browser.chmod(0o755)
    typist = sit_down(BROWSER=str(browser))
    typist.types("dro")
    wait_until(lambda: typist.shown.count("Nothing has arrived yet.") == 3)

    shell.ok("send", "lead.captured", "-d", "name=Ada")
    typist.sees("  200  ")
    [first] = receiver.delivery_ids
    typist.types("x\x1bOr?")  # an unknown key, and the 2 of a keypad, are no reason to send
    for key, about in KEYS.items():
        typist.sees(f"{key}  {about}")
    typist.types("d")
    typist.sees(f"{first}, lead.captured, try 1\r\nPOST {receiver.url}\r\n")
    typist.sees('"name": "Ada"')
    typist.sees(f"webhook-id: {first}")
    wait_until(lambda: typist.shown.endswith("ok\r\n"))
    assert re.search(r"\n200 after \d+ ms\r\n", typist.shown)
    assert len(receiver.received) == 1

    typist.types("r")
    wait_until(lambda: len(receiver.received) == 2)
    again = receiver.delivery_ids[1]
    assert again != first
    bodies = [json.loads(one.body)["data"] for one in receiver.received]
    assert bodies == [{"name": "Ada"}] * 2
    wait_until(lambda: again in typist.shown)
    typist.types("o")
    wait_until(opened.exists)
    place = f"{shell.product.url}/o/{shell.organisation_id}/test/deliveries/{again}"
    assert opened.read_text() == f"{place}\n"

    typist.types("q")
    assert typist.ends() == 0
    typist.sees("Ended. 2 delivered, 0 failed.\r\n")
    assert typist.mode == typist.before
    assert "Traceback" not in typist.shown
    assert not re.search(r"[^\r]\n", typist.shown)  # each line starts at the left
    assert shell.json("listeners", "list") == []


@pytest.mark.usefixtures("engine")
def test_ending_says_what_it_waits_for_and_another_q_cuts_nothing_short(
    shell: Shell, receiver: Receiver, sit_down: Callable[..., Typist]
) -> None:
    release = threading.Event()

    def wait(request: Received) -> Answer:
        release.wait(60)
        return Answer()

    receiver.answer = wait
    try:
        typist = sit_down("--timeout", "60")
        shell.ok("send", "lead.captured", "-d", "name=Ada")
        wait_until(lambda: receiver.received)
        typist.types("qq")
        typist.sees("Finishing a delivery. Press Ctrl-C to leave it.\r\n")
        typist.types("q")
        typist.process.terminate()
    finally:
        release.set()
    assert typist.ends() == 0
    typist.sees("Ended. 1 delivered, 0 failed.\r\n")
    assert states(shell) == [("delivered", 1)]
    assert typist.mode == typist.before


def _by_ctrl_c(typist: Typist, shell: Shell) -> None:
    typist.types("\x03")


def _by_sigterm(typist: Typist, shell: Shell) -> None:
    typist.process.terminate()


def _by_quitting(typist: Typist, shell: Shell) -> None:
    typist.types("\x1c")


def _by_the_server(typist: Typist, shell: Shell) -> None:
    [listener] = shell.json("listeners", "list")
    shell.ok("webhooks", "delete", listener["id"], "--yes")


@pytest.mark.parametrize(
    ("end", "words", "code"),
    [
        (_by_ctrl_c, (), 0),
        (_by_sigterm, ("--json",), 0),
        (_by_quitting, (), -signal.SIGQUIT),
        (_by_the_server, (), 1),
    ],
)
def test_the_terminal_is_as_before_however_it_ends(
    shell: Shell,
    sit_down: Callable[..., Typist],
    end: Callable[..., None],
    words: tuple[str, ...],
    code: int,
) -> None:
    typist = sit_down(*words)
    end(typist, shell)
    assert typist.ends() == code
    assert typist.mode == typist.before


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Both ends of one, which is the standard input of this process. It shows what is printed."""
    hand, terminal = pty.openpty()
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    with open(terminal, closefd=False) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield hand, terminal
    os.close(hand)
    os.close(terminal)


@pytest.mark.quick
def test_an_error_gives_the_terminal_back(terminal: tuple[int, int]) -> None:
    hand, own = terminal
    before = termios.tcgetattr(own)
    pressed: list[str] = []

    def work() -> None:
        assert not termios.tcgetattr(own)[LOCAL] & SINGLE_KEYS
        os.write(hand, "aé".encode())
        wait_until(lambda: pressed == ["a", "é"])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), keys_to(pressed.append):
        work()
    assert termios.tcgetattr(own) == before
    os.write(hand, b"b\n")
    assert os.read(own, 9) == b"b\n"  # nobody else reads it any more


@pytest.mark.quick
def test_after_a_pause_of_the_shell_keys_work_again(terminal: tuple[int, int]) -> None:
    hand, own = terminal
    before = termios.tcgetattr(own)
    pressed: list[str] = []
    with keys_to(pressed.append):
        termios.tcsetattr(own, termios.TCSANOW, before)  # Ctrl-Z: the shell has its own mode
        signal.raise_signal(signal.SIGCONT)
        os.write(hand, b"r")
        wait_until(lambda: pressed == ["r"])
    assert termios.tcgetattr(own) == before


@pytest.mark.quick
def test_in_the_background_the_terminal_is_left_to_the_shell(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, own = terminal
    before = termios.tcgetattr(own)
    monkeypatch.setattr("hookline.cli.listen.terminal.os.tcgetpgrp", lambda _: 1)
    pressed: list[str] = []
    with keys_to(pressed.append):
        assert termios.tcgetattr(own) == before
        os.write(hand, b"b\n")
        assert os.read(own, 9) == b"b\n"
    assert pressed == []


@pytest.mark.quick
def test_without_a_terminal_nothing_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "typed").open("w+") as stdin:
        stdin.write("q")
        stdin.seek(0)
        monkeypatch.setattr(sys, "stdin", stdin)
        assert not has_keys()
        pressed: list[str] = []
        with keys_to(pressed.append):
            pass
        assert pressed == []
        assert stdin.read() == "q"


@pytest.mark.quick
@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    ("piped", "as_json", "has"),
    [
        ("stdout", False, False),
        ("stdout", True, True),
        ("stderr", False, False),
        ("stderr", True, False),
    ],
)
def test_keys_need_a_terminal_that_shows_what_they_do(
    monkeypatch: pytest.MonkeyPatch, piped: str, as_json: bool, has: bool
) -> None:
    assert has_keys(as_json)
    monkeypatch.setattr(getattr(sys, piped), "isatty", lambda: False)
    assert has_keys(as_json) is has


@pytest.mark.quick
def test_an_interrupt_while_the_terminal_is_given_back_does_not_keep_it(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, own = terminal
    before, give_back = termios.tcgetattr(own), termios.tcsetattr
    interrupts = [KeyboardInterrupt()]

    def interrupted(*arguments: Any) -> None:
        if interrupts:
            raise interrupts.pop()
        give_back(*arguments)

    pressed: list[str] = []
    with pytest.raises(KeyboardInterrupt), keys_to(pressed.append):
        monkeypatch.setattr(termios, "tcsetattr", interrupted)
    assert termios.tcgetattr(own) == before


def _last(body: bytes, came: bytes = b"") -> Last:
    delivery = Delivery("msg_1", 1, 0, "lead.captured", {}, body, 15)
    return Last(delivery, Came(1, 200, body=came, url="http://localhost/"))


@pytest.mark.quick
def test_what_was_sent_is_shown_with_each_number_and_text_as_it_was() -> None:
    body = rb'{"a":1.10,"b":[],"c":[1e400,{"d":"\u00e9, {\"x\": 12345678901234567.0}"}],"e":{}}'
    assert (
        rb"""
{
  "a": 1.10,
  "b": [],
  "c": [
    1e400,
    {
      "d": "\u00e9, {\"x\": 12345678901234567.0}"
    }
  ],
  "e": {}
}
""".decode()
        in details_of(_last(body))
    )


@pytest.mark.quick
def test_no_answer_and_no_fault_stops_the_keys(capsys: pytest.CaptureFixture[str]) -> None:
    deep = b"[" * 8000 + b"]" * 8000
    screen = Screen()
    keys = Keys(cast(State, None), screen, "")
    screen.last = _last(b"{}", deep)
    keys.press("d")
    assert "[[[[[" in capsys.readouterr().err.replace("\n", "").replace(" ", "")
    screen.last = cast(Last, object())
    keys.press("d")
    assert "The key d failed: AttributeError" in capsys.readouterr().err
    keys.press("?")
    assert "end, as Ctrl-C does" in capsys.readouterr().err
