"""axe-core on every page, light and dark; and nothing scrolls sideways on a phone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import paths

AXE = Axe()


def findings(page: Page) -> list[str]:
    return [
        f"{page.url} {one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])})"
        for one in AXE.run(page).response["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce", errors="404")
    found = []
    for path in paths(page).values():
        page.goto(path)
        found += findings(page)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_before_the_log_in(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(None, color_scheme=scheme)
    page.goto("/login")
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_drawer(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    page.goto("/webhooks/")
    page.get_by_role("row", name="Old CRM").get_by_role("link", name="Logs").click()
    page.locator("#drawer .log summary").first.click()
    page.locator("#drawer .attempt").first.wait_for()
    assert findings(page) == []


def test_nothing_scrolls_sideways_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, errors="404")
    wide = []
    for path in paths(page).values():
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(path)
    assert wide == []


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport={"width": 390, "height": 844})
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Events")
    assert not link.is_visible()
    page.get_by_role("button", name="Menu").press("Enter")
    assert link.is_visible()
    page.keyboard.press("Escape")
    assert not link.is_visible()
