"""axe-core on every page, light and dark; no page scrolls sideways on a phone."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.crawl import pages_of, reach
from tests.browser.forms import submit
from tests.browser.pages import paths
from tests.browser.product import Product
from webhooks_app import create_app
from webhooks_app.config import read_settings

AXE = Axe()
# Pages that a form leads to: the list, the link of one item, and the page.
MADE_BY_FORMS = (
    ("/webhooks/", "edit", "secret"),
    ("/actions/", "edit", "secret"),
    ("/webhooks/", "edit", "resume"),
    ("/actions/", "edit", "resume"),
    ("/api-keys/", "revoke", "made"),
    ("/members/", "remove", "role"),
)


# What another colour scheme can change.
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
VIOLATIONS = {"resultTypes": ["violations"]}


def findings(page: Page) -> list[str]:
    found = []
    for scheme, rules in (("light", {}), ("dark", OF_COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for one in AXE.run(page, options={**VIOLATIONS, **rules}).response["violations"]:
            html, times = one["nodes"][0]["html"][:200], len(one["nodes"])
            found.append(f"{page.url} {scheme} {one['id']}: {html} ({times})")
    return found


def test_axe_finds_nothing_on_any_page(open_page: Callable[..., Page], tmp_path: Path) -> None:
    """Each page that has a picture, and one of every endpoint, so that none is forgotten."""
    app = create_app(read_settings({}, data_dir=tmp_path))
    page = open_page(errors="404")
    made = made_by_hand(page, "order.placed")
    found, reached = [], set()
    for endpoint in reach(page, app, [*paths(page).values(), "/actions/logs", *made]):
        reached.add(endpoint)
        found += findings(page)
    assert found == []
    assert pages_of(app) - reached == set()


def made_by_hand(page: Page, event_type: str) -> list[str]:
    """Pages that no link leads to while nobody has done anything."""
    page.goto("/event-types/new")
    page.get_by_label("Name").fill(event_type)
    page.get_by_label("Sample").fill('{"number": 1}')
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**/event-types/{event_type}")
    page.goto("/members/")
    page.get_by_label("E-mail to invite").fill(f"{event_type}@people.example")
    submit(page.get_by_role("button", name="Invite"))
    page.goto("/simulator/")
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Send as visitor").click()
    page.locator("#conversation li").first.wait_for()
    page.wait_for_url(re.compile(r"/simulator/\w"))
    conversation = page.url
    page.goto("/deliveries/?status=delivered")
    page.locator("input[name=delivery_id]").first.check()
    page.get_by_role("button", name="Replay 1 selected").click()
    page.get_by_role("heading", name="Done").wait_for()
    replay = page.url
    made_by_forms = []
    for index, link, ending in MADE_BY_FORMS:
        page.goto(index)
        href = page.locator(f"main a[href$='/{link}']").first.get_attribute("href")
        assert href
        made_by_forms.append(href.removesuffix(link) + ending)
    made = [f"/event-types/{event_type}", urlsplit(conversation).path, urlsplit(replay).path]
    return made + made_by_forms


def test_axe_finds_nothing_before_the_log_in(open_page: Callable[..., Page]) -> None:
    page = open_page(None, errors="404")
    found = []
    for path in (
        "/login",
        "/password/forgot",
        "/password/reset/x",
        "/invitations/x",
        "/account/not-me/x",
        "/docs/",
    ):
        page.goto(path)
        found += findings(page)
    assert found == []


def test_axe_finds_nothing_in_the_drawer(page: Page) -> None:
    page.goto("/webhooks/")
    page.get_by_role("row", name="Old CRM").get_by_role("link", name="Logs").click()
    page.locator("#drawer .go").first.click()
    page.locator("#drawer .attempt").first.wait_for()
    assert findings(page) == []


@pytest.mark.parametrize("kind", ["action", "webhook"])
def test_axe_finds_nothing_in_a_form_in_the_drawer(page: Page, kind: str) -> None:
    page.goto(f"/{kind}s/")
    page.get_by_role("link", name=f"New {kind}").click()
    page.get_by_role("dialog").get_by_label("Name").wait_for()
    assert findings(page) == []


# Labels and buttons whose text is wider than they are; not those for screen readers only.
SQUEEZED = """() => [...document.querySelectorAll("label, button")]
  .filter((one) => one.clientWidth > 2 && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.textContent.trim())"""


def test_nothing_scrolls_sideways_or_overlaps_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, errors="404")
    wide, squeezed = [], {}
    for path in paths(page).values():
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(path)
        if found := page.evaluate(SQUEEZED):
            squeezed[path] = found
    assert (wide, squeezed) == ([], {})


def test_what_one_can_do_with_a_webhook_is_in_sight_on_a_phone(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page.goto("/webhooks/")
    row = page.locator("tr", has_text="Warehouse")
    for one in row.locator("button, a, .spark").all():
        box = one.bounding_box()
        assert box
        assert box["width"] > 0
        assert box["x"] + box["width"] <= 390
    assert findings(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_long_names_push_nothing_sideways(
    open_page: Callable[..., Page], product: Product, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 844})
    page.goto("/webhooks/new")
    page.get_by_label("Name").fill("שלום مرحبا " + "W" * 180)
    page.get_by_label("URL").fill(f"{product.inbox}?{'x' * 300}")
    page.get_by_label("Description").fill("W" * 200)
    page.get_by_label("lead.captured").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="I have saved it").click()
    its = page.url
    wide = []
    for path in (
        its,
        f"{its}/edit",
        f"{its}/delete",
        "/webhooks/",
        "/webhooks/logs",
        "/",
        "/events/",
    ):
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(path)
    page.goto(f"{its}/delete")
    page.get_by_role("button", name="Delete").click()
    assert wide == []


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport={"width": 390, "height": 844})
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Events")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
