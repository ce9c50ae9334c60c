"""Pages and lists read from a real replica, unless it lags, hangs or is away, or the reader has
just changed something."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_ident
from time import monotonic

import psycopg
import pytest
from flask import Flask
from sqlalchemy import delete, event, func, literal_column, select, text, update
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import Client, settings_for
from tests.support.servers import PostgresServer, RedisServer, create_database, wait_until
from tests.web.conftest import PASSWORD, Person
from webhooks_app import create_app
from webhooks_app.api.operation import operation_of
from webhooks_app.database import replica as module
from webhooks_app.database import replica_engine
from webhooks_app.database.replica import Look, Replica
from webhooks_app.deliveries import health, log, overview, statistics
from webhooks_app.deliveries.filters import Filters
from webhooks_app.events import stream
from webhooks_app.events.filters import EventFilters
from webhooks_app.extensions import db
from webhooks_app.launch.migrate import migrate
from webhooks_app.lib import recent_writes
from webhooks_app.lib.paging import PageBounds
from webhooks_app.lib.read_engine import reading_from
from webhooks_app.lib.recent_writes import RecentWrites
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Membership, Organisation, Subscription, SubscriptionHealth
from webhooks_app.operations import checks
from webhooks_app.operations.replica_reads import answered
from webhooks_app.parts import parts
from webhooks_app.queue import fast_redis

pytestmark = pytest.mark.processes


class Pair:
    """A primary and a replica of it, which a test may hold back, freeze and stop."""

    def __init__(self, primary: PostgresServer, standby: PostgresServer) -> None:
        self.standby = standby
        self.url = create_database(primary.url, "hookline")
        self.read_url = f"postgresql://hookline@127.0.0.1:{standby.port}/hookline"

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Inside the block the replica gets no further."""
        self._ask("SELECT pg_wal_replay_pause()")
        wait_until(lambda: self._ask("SELECT pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            self._ask("SELECT pg_wal_replay_resume()")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        self.standby.freeze()
        try:
            yield
        finally:
            self.standby.thaw()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self.standby.stop("immediate")
        try:
            yield
        finally:
            self.standby.start()

    def _ask(self, what: str) -> object:
        with psycopg.connect(self.read_url, autocommit=True) as connection:
            return connection.execute(what.encode()).fetchone()[0]  # type: ignore[index]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with (
        TemporaryDirectory(prefix="hookline-") as first,
        TemporaryDirectory() as second,
        ExitStack() as running,
    ):
        primary, standby = PostgresServer(Path(first)), PostgresServer(Path(second))
        primary.create()
        running.callback(primary.stop, "immediate")
        standby.create_standby_of(primary)
        running.callback(standby.stop, "immediate")
        yield Pair(primary, standby)


@pytest.fixture(scope="module")
def app(
    pair: Pair, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("replica")
    settings = settings_for(pair.url, redis_server.url, folder, database_read_url=pair.read_url)
    app = create_app(settings)
    app.test_client_class = Client
    migrate(app)
    with app.app_context():
        yield app
        db.session.remove()
        replica().end()
        db.engine.dispose()


@dataclass
class Place:
    organisation: Organisation
    owner: Person
    key: dict[str, str]


@pytest.fixture(scope="module")
def place(app: Flask) -> Place:
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example", name="First")
    factories.member(organisation, factories.user("ada@example.com", PASSWORD))
    factories.user("ops@example.com", PASSWORD, is_operator=True)
    key = factories.bearer(
        factories.api_key(organisation, scopes=["webhooks:read", "webhooks:write"])
    )
    return Place(organisation, Person(app.test_client()).log_in("ada@example.com"), key)


@pytest.fixture(autouse=True)
def close(
    app: Flask, place: Place, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has just written, and the replica is up to date, however slow this machine is."""
    monkeypatch.setattr(module, "FRESH", 20.0)
    monkeypatch.setattr(module, "MOST_LAG", 3600.0)
    forget_writes(redis_server)
    wait_until(lambda: replica().is_close)


def replica() -> Replica:
    found = parts().replica
    assert found is not None
    return found


def forget_writes(redis: RedisServer) -> None:
    redis.empty()
    writes = parts().writes
    writes._mine._values.clear()
    writes._noted._values.clear()
    writes._silent_until = writes._doubted_until = 0.0


def rename(name: str) -> None:
    db.session.execute(update(Subscription).values(name=name))
    db.session.commit()


def arrived(name: str) -> None:
    """Wait until the replica has it."""

    def has_it() -> bool:
        with replica().engine.connect() as connection:
            return name in connection.scalars(select(Subscription.name))

    wait_until(has_it)


def page(place: Place) -> str:
    response = place.owner.client.get("/webhooks/")
    assert response.status_code == 200
    return response.text


def listed(place: Place) -> list[str]:
    answer = place.owner.client.get("/api/v1/webhooks", headers=place.key)
    assert answer.status_code == 200
    return [one["name"] for one in answer.get_json()["data"]]


def from_replica(place: Place) -> None:
    """It is held back. On a slow machine a page may leave it for a moment."""
    wait_until(lambda: "Earlier" in page(place))
    wait_until(lambda: listed(place) == ["Earlier"])


def test_pages_and_lists_read_from_the_replica_but_not_after_a_change(
    pair: Pair, place: Place, redis_server: RedisServer
) -> None:
    rename("Earlier")
    arrived("Earlier")
    with pair.held_back():
        rename("Later")
        from_replica(place)
        place.owner.get("/notifications/")
        assert place.owner.post("/notifications/read").status_code < 400
        assert "Later" in page(place)
        wait_until(lambda: listed(place) == ["Earlier"])  # the key has changed nothing
        refused = place.owner.client.post("/api/v1/webhooks", json={}, headers=place.key)
        assert refused.status_code == 422
        assert listed(place) == ["Later"]
        forget_writes(redis_server)
        from_replica(place)


def test_what_must_be_current_is_read_from_the_primary(
    pair: Pair, app: Flask, place: Place, redis_server: RedisServer
) -> None:
    """Who may see a page, its forms, single rows, and rows that the replica does not have yet."""
    eve = factories.user("eve@example.com", PASSWORD)
    factories.member(place.organisation, eve)
    rename("Earlier")
    arrived("Earlier")
    visitor = Person(app.test_client()).log_in("eve@example.com")
    forget_writes(redis_server)
    with pair.held_back():
        rename("Later")
        webhook = factories.webhook(place.organisation, "https://b.example", name="Brand new")
        db.session.commit()
        assert "Brand new" in place.owner.client.get(f"/webhooks/{webhook.id}").text
        assert "Brand new" in place.owner.client.get(f"/webhooks/{webhook.id}/edit").text
        read = place.owner.client.get(f"/api/v1/webhooks/{webhook.id}", headers=place.key)
        assert read.get_json()["name"] == "Brand new"
        wait_until(lambda: "Earlier" in visitor.client.get("/webhooks/").text)
        db.session.execute(delete(Membership).where(Membership.user_id == eve.id))
        db.session.commit()
        assert visitor.client.get("/webhooks/").status_code == 404
    db.session.execute(delete(Subscription).where(Subscription.id == webhook.id))
    db.session.commit()


def test_a_replica_that_lags_is_not_used(
    pair: Pair, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LAG", 1.0)
    rename("Earlier")
    arrived("Earlier")
    with pair.held_back():
        rename("Later")
        wait_until(lambda: not replica().is_close)
        assert "Later" in page(place)
        assert "behind" in checks.replica_check(replica()).reason
    wait_until(lambda: replica().is_close)


def test_a_replica_that_is_away_is_not_used(
    pair: Pair, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not by the page that finds it away first."""
    with pair.stopped():
        rename("Meanwhile")
        assert "Meanwhile" in page(place)
        wait_until(lambda: not replica().is_close)
        assert "Meanwhile" in page(place)
        assert checks.replica_check(replica()).fault == "is not used"
    wait_until(lambda: replica().is_close)


def test_a_replica_that_hangs_takes_no_page_with_it(
    pair: Pair, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It still accepts connections. Whoever waits for it gets an error, and the page comes."""
    with replica().engine.connect() as waiting:
        waiting.execute(text("SELECT 1"))
        monkeypatch.setattr(module, "FRESH", 2.0)
        with pair.frozen():
            rename("While it hangs")
            assert "While it hangs" in page(place)
            with pytest.raises(DBAPIError):
                waiting.execute(text("SELECT 1"))
            wait_until(lambda: not replica().is_close)
            assert "While it hangs" in page(place)
    monkeypatch.setattr(module, "FRESH", 20.0)
    wait_until(lambda: replica().is_close)


@pytest.mark.parametrize("fault", ["no_such_column", "1 / (SELECT 0)", "pg_sleep(20)"])
def test_a_page_is_made_again_on_the_primary_if_the_replica_fails(
    app: Flask, place: Place, fault: str
) -> None:
    """As when its schema is older, or when it ends a query that takes too long."""
    session, read = db.session(), []

    def answer() -> str:
        read.append(session.scalar(select(func.pg_is_in_recovery())))
        if read[-1]:
            session.execute(select(literal_column(fault)))
        return "made"

    wait_until(lambda: replica().is_close)
    if fault.startswith("1 /"):
        with pytest.raises(DataError):
            answered("usr_nobody", answer)
        session.rollback()
        assert read == [True]
        return
    assert answered("usr_nobody", answer) == "made"
    assert read == [True, False]
    wait_until(lambda: replica().is_close)


@pytest.mark.parametrize("database", ["replica", "primary"])
def test_only_a_failure_of_the_replica_itself_leaves_it(
    app: Flask, place: Place, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    """`text` goes to the primary, `select` to the replica."""
    wrong = text("SELECT nothing") if database == "primary" else select(literal_column("nothing"))
    left: list[str] = []
    asked: list[str] = []
    monkeypatch.setattr(replica(), "leave", left.append)
    monkeypatch.setattr(RecentWrites, "is_recent", lambda *_: False)

    def answer() -> str:
        asked.append("")
        if len(asked) == 1:
            db.session.execute(wrong)
        return "made"

    assert answered("usr_nobody", answer) == "made"
    assert len(asked) == 2
    assert len(left) == (1 if database == "replica" else 0)


@pytest.mark.parametrize("step", ["_measure", "_cut"])
def test_its_threads_go_on_after_an_error_that_nobody_expected(
    app: Flask, pair: Pair, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    other = other_replica(pair.read_url)
    done: list[str] = []

    def fails(*_: object) -> None:
        done.append(step)
        raise ValueError(step)

    with monkeypatch.context() as broken:
        broken.setattr(other, step, fails)
        if step == "_cut":
            broken.setattr(other, "_look", lambda _: Look(-1e9, None, "it hangs"))
        assert not other.is_close
        wait_until(lambda: len(done) >= 2)
        other._ended.set()
    other.end()


def other_replica(url: str) -> Replica:
    driver_url = url.replace("postgresql://", "postgresql+psycopg://")
    return Replica(db.engine, replica_engine(driver_url, 2, "none", "web"))


def test_operators_see_whether_it_is_used(app: Flask, place: Place, pair: Pair) -> None:
    operator = Person(app.test_client()).log_in("ops@example.com")
    shown = operator.client.get("/ops/health").text
    assert "Replica" in shown
    assert "s behind" in shown
    assert operator.client.get("/status").get_json()["checks"]["replica"] == "ok"
    page(place)
    metrics = operator.client.get("/metrics").text
    assert "hookline_replica_in_use 1.0" in metrics
    assert "hookline_replica_lag_seconds" in metrics
    assert 'hookline_reads_total{database="replica"}' in metrics


@pytest.mark.parametrize("of", ["itself", "another database"])
def test_what_is_no_replica_is_not_used(app: Flask, pair: Pair, of: str) -> None:
    url = pair.url if of == "itself" else f"{pair.read_url.rsplit('/', 1)[0]}/postgres"
    other = other_replica(url)
    try:
        wait_until(lambda: bool(other.state().fault) and other.state().fault != module.NOT_LOOKED)
        assert not other.is_close
        fault = other.state().fault
        assert fault == (
            "it is no replica, but a primary"
            if of == "itself"
            else "it is a copy of another database"
        )
    finally:
        other.end()


def test_only_reading_statements_go_to_the_replica(app: Flask, place: Place) -> None:
    """In a block that reads from the replica, which refuses to lock and to write."""
    session, in_recovery = db.session(), select(func.pg_is_in_recovery())
    with reading_from(replica().engine):
        assert session.scalar(in_recovery) is True
        session.scalars(select(Subscription.id).with_for_update()).all()
        rename("Written")
        factories.organisation("Flushed")
        session.commit()
    assert session.scalar(in_recovery) is False
    assert "Flushed" in session.scalars(select(Organisation.name)).all()
    arrived("Written")


ROW = Subscription(
    id="whk_1",
    enabled=True,
    paused_at=datetime.now(UTC),
    health=SubscriptionHealth(failing_since=datetime.now(UTC)),
)
TEXT, TEN = Filters(text="nothing"), PageBounds(10)
HOUR = timedelta(hours=1)
Read = Callable[[Session, Tenant], object]
READS: dict[str, Read] = {
    "the overview": overview.of,
    "the log": lambda session, tenant: log.list_deliveries(session, tenant, TEXT, TEN),
    "newer ones": lambda session, tenant: log.count_newer(session, tenant, TEXT, "msg_0", 10),
    "an estimate": lambda session, tenant: log.estimate(session, tenant, TEXT, 10),
    "errors": lambda session, tenant: health.last_errors(session, [ROW]),
    "what waits": lambda session, tenant: health.waiting_of(session, [ROW]),
    "a chart": lambda session, tenant: statistics.traffic(session, tenant, HOUR, HOUR),
}


@contextmanager
def primary_idle() -> Iterator[None]:
    """This thread takes no connection to the primary. Whoever looks at the replica does."""
    taken: list[int] = []

    def note(*_: object) -> None:
        taken.append(get_ident())

    event.listen(db.engine, "checkout", note)
    yield
    event.remove(db.engine, "checkout", note)
    assert get_ident() not in taken


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_the_settings_of_the_planner_are_where_the_queries_run(
    app: Flask, place: Place, read: Read
) -> None:
    session, tenant = db.session(), factories.tenant(place.organisation)
    session.rollback()
    with reading_from(replica().engine), primary_idle():
        read(session, tenant)
        assert session.scalar(select(func.pg_is_in_recovery())) is True
        assert session.scalar(select(func.current_setting("enable_seqscan"))) == "off"
    session.rollback()


def test_a_search_of_events_leaves_the_primary_alone(app: Flask, place: Place) -> None:
    session, tenant = db.session(), factories.tenant(place.organisation)
    session.rollback()
    with reading_from(replica().engine), primary_idle():
        stream.list_lines(session, tenant, EventFilters(text="nothing"), TEN)
    session.rollback()


def test_all_lists_of_the_api_and_nothing_else_may_read_from_it(app: Flask) -> None:
    rules = [one for one in app.url_map.iter_rules() if one.endpoint.startswith("api.")]
    lists = {one.rule for one in rules if operation_of(app.view_functions[one.endpoint]).is_list}
    assert {"/api/v1/deliveries", "/api/v1/events", "/api/v1/webhooks"} <= lists
    assert not lists & {"/api/v1/events/batch", "/api/v1/whoami"}


def test_all_web_processes_know_who_has_just_written(redis_server: RedisServer) -> None:
    redis_server.empty()
    here, there = (RecentWrites(fast_redis(redis_server.url)) for _ in range(2))
    assert not there.is_recent("usr_1")
    began = monotonic()
    here.note("usr_1")
    assert here.is_recent("usr_1")
    assert there.is_recent("usr_1")
    assert not there.is_recent("usr_2")
    left = fast_redis(redis_server.url).pttl("hookline:wrote:usr_1")
    assert 9000 - 1000 * (monotonic() - began) < left <= 11_000


def test_while_redis_is_away_everybody_may_have_written() -> None:
    writes = RecentWrites(fast_redis("redis://127.0.0.1:1"))
    writes.note("usr_1")
    assert writes.is_recent("usr_1")
    assert writes.is_recent("usr_2")


def test_a_note_that_redis_did_not_take_is_written_later(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the next request that this process gets, whoever makes it."""
    monkeypatch.setattr(recent_writes, "PAUSE", 0.0)
    here, there = (RecentWrites(fast_redis(own_redis.url)) for _ in range(2))
    own_redis.make_replica()
    here.note("usr_1")
    assert not there.is_recent("usr_1")
    own_redis.make_primary()
    here.is_recent("usr_2")
    assert there.is_recent("usr_1")
    assert not there.is_recent("usr_2")


def test_a_process_that_saw_redis_away_trusts_it_again_when_all_lost_notes_are_old(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_writes, "PAUSE", 0.0)
    writes = RecentWrites(fast_redis("redis://127.0.0.1:1"))
    assert writes.is_recent("usr_1")
    writes._connection = fast_redis(own_redis.url)
    assert writes.is_recent("usr_1")
    assert writes._doubted_until > monotonic() + recent_writes.SECONDS / 2
    writes._doubted_until = 0.0
    assert not writes.is_recent("usr_1")
