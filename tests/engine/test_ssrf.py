"""Every address in the table is refused at sending, and the log says why."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Flask

from tests import factories
from tests.lib.test_ssrf import REFUSED
from tests.support.engine import attempts, deliveries
from tests.support.servers import PATIENCE, wait_until
from webhooks_app.channels.webhook.endpoint import WebhookChannel
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.engine.engine import Engine
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation
from webhooks_app.parts import parts_of


class Rebinding:
    """Any name is 127.0.0.1."""

    async def addresses(self, name: str, within: float) -> Sequence[str]:
        return ["127.0.0.1"]

    async def close(self) -> None:
        pass


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
    assert engine.drain(PATIENCE)
    wait_until(lambda: not engine.busy)
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
    return Transport(Guard(), timeout=5, connect_timeout=5, now=utcnow, resolver=Rebinding)
