"""`python app.py` in its own folder, with realistic data, and its log-ins."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from tests.launch.instance import Instance
from tests.support.scene import paint
from tests.support.servers import PATIENCE
from webhooks_app import create_app
from webhooks_app.config import read_settings
from webhooks_app.extensions import db
from webhooks_app.launch.demo import Demo, kept_demo
from webhooks_app.parts import parts_of

LEAD = {"type": "lead.captured", "data": {"name": "Ada Löwe", "email": "ada@example.com"}}


@dataclass(frozen=True)
class Product:
    url: str
    demo: Demo
    folder: Path

    def log_in(self, page: Page, who: str) -> None:
        """As `owner` or `viewer` of the demo organisation."""
        person = getattr(self.demo, who)
        page.goto("/login")
        page.get_by_label("E-mail").fill(person.email)
        page.get_by_label("Password").fill(person.password)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/")

    @property
    def inbox(self) -> str:
        return f"{self.url}/test-webhook/{self.demo.inbox_token}"


@contextmanager
def started(folder: Path) -> Iterator[Product]:
    """The running product, with realistic data in its demo organisation."""
    with Instance(folder, LOGIN_RATE_LIMIT="1000 per minute") as instance:
        demo = kept_demo(folder / "demo.json")
        assert demo is not None
        app = create_app(read_settings({}, data_dir=folder))
        with app.app_context():
            with Session(db.engine) as session:
                paint(session, demo.organisation_id, parts_of(app).vault)
            db.engine.dispose()
        product = Product(instance.url, demo, folder)
        requests.post(product.inbox, json=LEAD, timeout=PATIENCE).raise_for_status()
        yield product
