"""A Redis that someone else runs, at `REDIS_URL`."""

from redis.exceptions import RedisError

from webhooks_app.launch.errors import CannotStart
from webhooks_app.queue import fast_redis


def complaint(url: str) -> str | None:
    """What is wrong with it now, if anything. Raises `CannotStart` when the URL is none."""
    try:
        fast_redis(url).ping()
    except ValueError as error:
        raise CannotStart(f"REDIS_URL: {error}") from error
    except (RedisError, OSError):
        return "Redis at REDIS_URL does not answer"
    return None
