"""Check everything that must work, for probes, the operators' page and `check-config`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ParamSpec

from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app import queue
from webhooks_app.database import boundaries, choose, clock_of, reading, unless_busy, upsert
from webhooks_app.database.replica import Replica
from webhooks_app.lib.cache import Cache
from webhooks_app.lib.errors import reason_of
from webhooks_app.lib.times import utcnow
from webhooks_app.models import PeriodicRun
from webhooks_app.operations.keys import OTHER_KEYS, are_others
from webhooks_app.operations.restored import COMMAND, RESTORED, is_restored
from webhooks_app.operations.schedule import PERIODIC, job_name
from webhooks_app.operations.schema import UPGRADE, Schema, schema_of

SEEN_LATELY = timedelta(seconds=90)
LATE = timedelta(minutes=5)
CLOCKS_APART = timedelta(seconds=2)
BEAT_LOCK = "hookline:beat"
PROBE = "hookline:probe"
TABLES, CONNECTIONS = "tables", "connections"
# What a connection to PostgreSQL needs, and by which values one sees that it was not told.
NEEDED = {
    "TimeZone": "UTC",
    "jit": "off",
    "idle_in_transaction_session_timeout": "25s",
    "lock_timeout": "10s",
}
UNLIMITED = "0"
SETTINGS = text("""
    SELECT name, setting, source FROM pg_settings WHERE lower(name) IN
        ('timezone', 'jit', 'idle_in_transaction_session_timeout', 'lock_timeout')""")
START = "Start `python worker.py`, and read its log."
P = ParamSpec("P")
AWAY = (RedisError, SQLAlchemyError, OSError)


@dataclass(frozen=True, slots=True)
class Check:
    """`fault` is empty if it works, otherwise a few words that anyone may read.

    `reason` and `advice` are for operators.
    """

    part: str
    fault: str = ""
    reason: str = ""
    advice: str = ""

    @property
    def ok(self) -> bool:
        return not self.fault


def readiness(engine: Engine, keys: Sequence[str]) -> list[Check]:
    """What this process needs to accept events and show pages, which is not Redis or workers."""
    try:
        with reading(engine) as connection:
            schema = schema_of(connection)
    except SQLAlchemyError as error:
        return [_away(error)]
    if schema is Schema.BEHIND:
        return [Check("sql"), Check("schema", "is too old", advice=f"Run `{UPGRADE}`.")]
    try:
        return [Check("sql"), Check("schema"), _writes(engine), _keys(engine, keys)]
    except SQLAlchemyError as error:
        return [_away(error)]


def services(engine: Engine, redis_url: str, now: datetime) -> list[Check]:
    """Redis, the clock and the tables: what else exists before a worker starts."""
    return [
        _redis(queue.fast_redis(redis_url)),
        _asked("clock", _clock, engine, now),
        _asked(CONNECTIONS, _connections, engine),
        _asked(TABLES, _tables, engine),
    ]


def delivering(engine: Engine, redis_url: str, now: datetime) -> list[Check]:
    """What it takes to deliver in time, besides `readiness`."""
    redis = queue.fast_redis(redis_url)
    return [
        *services(engine, redis_url, now),
        _asked("workers", _worker, redis, queue.DELIVERIES),
        _asked("background worker", _worker, redis, queue.BACKGROUND),
        _asked("beat", _beat, redis),
        _asked("periodic jobs", _periodic, engine),
        _asked("restore", _restore, engine),
    ]


def replica_check(replica: Replica) -> Check:
    """Whether pages read from it."""
    look = replica.state()
    if not look.fault:
        return Check("replica", reason=f"{look.lag or 0.0:.1f} s behind")
    advice = "Until it is well, pages read from the primary. Is DATABASE_READ_URL right?"
    return Check("replica", "is not used", look.fault, advice)


def _asked(part: str, ask: Callable[P, Check | None], *args: P.args, **options: P.kwargs) -> Check:
    """The fault that `ask` found, if any."""
    try:
        return ask(*args, **options) or Check(part)
    except AWAY as error:
        return Check(part, "cannot be reached", reason_of(error))


def _away(error: SQLAlchemyError) -> Check:
    advice = "Is the database up, and is DATABASE_URL right? Until then, events get a 503."
    return Check("sql", "does not answer", reason_of(error), advice)


def _writes(engine: Engine) -> Check:
    url = str(engine.url)
    found = _written.get(url)
    if found is None:
        found = choose(engine, postgresql=_writable_postgres, sqlite=_writable_sqlite)(engine)
        _written.put(url, found)
    return found


# Anyone may ask any number of times: each second costs at most one commit.
_written: Cache[str, Check] = Cache(8, seconds=1)


def _writable_postgres(engine: Engine) -> Check:
    with reading(engine) as connection:
        reads_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    if not reads_only:
        return Check("writes")
    advice = "Is it a standby or a former primary? Until it is the primary, events get a 503."
    return Check("writes", "are refused", "the database only reads", advice)


def _writable_sqlite(engine: Engine) -> Check:
    row = upsert(engine, PeriodicRun).values(name="probe", last_run_at=utcnow())
    again = {"last_run_at": row.excluded.last_run_at}
    try:
        with unless_busy(engine) as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=again))
    except SQLAlchemyError as error:
        if "locked" in reason_of(error):
            return Check("writes")  # someone else writes
        advice = "Is the disk full, or DATA_DIR read-only? Until that is fixed, events get a 503."
        return Check("writes", "are refused", reason_of(error), advice)
    return Check("writes")


def _keys(engine: Engine, keys: Sequence[str]) -> Check:
    if are_others(engine, keys):
        return Check("keys", "differ from those in the database", OTHER_KEYS, "Restart it.")
    return Check("keys")


def _redis(redis: Redis) -> Check:
    try:
        redis.set(PROBE, 1, ex=60)
    except AWAY as error:
        advice = (
            "Is Redis up, is REDIS_URL right, and does it have free memory? Until then, events "
            "are delivered a second later than usual, and other jobs wait."
        )
        return Check("redis", "accepts no writes", reason_of(error), advice)
    return Check("redis")


def _worker(redis: Redis, name: str) -> Check | None:
    if workers_seen(redis, name):
        return None
    part = "workers" if name == queue.DELIVERIES else "background worker"
    return Check(part, "none seen lately", advice=START)


def workers_seen(redis: Redis, name: str) -> int:
    """How many workers of that queue gave a sign of life lately."""
    workers = Worker.all(queue=queue.queue_named(name, redis), serializer=JSONSerializer)
    beats = [worker.last_heartbeat for worker in workers]
    return sum(beat is not None and utcnow() - beat < SEEN_LATELY for beat in beats)


def _beat(redis: Redis) -> Check | None:
    if redis.exists(BEAT_LOCK):
        return None
    return Check("beat", "none seen lately", advice=START)


def _clock(engine: Engine, now: datetime) -> Check | None:
    apart = clock_skew(engine, now)
    if abs(apart) < CLOCKS_APART:
        return None
    advice = (
        "Keep the clocks of all machines in step (NTP). The log shows wrong times, and receivers "
        "refuse requests that were signed at a wrong time."
    )
    seconds = f"this machine is {apart.total_seconds():+.1f} s off the database"
    return Check("clock", "differs from the database's", seconds, advice)


def clock_skew(engine: Engine, now: datetime) -> timedelta:
    """How far this machine's clock is ahead of the database server's; zero for a file."""
    if choose(engine, postgresql=False, sqlite=True):
        return timedelta(0)
    with reading(engine) as connection:
        return now - connection.scalars(select(func.now())).one()


def _tables(engine: Engine) -> Check | None:
    left = boundaries.left_behind(engine)
    if not left:
        return None
    days = ", ".join(f"{one.table} from {one.day} on" for one in left)
    statements = "; ".join(one.statement for one in left)
    advice = f"A migration was killed. Run `{UPGRADE}` again, or the SQL: {statements};"
    return Check(TABLES, "will refuse new rows", days, advice)


def _connections(engine: Engine) -> Check | None:
    """Behind a pooler they have only what the role of the database has."""
    if choose(engine, postgresql=False, sqlite=True):
        return None
    with reading(engine) as connection:
        rows = connection.execute(SETTINGS).all()
        role = connection.scalar(select(func.current_user()))
    missing = {row.name: row.setting for row in rows if _is_missing(*row)}
    if not missing:
        return None
    told = ", ".join(f"{name} is {value}" for name, value in sorted(missing.items()))
    sql = "; ".join(
        f"ALTER ROLE {role} SET {name} = '{NEEDED[name]}'" for name in NEEDED if name in missing
    )
    advice = f"Run in PostgreSQL: {sql}; and let PgBouncer connect again (RECONNECT)."
    return Check(CONNECTIONS, "lack settings", told, advice)


def _is_missing(name: str, value: str, source: str) -> bool:
    """Commands ask for no limit."""
    if name in ("TimeZone", "jit"):
        return value.removeprefix("Etc/") != NEEDED[name]
    return value == UNLIMITED and source != "client"


def _restore(engine: Engine) -> Check | None:
    if not is_restored(engine):
        return None
    advice = f"Workers send nothing until you run `{COMMAND}` and choose what to do."
    return Check("restore", "waits for a decision", RESTORED, advice)


def _periodic(engine: Engine) -> Check | None:
    """Jobs that the beat enqueued too long ago."""
    with reading(engine) as connection:
        rows = connection.execute(select(PeriodicRun.name, PeriodicRun.last_run_at)).all()
    ran, now = {row.name: row.last_run_at for row in rows}, clock_of(engine)
    late = [
        job_name(periodic.job)
        for periodic in PERIODIC
        if periodic.job in ran and now - ran[periodic.job] > periodic.every + LATE
    ]
    if not late:
        return None
    advice = "The beat starts them, and the background worker runs them. Are both running?"
    return Check("periodic jobs", "are overdue", ", ".join(late), advice)
