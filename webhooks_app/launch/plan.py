"""The decisions of `python app.py` before it starts anything."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import click
from msgspec.structs import replace

from webhooks_app.config import Settings, read_settings
from webhooks_app.launch.apart import apart
from webhooks_app.launch.demo_file import Demo, demo_file, kept_demo
from webhooks_app.launch.embedded_redis import EmbeddedRedis, embedded_redis
from webhooks_app.launch.external_redis import complaint
from webhooks_app.launch.place import Site, free_site
from webhooks_app.lib.logs import configure_logging


@dataclass(frozen=True, slots=True)
class StartPlan:
    """`settings` are for the children. `redis` is None if `REDIS_URL` is set.

    `demo_is_new` is True at the first start only.
    """

    settings: Settings
    site: Site
    redis: EmbeddedRedis | None
    demo: Demo | None
    demo_is_new: bool


def prepare(stack: ExitStack, folder: Path) -> StartPlan:
    """Check the port, migrate, make the demo. Raises `CannotStart`."""
    settings = read_settings(data_dir=folder)
    configure_logging(settings.log_level)
    site = free_site(settings.host, settings.port)
    settings = _allow_own_receiver(settings, site)
    redis = None
    if not settings.redis_url:
        redis = stack.enter_context(embedded_redis(folder))
        settings = replace(settings, redis_url=redis.url)
    elif said := complaint(settings.redis_url):
        click.echo(f"{said}; events are accepted and delivered, other jobs wait for it", err=True)
    before = kept_demo(demo_file(settings))
    demo = apart(partial(_demo, settings, site))
    return StartPlan(settings, site, redis, demo, demo_is_new=demo != before)


def _allow_own_receiver(settings: Settings, site: Site) -> Settings:
    """Allow deliveries to the built-in receiver, whose address is not public.

    Nothing else at that address is allowed.
    """
    if ip_address(site.reached_at).is_global:
        return settings
    listed = filter(None, (settings.allowed_networks, site.url.removeprefix("http://")))
    return replace(settings, allowed_networks=",".join(listed))


def _demo(settings: Settings, site: Site) -> Demo | None:
    """In a process of its own, which imports more than the one that stays needs."""
    from webhooks_app.launch.migrate import migrate_with_demo

    return migrate_with_demo(settings, site)
