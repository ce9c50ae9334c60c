"""`hookline listen` as a real process: killed, cut off, stopped, and nothing is lost."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

import hookline
from hookline.receive import verify
from tests.clients.cli.conftest import Shell
from tests.support.proxy import Proxy
from tests.support.receiver import Answer, Received, Receiver, once
from tests.support.servers import PATIENCE, free_port, wait_until
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.listeners import ending
from webhooks_app.models import Attempt, Delivery
from webhooks_app.operations.integrity_check import audit

SOURCE = str(Path(hookline.__file__).parents[1])
on_both_databases = pytest.mark.parametrize(
    "product", ["sqlite", "postgresql"], indirect=True, scope="module"
)


def _as_in_a_terminal() -> None:
    """Ctrl-C works there, also if it does not for whoever runs the tests."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """The command in a process of its own, and what it has printed."""

    def __init__(self, shell: Shell, *words: str, url: str = "") -> None:
        environ = {
            **os.environ,
            **shell.environ,
            "PYTHONPATH": SOURCE,
            **({"HOOKLINE_URL": url} if url else {}),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hookline.cli", "listen", *words],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_as_in_a_terminal,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [
            threading.Thread(target=_read, args=(stream, lines), daemon=True)
            for stream, lines in (
                (self.process.stdout, self.out),
                (self.process.stderr, self.err),
            )
        ]
        for one in self._readers:
            one.start()

    def says(self, text: str, seconds: float = 30) -> None:
        wait_until(lambda: any(text in line for line in [*self.out, *self.err]), seconds)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(PATIENCE)
        for one in self._readers:
            one.join()
        return code


def _read(stream: Any, lines: list[str]) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def open_terminal(shell: Shell) -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def open_one(*words: str, **more: str) -> Terminal:
        terminal = Terminal(shell, *words, **more)
        terminals.append(terminal)
        terminal.says("Press Ctrl-C to end.")
        return terminal

    yield open_one
    for one in terminals:
        one.process.kill()
        one.process.wait()


def states(shell: Shell) -> list[tuple[str, int]]:
    """Of all its deliveries, oldest first: the state and how many tries."""
    with shell.product.app.app_context():
        rows = db.session.execute(
            select(Delivery.status, Delivery.tries)
            .where(Delivery.in_organisation(shell.organisation_id))
            .order_by(Delivery.id)
        ).all()
        db.session.remove()
        return [(row.status, row.tries) for row in rows]


def outcomes(shell: Shell) -> Counter[str]:
    with shell.product.app.app_context():
        rows = db.session.scalars(
            select(Attempt.outcome)
            .join(Delivery, Delivery.id == Attempt.delivery_id)
            .where(Delivery.in_organisation(shell.organisation_id))
        ).all()
        assert audit(db.engine, 90).ok
        db.session.remove()
        return Counter(rows)


def test_a_signed_request_arrives_at_once_and_ctrl_c_ends_it(
    shell: Shell, receiver: Receiver, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal(receiver.url, "--events", "lead.*,task.created")
    said = "\n".join(terminal.err)
    assert "Listening to lead.*, task.created of Acme, test mode." in said
    shell.ok("send", "lead.captured", "-d", "name=Ada")
    shell.ok("send", "customer.created")
    wait_until(lambda: len(receiver.received) == 1)
    [got] = receiver.received
    secret = said.partition("signed with ")[2].split()[0]
    assert verify(secret, got.headers, got.body).data == {"name": "Ada"}
    terminal.says("lead.captured")
    [line] = terminal.out
    assert got.delivery_id in line
    assert "  200  " in line
    assert line.endswith(" ms")
    assert [one["url"] for one in shell.json("listeners", "list")] == [receiver.url]
    assert terminal.end() == 0
    assert terminal.err[-1] == "Ended. 1 delivered, 0 failed."
    assert shell.json("listeners", "list") == []
    assert states(shell) == [("delivered", 1)]


def test_event_types_go_to_different_places(
    shell: Shell, receiver: Receiver, open_terminal: Callable[..., Terminal]
) -> None:
    with Receiver() as other:
        maps = (
            *("--map", f"lead.captured={receiver.url}/leads"),
            *("--map", f"task.created={other.url}"),
        )
        chosen = (receiver.url, "--events", "lead.updated")
        terminal = open_terminal(*chosen, *maps, "--count", "3")
        shell.ok("trigger", "lead.captured", "customer.created", "task.created", "lead.updated")
        assert terminal.ended() == 0
        leads = {json.loads(one.body)["type"]: one.path for one in receiver.received}
        assert leads == {"lead.captured": "/hook/leads", "lead.updated": "/hook"}
        assert [json.loads(one.body)["type"] for one in other.received] == ["task.created"]
    said = "\n".join(terminal.err)
    assert "Listening to lead.updated, lead.captured, task.created of Acme" in said
    assert f"lead.captured goes to {receiver.url}/leads" in said
    assert sum(f"→ {receiver.url}/leads" in line for line in terminal.out) == 1


@on_both_databases
def test_killed_in_the_middle_of_a_delivery_it_loses_nothing(
    shell: Shell, open_terminal: Callable[..., Terminal]
) -> None:
    told = threading.Event()
    with Receiver(once(told)) as receiver:
        first = open_terminal(receiver.url, "--concurrency", "2")
        shell.ok("trigger", "lead.captured", "--times", "6")
        wait_until(lambda: len(receiver.received) == 2)
        first.process.kill()
        first.process.wait()
        told.set()
        receiver.answer = lambda _: Answer()
        again = open_terminal(receiver.url)
        assert any("It continues where it stopped." in line for line in again.err)
        wait_until(lambda: [one for one, _ in states(shell)] == ["delivered"] * 6)
        assert len(set(receiver.delivery_ids)) == 6
        in_hand = len(receiver.received) - 6
        assert in_hand == 2, again.out
        assert outcomes(shell)["succeeded"] == 6
        assert again.end(signal.SIGTERM) == 0


@on_both_databases
def test_behind_a_connection_that_is_cut_it_comes_back_by_itself(
    shell: Shell, receiver: Receiver, open_terminal: Callable[..., Terminal]
) -> None:
    with Proxy(urlsplit(shell.product.url).port or 0) as proxy:
        terminal = open_terminal(receiver.url, url=proxy.url)
        proxy.cut()
        terminal.says("Hookline does not answer")
        shell.ok("send", "lead.captured")
        proxy.restore()
        terminal.says("Connected again")
        wait_until(lambda: [state for state, _ in states(shell)] == ["delivered"])
        assert len(receiver.received) == 1

        proxy.lose_answers = True
        shell.ok("send", "lead.captured")
        wait_until(lambda: states(shell)[1][0] == "sending")
        proxy.cut()
        proxy.restore()
        wait_until(lambda: [state for state, _ in states(shell)] == ["delivered"] * 2)
        assert len(receiver.received) == 2
        first, second = (tries for _, tries in states(shell))
        assert second > 1
        assert outcomes(shell) == {"succeeded": 2, "lost": first + second - 2}
        assert terminal.end() == 0


def test_a_result_that_was_on_its_way_is_reported_again(
    shell: Shell, open_terminal: Callable[..., Terminal]
) -> None:
    proxy = Proxy(urlsplit(shell.product.url).port or 0)

    def cut(_: Received) -> Answer:
        proxy.cut()
        return Answer()

    with proxy, Receiver(cut) as receiver:
        terminal = open_terminal(receiver.url, url=proxy.url)
        shell.ok("send", "lead.captured")
        wait_until(lambda: len(receiver.received) == 1)
        terminal.says("lead.captured")
        assert states(shell) == [("sending", 1)]
        proxy.restore()
        wait_until(lambda: states(shell) == [("delivered", 1)])
        assert len(receiver.received) == 1
        assert terminal.end() == 0


def test_after_a_long_absence_it_starts_again(
    shell: Shell, receiver: Receiver, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal(receiver.url)
    with shell.product.app.app_context():
        ending.end_left(db.session(), utcnow() + timedelta(days=1))
        db.session.remove()
    terminal.says("The listener had ended while this computer was away.")
    shell.ok("send", "lead.captured")
    wait_until(lambda: len(receiver.received) == 1)
    assert terminal.end() == 0


def test_someone_stops_it_in_the_dashboard(
    shell: Shell, receiver: Receiver, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal(receiver.url)
    [listener] = shell.json("listeners", "list")
    shell.ok("webhooks", "delete", listener["id"], "--yes")
    assert terminal.ended() == 1
    assert "Error: Someone deleted this listener in the dashboard." in terminal.err


def test_another_terminal_takes_it_over(
    shell: Shell, receiver: Receiver, open_terminal: Callable[..., Terminal]
) -> None:
    first = open_terminal(receiver.url)
    second = open_terminal(receiver.url, "--count", "2", "--json")
    assert first.ended() == 1
    assert "Error: Another computer or terminal has taken this listener over." in first.err
    shell.ok("trigger", "lead.captured", "task.created", "lead.captured")
    assert second.ended() == 0
    lines = [json.loads(line) for line in second.out]
    assert [one["status_code"] for one in lines] == [200, 200]
    assert shell.json("listeners", "list") == []
    assert Counter(state for state, _ in states(shell)) == {"delivered": 2, "cancelled": 1}


def test_a_local_server_that_is_down_is_tried_again(
    shell: Shell, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal(str(free_port()))
    shell.ok("send", "lead.captured")
    terminal.says("Could not connect: connection refused")
    terminal.says("is tried again in 1")
    assert states(shell) == [("retrying", 1)]
    assert terminal.end() == 0
