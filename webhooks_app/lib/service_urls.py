"""Check the URLs of the database and of Redis, without connecting.

Errors never quote the URL: a password with a slash makes any part look like another.
"""

from typing import Any
from urllib.parse import urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from redis import ConnectionPool
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

POSTGRES = "postgresql+psycopg"
DRIVERS = (POSTGRES, "sqlite", "sqlite+pysqlite")
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
ENCODE = "encode special characters in its password as %2F, %40 and so on"


def driver_url(url: str) -> str:
    """A URL of PostgreSQL as SQLAlchemy reads it: with the driver, and several hosts its own way.

    libpq separates them by commas (`h1:5432,h2:5432`).
    """
    scheme, separator, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql"):
        return url
    authority, slash, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    if "," in hosts:
        named = urlencode([("host", one) for one in hosts.split(",")], safe=":")
        path = f"{path}{'&' if '?' in path else '?'}{named}"
        hosts, slash = "", "/"
    return f"{POSTGRES}{separator}{user}{at}{hosts}{slash}{path}"


def check_database_url(url: str, pooling: str) -> None:
    """Raises ValueError, with what is wrong."""
    if not url.startswith(("postgresql", "sqlite")):
        raise ValueError("it must start with postgresql:// or sqlite:///")
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError(
            f"it is not like postgresql://user:password@host:5432/name; {ENCODE}"
        ) from error
    if parsed.drivername not in DRIVERS:
        raise ValueError("leave out the driver: it must start with postgresql:// or sqlite:///")
    if parsed.drivername == POSTGRES:
        _check_options(parsed, pooling)
    elif not parsed.database or parsed.database == ":memory:":
        raise ValueError("it must name the file, as in sqlite:////var/lib/hookline/hookline.db")


def _check_options(url: URL, pooling: str) -> None:
    if "options" in url.query and pooling == "transaction":
        raise ValueError(
            "with DATABASE_POOLING=transaction it can have no `options`, which a pooler does not "
            "pass on: give these settings to the database role (ALTER ROLE … SET …)"
        )
    mode = url.query.get("sslmode")
    if mode is not None and mode not in SSL_MODES:
        raise ValueError(f"sslmode must be one of {', '.join(SSL_MODES)}")
    for name, value in url.query.items():
        if isinstance(value, tuple) and name not in ("host", "port"):
            raise ValueError(f"it has the option {name!r} more than once")
        option: Any = {name: value}
        try:
            make_conninfo(**option)
        except (ProgrammingError, TypeError) as error:
            raise ValueError(f"PostgreSQL has no option {name!r}") from error


def check_redis_url(url: str) -> None:
    """Raises ValueError, with what is wrong."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it must start with redis://, rediss:// or unix://")
    try:
        ConnectionPool.from_url(url).make_connection()
    except TypeError as error:
        raise ValueError("it has an option after the ? that redis-py does not know") from error
    except ValueError as error:
        raise ValueError(f"it is not like redis://user:password@host:6379/0; {ENCODE}") from error
