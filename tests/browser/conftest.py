"""The whole product as people run it, seen through Debian's Chromium."""

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.product import Product, started

# Machines are sometimes busy.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)
# A pattern that matches no console message.
NONE = r"(?!)"
# The first does without a window and takes two thirds of the CPU.
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with started(tmp_path_factory.mktemp("product") / "data") as product:
        yield product


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Not for the session: while Playwright runs, no test can run its own event loop."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, product: Product) -> Iterator[Callable[..., Page]]:
    """`open_page()`: a page in its own session, logged in as the owner by default.

    An error in its console fails the test, unless the pattern `errors` matches it. Nothing moves:
    axe would judge colours that are still fading in.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(who: str | None = "owner", errors: str = NONE, **more: Any) -> Page:
        context = browser.new_context(
            **{"base_url": product.url, "reduced_motion": "reduce"} | more
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()

        def note(text: str) -> None:
            if not re.search(errors, text):
                complaints.append(text)

        page.on("console", lambda said: note(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: note(str(error)))
        if who is not None:
            product.log_in(page, who)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()
