"""A channel that the product does not know: it writes deliveries to a file.

All of it is in this module. The engine sends with it, retries, logs, counts and switches off.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text

from tests import factories
from tests.support.engine import Run, attempts, make_due, running, settle
from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed, SubscriptionRow, Tried
from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.retry_policy import RetryPolicy, parse_policy
from webhooks_app.engine.engine import Engine
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation, Subscription
from webhooks_app.operations.integrity_check import audit
from webhooks_app.vocabulary import Failure


@dataclass
class FileEndpoint:
    path: Path
    policy: RetryPolicy
    window: ConcurrencyWindow = field(default_factory=ConcurrencyWindow)

    async def attempt(self, claimed: Claimed) -> Tried:
        started_at = utcnow()
        failure, error, gone = None, None, False
        try:
            await asyncio.to_thread(self._write, claimed)
        except OSError as exception:
            failure, error = Failure.NETWORK, f"Not written: {exception.strerror}"
            gone = isinstance(exception, IsADirectoryError)
        outcome = Outcome(failure, error, started_at, 0.001, gone=gone)
        return Tried(str(self.path), outcome, {"Key": "secret"}, frozenset(["key"]))

    def _write(self, claimed: Claimed) -> None:
        with self.path.open("a") as file:
            file.write(f"{claimed.delivery_id} {claimed.data}\n")


class FileChannel:
    """The row's URL is the path."""

    opened = False

    async def __aenter__(self) -> Self:
        self.opened = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.opened = False

    def open(self, _: SubscriptionRow, spec: Subscription) -> FileEndpoint:
        assert self.opened
        return FileEndpoint(Path(spec.url), parse_policy(spec.retry_policy))


@pytest.fixture
def any_channel(app: Flask) -> Iterator[None]:
    """Make the databases accept a third channel besides the product's two."""
    constraint = "ck_subscriptions_channel"
    if db.engine.dialect.name == "sqlite":
        event.listen(db.engine, "begin", _ignore_checks)
        yield
        return
    with db.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE subscriptions DROP CONSTRAINT {constraint}"))
    yield
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM subscriptions WHERE channel = 'file'"))
        check = f"ADD CONSTRAINT {constraint} CHECK (channel IN ('webhook', 'email'))"
        connection.execute(text(f"ALTER TABLE subscriptions {check}"))


def _ignore_checks(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")


@pytest.fixture
def engine(app: Flask, any_channel: None) -> Iterator[Engine]:
    parts = engine_parts(app)
    parts = replace(parts, channels={**parts.channels, "file": FileChannel()}, read=lambda row: row)
    with running(parts) as engine:
        yield engine


def to_file(organisation: Organisation, path: Path, **more: object) -> Subscription:
    return factories.webhook(organisation, str(path), channel="file", **more)


def test_it_delivers_and_logs(organisation: Organisation, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "deliveries"
    to_file(organisation, path)
    factories.accepted(organisation, *[factories.lead() for _ in range(20)])
    rows = run()
    assert {row.status for row in rows} == {"delivered"}
    written = [line.split(" ", 1)[0] for line in path.read_text().splitlines()]
    assert sorted(written) == [row.id for row in rows]
    [attempt, *_] = attempts()
    assert (attempt.url, attempt.outcome, attempt.status_code) == (
        str(path),
        "succeeded",
        None,
    )
    assert attempt.request_headers == '{"Key":"••••••"}'
    assert audit(db.engine, 90).ok


def test_it_retries_by_the_policy_and_gives_up(
    organisation: Organisation, run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "there later"
    to_file(organisation, folder / "deliveries", retry_policy={"delays": [5, 5]})
    factories.accepted(organisation)
    [delivery] = run()
    assert (delivery.status, delivery.failures) == ("retrying", 1)
    assert delivery.error == "Not written: No such file or directory"
    make_due()
    run()
    folder.mkdir()
    make_due()
    [delivery] = run()
    assert (delivery.status, delivery.tries) == ("delivered", 3)
    assert [(a.number, a.failure) for a in attempts()] == [
        (1, "network"),
        (2, "network"),
        (3, None),
    ]


def test_one_that_asks_for_nothing_more_is_switched_off(
    organisation: Organisation, run: Run, tmp_path: Path
) -> None:
    subscription = to_file(organisation, tmp_path)
    factories.accepted(organisation)
    [delivery] = run()
    assert delivery.status == "failed"
    db.session.refresh(subscription)
    assert not subscription.enabled


def test_a_channel_that_raises_fails_its_own_delivery_only(
    app: Flask,
    organisation: Organisation,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(self: FileEndpoint, claimed: Claimed) -> Tried:
        raise RuntimeError("a channel with a fault")

    monkeypatch.setattr(FileEndpoint, "attempt", broken)
    to_file(organisation, tmp_path / "deliveries")
    factories.accepted(organisation)
    [delivery] = run()
    assert (delivery.status, delivery.error) == ("retrying", "Not sent: RuntimeError")


def test_a_channel_that_is_not_there_is_said_in_the_log(
    app: Flask, organisation: Organisation, any_channel: None, tmp_path: Path
) -> None:
    to_file(organisation, tmp_path / "deliveries")
    factories.accepted(organisation)
    with running(engine_parts(app)) as engine:
        [delivery] = settle(engine)
    assert (delivery.status, delivery.error) == (
        "retrying",
        "Not sent: there is no channel named file",
    )
