"""The product as it really runs: separate processes that a test may kill, stop and start again."""

import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from redis import Redis
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import ENCRYPTION_KEY, SECRET_KEY, settings_for
from tests.support.mail_server import MailServer
from tests.support.receiver import Answer, Received, Receiver
from tests.support.servers import PATIENCE, RedisServer, free_port, wait_until
from webhooks_app import create_app
from webhooks_app.extensions import db
from webhooks_app.jobs.beat import LOCK
from webhooks_app.launch import children
from webhooks_app.launch.migrate import migrate
from webhooks_app.lib.folders import PACKAGE
from webhooks_app.models import Attempt, Delivery, Event, Queued, Subscription
from webhooks_app.operations.integrity_check import audit
from webhooks_app.vocabulary import OPEN

LEASE = 15.0
TIMEOUT = 12.0
RETRIES = {"delays": [1, 1, 2, 2, 4, 4, 8, 8]}
LARGEST_BATCH = 500

NO_ANSWER = 0

Try = tuple[str, int]


@dataclass(frozen=True)
class Answered:
    """How a POST of one event ended, and after how many seconds; `NO_ANSWER` without a status."""

    status: int
    event_id: str | None
    seconds: float


class Journey:
    """One installation: a database, a Redis, an organisation, and the processes started so far."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        redis: RedisServer,
        lease: float = LEASE,
        timeout: float = TIMEOUT,
        web_processes: int = 1,
    ) -> None:
        self.redis = redis
        self.accepted: set[str] = set()
        self.cut_off: set[Try] = set()
        self.environ: dict[str, str] = {}
        self._folder = folder
        self._processes: dict[subprocess.Popen[bytes], str] = {}
        self._settings = settings_for(
            database_url,
            redis.url,
            folder,
            port=free_port(),
            lease_seconds=lease,
            delivery_timeout=timeout,
            connect_timeout=timeout,
            web_processes=web_processes,
        )
        self._app = create_app(self._settings)
        migrate(self._app)
        self._context = self._app.app_context()
        self._context.push()
        self._organisation = factories.organisation()
        self.token = factories.api_key(self._organisation)
        db.session.commit()
        self._local = threading.local()

    def close(self) -> None:
        for process in self._processes:
            _kill_group(process)
        db.session.remove()
        db.engine.dispose()
        self._context.pop()

    # Processes

    def start_web(self, folder: Path = PACKAGE.parent) -> subprocess.Popen[bytes]:
        """The code in `folder`."""
        argv = children.web(self._settings, "127.0.0.1", {}).argv
        ours = str(PACKAGE.parent)
        self.web = self._start("web", [str(folder) if word == ours else word for word in argv])
        wait_until(self._web_answers, 30)
        return self.web

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start_role("deliveries")

    def start_elsewhere(
        self, prefix: Sequence[str], address: str, command: Sequence[str]
    ) -> subprocess.Popen[bytes]:
        """A process on another host, from which ours has that address."""
        before = dict(self.environ)
        url = self._settings.database_url.replace("127.0.0.1", address)
        self.environ["DATABASE_URL"] = url
        try:
            return self._start("elsewhere", [*prefix, *command])
        finally:
            self.environ = before

    def start_beat(self) -> subprocess.Popen[bytes]:
        return self.start_role("beat")

    def kill(self, worker: subprocess.Popen[bytes]) -> int:
        """SIGKILL a worker; returns how many tries it and its peers had in flight.

        They are counted once it is dead and PostgreSQL has ended its connections: a claim may still
        be committed until then, but nothing more is sent.
        """
        worker.kill()
        worker.wait()
        if db.engine.dialect.name == "postgresql":
            wait_until(lambda: not self._connections(worker))
        sending = self.sending()
        self.cut_off |= sending
        return len(sending)

    def stop(self, worker: subprocess.Popen[bytes]) -> None:
        """SIGSTOP a worker between two transactions: within one, it would block the others."""

        def is_between() -> bool:
            os.kill(worker.pid, signal.SIGSTOP)
            time.sleep(0.1)  # a statement that PostgreSQL has begun may end
            if not self._in_transaction(worker):
                return True
            os.kill(worker.pid, signal.SIGCONT)
            return False

        wait_until(is_between)

    def _in_transaction(self, worker: subprocess.Popen[bytes]) -> bool:
        if db.engine.dialect.name == "postgresql":
            return any(began is not None for (began,) in self._connections(worker))
        with closing(sqlite3.connect(str(db.engine.url.database), timeout=1)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False

    def _connections(self, process: subprocess.Popen[bytes]) -> list[Any]:
        """When the transaction of each began."""
        query = text("SELECT xact_start FROM pg_stat_activity WHERE application_name = :name")
        return self.rows(query.bindparams(name=self._processes[process]))

    def start_role(self, role: str) -> subprocess.Popen[bytes]:
        return self._start(role, children.worker(role))

    def command(self, *words: str) -> str:
        """What one of the operators' commands prints."""
        db.session.remove()
        ended = self._app.test_cli_runner().invoke(args=words)
        assert ended.exit_code == 0, ended.output
        return ended.output

    def start(self, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        """Any other command of the product."""
        return self._start("other", argv)

    def _start(self, name: str, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        settings = self._settings
        numbered = f"{len(self._processes):02}-{name}"
        environ = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "DATA_DIR": str(self._folder),
            "SECRET_KEY": SECRET_KEY,
            "ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "ALLOWED_NETWORKS": settings.allowed_networks,
            "LEASE_SECONDS": str(settings.lease_seconds),
            "DELIVERY_TIMEOUT": str(settings.delivery_timeout),
            "CONNECT_TIMEOUT": str(settings.connect_timeout),
            "LOG_LEVEL": "INFO",
            "PGAPPNAME": numbered,
            **self.environ,
        }
        with (self._folder / f"{numbered}.log").open("w") as log:
            process = subprocess.Popen(
                argv,
                env=environ,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes[process] = numbered
        return process

    def _web_answers(self) -> bool:
        try:
            return requests.get(f"{self._url}/healthz", timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False

    # What producers do

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._settings.port}"

    def add_webhook(self, receiver: Receiver, **more: Any) -> None:
        url = more.pop("url", receiver.url)
        factories.webhook(self._organisation, url, **{"retry_policy": RETRIES, **more})
        db.session.commit()

    def add_email_action(self, server: MailServer) -> None:
        self.environ |= {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(server.port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "Hookline <hookline@example.com>",
            "PUBLIC_URL": self._url,
        }
        to = ["team@example.com"]
        more = {"channel": "email", "email_to": to, "retry_policy": RETRIES}
        factories.action(self._organisation, "", **more)
        db.session.commit()

    def post(self, key: str | None = None, name: str = "Ada") -> Answered:
        """One event, over HTTP. Any thread may call it."""
        headers = factories.bearer(self.token) | ({"Idempotency-Key": key} if key else {})
        body = {"type": "lead.captured", "data": {"name": name}}
        start = time.perf_counter()
        response = self._http.post(f"{self._url}/api/v1/events", json=body, headers=headers)
        seconds = time.perf_counter() - start
        if response.status_code != 202:
            return Answered(response.status_code, None, seconds)
        event_id = response.json()["id"]
        self.accepted.add(event_id)
        return Answered(202, event_id, seconds)

    def post_many(self, count: int) -> None:
        """`count` events in batches."""
        for start in range(0, count, LARGEST_BATCH):
            size = min(LARGEST_BATCH, count - start)
            body = {"events": [{"type": "lead.captured", "data": {"n": n}} for n in range(size)]}
            response = self._http.post(
                f"{self._url}/api/v1/events/batch", json=body, headers=factories.bearer(self.token)
            )
            assert response.status_code == 202, response.text
            self.accepted |= {event["id"] for event in response.json()["events"]}

    def ask(self, path: str, body: object = None) -> None:
        """A POST to the API that must succeed."""
        response = self._http.post(
            f"{self._url}/api/v1{path}", json=body or {}, headers=factories.bearer(self.token)
        )
        assert response.ok, response.text

    @property
    def _http(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        return self._local.session

    # What the database says

    def rows(self, query: Any) -> list[Any]:
        with self._app.app_context(), Session(db.engine) as session:
            return list(session.execute(query).all())

    def sending(self) -> set[Try]:
        """Tries under a lease: the delivery and the number of each."""
        query = select(Delivery.id, Delivery.tries).where(Delivery.status == "sending")
        return {(id_, tries) for id_, tries in self.rows(query)}

    def make_all_due(self) -> None:
        """End every backoff without telling any process."""
        made = select(Delivery.created_at).where(Delivery.id == Queued.delivery_id)
        db.session.execute(update(Queued).values(due_at=made.scalar_subquery()))
        db.session.commit()

    def settled(self, seconds: float = 60) -> None:
        """Wait until no delivery has anything left to do."""
        open_ = select(Delivery.id).where(Delivery.status.in_(OPEN)).limit(1)
        wait_until(lambda: not self.rows(open_), seconds, every=0.2)

    def database_answers(self) -> bool:
        try:
            return bool(self.rows(text("SELECT 1")))
        except OperationalError:
            return False

    def beat_owner(self) -> bytes | None:
        """The token of the active beat."""
        return Redis.from_url(self.redis.url).get(LOCK)

    def verify(self, *receivers: Receiver | MailServer, claims_in_doubt: bool = False) -> int:
        """Check that every promise was kept; returns the number of duplicates that arrived.

        `claims_in_doubt`: the database died, perhaps after it committed a claim and before it
        answered. Such a claim was never sent, and is logged as lost when its lease ends.
        """
        arrived = Counter(id_ for receiver in receivers for id_ in receiver.delivery_ids)
        events = {id_ for (id_,) in self.rows(select(Event.id))}
        deliveries = {id_ for (id_,) in self.rows(select(Delivery.id))}
        webhooks = len(self.rows(select(Subscription.id)))
        tries = self.rows(select(Attempt.delivery_id, Attempt.number, Attempt.outcome))
        lost = {(id_, number) for id_, number, outcome in tries if outcome == "lost"}
        failed = {(id_, number) for id_, number, outcome in tries if outcome == "failed"}
        logged = Counter(id_ for id_, _, _ in tries)
        duplicates = arrived.total() - len(arrived)

        assert self.accepted <= events
        assert len(deliveries) == len(events) * webhooks
        assert set(arrived) == deliveries
        if not claims_in_doubt:
            assert lost <= self.cut_off, f"lost without a kill: {sorted(lost - self.cut_off)[:5]}"
        assert not {id_: n for id_, n in arrived.items() if n > logged[id_]}
        assert duplicates <= len(self.cut_off) + len(failed)
        report = audit(db.engine, self._settings.retention_days)
        assert report.ok, report.broken
        self._logs_tell_no_secret()
        return duplicates

    def logs(self) -> str:
        """What all processes have written."""
        return "".join(log.read_text() for log in self._folder.glob("*.log"))

    def _logs_tell_no_secret(self) -> None:
        logs = self.logs()
        for secret in (self.token, factories.SECRET, ENCRYPTION_KEY, SECRET_KEY):
            assert secret not in logs


class Posting:
    """`with Posting(journey, every=0.1) as posting:` posts events in a thread."""

    def __init__(self, journey: Journey, every: float) -> None:
        self.answers: list[Answered] = []
        self.errors: list[str] = []
        self._journey, self._every = journey, every
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Posting":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._enough.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._enough.wait(self._every):
            try:
                self.answers.append(self._journey.post())
            except requests.RequestException as error:
                self.errors.append(str(error))
                self.answers.append(Answered(NO_ANSWER, None, 0.0))

    @property
    def slowest(self) -> float:
        return max(answer.seconds for answer in self.answers)

    @property
    def statuses(self) -> set[int]:
        return {answer.status for answer in self.answers}


def answer_after(seconds: float) -> Callable[[Received], Answer]:
    return lambda request: Answer(delay=seconds)


def arrivals(receiver: Receiver, count: int) -> Callable[[], bool]:
    """Whether that many more requests have arrived from now on."""
    wanted = len(receiver.received) + count
    return lambda: len(receiver.received) >= wanted


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
