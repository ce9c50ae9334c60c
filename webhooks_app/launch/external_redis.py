"""The Redis at `REDIS_URL`, which someone else runs."""

from redis.exceptions import RedisError

from webhooks_app.queue import fast_redis


def complaint(url: str) -> str | None:
    """What is wrong with it, if anything."""
    try:
        fast_redis(url).ping()
    except (RedisError, OSError) as error:
        return f"Redis at REDIS_URL does not respond ({error})"
    return None
