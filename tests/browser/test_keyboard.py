"""By keyboard alone, from the log-in to a replayed delivery; and no page jumps."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product

MOST_SHIFT = 0.05
MOST_STEPS = 80
SHIFTS = """() => {
  window.shift = 0;
  window.moved = [];
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) {
      window.shift += one.value;
      for (const { node } of one.sources)
        window.moved.push(`${one.value}: ${node?.outerHTML ?? node?.textContent}`.slice(0, 200));
    }
  }).observe({ type: "layout-shift", buffered: true });
}"""
FOCUSED = "document.activeElement.ariaLabel || document.activeElement.innerText || ''"


def go_to(page: Page, name: str) -> None:
    """By Tab until the focus is on what has that name."""
    press_until(page, "Tab", name)


def press_until(page: Page, key: str, name: str) -> None:
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        if name in page.evaluate(FOCUSED):
            return
    pytest.fail(f"{key} does not lead to {name!r}.")


def test_from_the_log_in_to_a_replayed_delivery(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(who=None)
    page.goto("/login")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(product.demo.owner.email)
    page.keyboard.press("Tab")
    page.keyboard.type(product.demo.owner.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.keyboard.press("Control+k")
    page.keyboard.type("Warehouse")
    expect(page.locator("#found a").first).to_contain_text("Warehouse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Warehouse", exact=True)).to_be_visible()
    page.wait_for_load_state()  # the scripts that hear the keys
    page.keyboard.press("j")
    expect(page.locator(".go").first).to_be_focused()
    press_until(page, "j", "delivered")  # replays of other tests are retried, above it
    page.keyboard.press("Enter")
    pane = page.get_by_role("region", name="Delivery", exact=True)
    expect(pane.get_by_role("button", name="Replay")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(pane).to_be_focused()
    go_to(page, "Replay")
    page.keyboard.press("Enter")
    expect(pane.locator(".outcome .badge")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_jumps(open_page: Callable[..., Page], width: int) -> None:
    page = open_page(viewport={"width": width, "height": 900})
    page.add_init_script(f"({SHIFTS})()")
    for path in ("/", "/webhooks/", "/actions/", "/deliveries/", "/events/", "/actions/new"):
        page.goto(path)
        page.wait_for_timeout(500)
        assert page.evaluate("window.shift") < MOST_SHIFT, (path, page.evaluate("window.moved"))
