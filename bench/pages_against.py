"""Each page of the dashboard over a long history, beside a short one in a second database.

A page is opened in turns in both, so that other load slows both alike.
"""

import time
from statistics import median
from typing import Any, NamedTuple

from bench.history import History
from bench.pages import ENTRY_EVERY, WARM_UPS, Browser, Page, fill_audit_log, opened_ms, pages_of
from bench.support import Product, beside, checkpoint, product, settle
from tests import factories
from tests.web.conftest import PASSWORD, Person


class Compared(NamedTuple):
    """Medians. `ratio` is the long history's divided by the short one's."""

    short_ms: float
    long_ms: float
    ratio: float

    def __str__(self) -> str:
        return f"{self.short_ms:7.1f} ms  {self.long_ms:7.1f} ms  {self.ratio:5.2f} ×"


class Side(NamedTuple):
    person: Person
    pages: dict[str, Page]


def run(count: int, against: int, others: int, times: int) -> dict[str, Any]:
    with product() as large, beside(large) as small:
        began = time.perf_counter()
        long, short = _side(large, count, others), _side(small, against, others)
        seconds = round(time.perf_counter() - began)
        pages = {name: _compare(short, long, name, times) for name in short.pages}
        worst = max(pages, key=lambda name: pages[name].ratio)
        return {
            "long": count,
            "short": against,
            "seeded_in_s": seconds,
            **pages,
            "worst": worst,
            "ratio": pages[worst].ratio,
        }


def _side(made: Product, count: int, others: int) -> Side:
    made.app.test_client_class = Browser
    with made.app.app_context():
        ours = History("Acme", webhooks=150, actions=50)
        ours.fill(count)
        fill_audit_log(ours.organisation, count // ENTRY_EVERY)
        History("Others", webhooks=20, actions=0).fill(others)
        settle()
        checkpoint()
        factories.member(ours.organisation, factories.user("owner@example.com", PASSWORD))
        owner = Person(made.app.test_client()).log_in("owner@example.com")
        return Side(owner, pages_of(ours.organisation))


def _compare(short: Side, long: Side, name: str, times: int) -> Compared:
    took: dict[int, list[float]] = {0: [], 1: []}
    for n in range(WARM_UPS + times):
        for which in (0, 1) if n % 2 else (1, 0):
            side = (short, long)[which]
            took[which].append(opened_ms(side.person, side.pages[name]))
    before, after = (median(took[which][WARM_UPS:]) for which in (0, 1))
    return Compared(round(before, 1), round(after, 1), round(after / before, 2))
