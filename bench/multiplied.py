"""Copy a part of an organisation's log to later times inside PostgreSQL, which is far quicker.

The copies have ids, moments and hourly statistics of their own, and the same data and endings.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

from webhooks_app.database.bulk import commit_without_waiting, driver_cursor
from webhooks_app.extensions import Model, db
from webhooks_app.models import Attempt, Delivery, DeliveryStat, Event

AT_ONCE = 2  # connections
TICK = timedelta(milliseconds=8)  # the first nine characters of an id count these
DIGITS = "0123456789abcdefghijklmnopqrstuv"
PLACES = range(40, -1, -5)
LATER_ID = "substr({0}, 1, 4) || later || substr({0}, 14)"
LATER = "{0} + make_interval(secs => :seconds)"


class Copied(NamedTuple):
    """A table, the rows of it that are copied, the columns that name its ids, and its moments."""

    model: type[Model]
    rows: str
    ids: tuple[str, ...]
    moments: tuple[str, ...]

    @property
    def table(self) -> str:
        return str(self.model.__tablename__)

    def insert(self) -> str:
        new = {name: LATER_ID.format(name) for name in self.ids}
        new |= {name: LATER.format(name) for name in self.moments}
        columns = [f'"{one.name}"' for one in self.model.__table__.columns]
        values = [new.get(one.name, f'"{one.name}"') for one in self.model.__table__.columns]
        moved = f"JOIN moved ON before = substr({self.ids[0]}, 5, 9)" if self.ids else ""
        return (
            f"INSERT INTO {self.table} ({', '.join(columns)}) "
            f"SELECT {', '.join(values)} FROM lot_{self.table} {moved}"
        )


OF_IT = "SELECT * FROM {} WHERE organisation_id = :of ORDER BY id"
COPIED = (
    Copied(Event, OF_IT.format("events"), ("id",), ("occurred_at", "created_at")),
    Copied(Delivery, OF_IT.format("deliveries"), ("id", "event_id"), ("created_at", "finished_at")),
    Copied(
        Attempt,
        """SELECT a.* FROM attempts AS a JOIN deliveries AS d ON d.id = a.delivery_id
        WHERE d.organisation_id = :of ORDER BY a.delivery_id""",
        ("delivery_id",),
        ("started_at",),
    ),
    Copied(
        DeliveryStat,
        """SELECT c.* FROM delivery_stats AS c JOIN subscriptions AS s ON s.id = c.subscription_id
        WHERE s.organisation_id = :of ORDER BY hour""",
        (),
        ("hour",),
    ),
)
HEALTH = """
    UPDATE subscription_health SET delivered = delivered * :times, failed = failed * :times,
        failed_attempts = failed_attempts * :times
    WHERE subscription_id IN (SELECT id FROM subscriptions WHERE organisation_id = :of)"""


def multiply(organisation_id: str, length: timedelta, copies: int) -> None:
    """The whole log of the organisation again, `length` later for each copy. None of it is open.

    `length` is whole hours, and longer than the log: each hour of statistics is of one copy.
    """
    engine, of = db.engine, {"of": organisation_id}
    with engine.begin() as connection:
        for one in COPIED:
            connection.execute(text(f"CREATE UNLOGGED TABLE lot_{one.table} AS {one.rows}"), of)
            connection.execute(text(f"ANALYZE lot_{one.table}"))
        connection.execute(text(HEALTH), of | {"times": copies + 1})
        befores = connection.scalars(text("SELECT DISTINCT substr(id, 5, 9) FROM lot_events")).all()
    ticks = [int(before, 32) for before in befores]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda n: _copy(engine, ticks, n * length), range(1, copies + 1)):
            pass
    with engine.begin() as connection:
        for one in COPIED:
            connection.execute(text(f"DROP TABLE lot_{one.table}"))


def _copy(engine: Engine, ticks: list[int], later: timedelta) -> None:
    with engine.begin() as connection:
        commit_without_waiting(connection)
        _write_moved(connection, _moved(ticks, later // TICK))
        for one in COPIED:
            connection.execute(text(one.insert()), {"seconds": later.total_seconds()})


def _moved(ticks: list[int], later: int) -> Iterator[tuple[str, str]]:
    for tick in ticks:
        yield _base32(tick), _base32(tick + later)


def _base32(number: int) -> str:
    return "".join([DIGITS[number >> place & 31] for place in PLACES])


def _write_moved(connection: Connection, rows: Iterator[tuple[str, str]]) -> None:
    connection.execute(
        text("CREATE TEMPORARY TABLE moved (before text, later text) ON COMMIT DROP")
    )
    with driver_cursor(connection) as cursor, cursor.copy("COPY moved FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(text("ANALYZE moved"))
