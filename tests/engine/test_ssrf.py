"""Every address of the table is refused when it comes to sending, and the log says why."""

import asyncio
import socket
from dataclasses import replace

from aiohttp import ThreadedResolver
from aiohttp.abc import ResolveResult
from flask import Flask

from tests import factories
from tests.lib.test_ssrf import REFUSED
from tests.support.engine import attempts, deliveries
from tests.support.servers import wait_until
from webhooks_app.channels.webhook.endpoint import WebhookChannel
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.engine.engine import Engine
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation
from webhooks_app.parts import parts_of


class Rebinding(ThreadedResolver):
    def __init__(self) -> None:
        """The loop is not there yet."""

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:  # type: ignore[override]
        return asyncio.get_running_loop()

    """Numbers as the system reads them, in whatever spelling; any name is 127.0.0.1."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        spelled = host if host[0].isdigit() or ":" in host else "127.0.0.1"
        return await super().resolve(spelled, port, family)


def test_all_are_refused_with_the_reason_in_the_attempt_log(
    app: Flask, organisation: Organisation
) -> None:
    expected = {}
    for host, reason in REFUSED:
        webhook = factories.webhook(organisation, f"http://{host}:9/hook")
        expected[webhook.id] = (host, "loopback" if "name" in reason else reason)
    factories.accepted(organisation)
    webhooks = WebhookChannel(rebinding(), parts_of(app).vault, "test")
    engine = Engine(replace(engine_parts(app), channels={"webhook": webhooks}))
    engine.start()
    engine.drain(20)
    wait_until(lambda: not engine.busy, 20)
    engine.stop()

    logged = {attempt.delivery_id: attempt for attempt in attempts()}
    assert len(logged) == len(REFUSED)
    for delivery in deliveries():
        host, reason = expected[delivery.subscription_id]
        attempt = logged[delivery.id]
        assert attempt.failure == "refused", (host, attempt.error)
        assert reason in (attempt.error or ""), (host, attempt.error)
        assert delivery.status == "retrying"


def rebinding() -> Transport:
    return Transport(Guard(), timeout=5, connect_timeout=5, now=utcnow, resolver=Rebinding())
