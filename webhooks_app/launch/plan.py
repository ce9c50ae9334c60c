"""The decisions of `python app.py` before it starts anything."""

from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import click
from msgspec.structs import replace

from webhooks_app.config import Settings, read_settings
from webhooks_app.extensions import db
from webhooks_app.launch.demo import Demo, demo_file, demo_for, kept_demo
from webhooks_app.launch.embedded_redis import EmbeddedRedis, embedded_redis
from webhooks_app.launch.external_redis import complaint
from webhooks_app.launch.migrate import app_for, migrate, said_in_one_line
from webhooks_app.launch.place import Site, free_site
from webhooks_app.operations.start import check_start


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
    site = free_site(settings.host, settings.port)
    settings = _allow_own_receiver(settings, site)
    redis = None
    if not settings.redis_url:
        redis = stack.enter_context(embedded_redis(folder))
        settings = replace(settings, redis_url=redis.url)
    elif said := complaint(settings.redis_url):
        click.echo(f"{said}; events are accepted, and sent when it does", err=True)
    before = kept_demo(demo_file(settings))
    demo = _demo(settings, site)
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
    app = app_for(settings)
    migrate(app)
    check_start(app)
    with said_in_one_line("the database"), app.app_context():
        demo = demo_for(settings, site) if settings.demo else None
        db.engine.dispose()
    return demo
