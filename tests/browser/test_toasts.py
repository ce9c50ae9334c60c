"""Toasts: they float, can be undone by keyboard, and many rows change at once."""

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.product import Product


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def make(page: Page, product: Product, name: str) -> None:
    page.goto("/webhooks/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("URL").fill(product.inbox)
    page.get_by_label("lead.captured").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="I have saved it").wait_for()


# Where the heading and the list begin: a row of the list grows when it shows its state.
TOPS = """[...document.querySelectorAll("h1, table")].map((e) => e.getBoundingClientRect().top)"""


def test_a_switch_is_undone_in_place_by_the_keyboard(page: Page) -> None:
    page.goto("/webhooks/")
    switch = row(page, "Warehouse").get_by_role("switch")
    switch.scroll_into_view_if_needed()
    before = page.evaluate(TOPS)
    switch.click()
    toast = page.get_by_role("status").filter(has_text="Warehouse is off.")
    expect(toast).to_be_visible()
    assert page.evaluate(TOPS) == before
    page.keyboard.press("u")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.locator(".toast", has_text="Warehouse is off.")).to_have_count(0)
    expect(page.locator(".toast", has_text="1 webhook back.")).to_be_visible()
    switch.click()
    undo = page.get_by_role("button", name="Undo")
    box = undo.bounding_box()
    assert box is not None
    assert box["width"] > box["height"]  # one line
    undo.focus()
    page.keyboard.press("Enter")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(toast).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.reload()
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")


def test_a_toast_goes_by_itself_but_not_while_somebody_reads_it(page: Page) -> None:
    page.clock.install()
    page.goto("/webhooks/")
    switch = row(page, "Warehouse").get_by_role("switch")
    switch.click()
    toast = page.locator(".toast", has_text="Warehouse is off.")
    expect(toast).to_be_visible()
    toast.hover()
    page.clock.run_for(60_000)
    expect(toast).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.run_for(21_000)
    expect(toast).to_have_count(0)
    switch.click()
    page.locator(".toast").get_by_role("button", name="Dismiss").last.click()


def test_many_are_switched_off_deleted_and_brought_back(page: Page, product: Product) -> None:
    for name in ("Bulk one", "Bulk two"):
        make(page, product, name)
    page.goto("/webhooks/")
    expect(page.get_by_role("button", name="Switch off")).to_be_hidden()
    for name in ("Bulk one", "Bulk two"):
        page.get_by_label(f"Select {name}").check()
    expect(page.locator("#bulk")).to_contain_text("2 selected")
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("2 webhooks switched off.")).to_be_visible()
    for name in ("Bulk one", "Bulk two"):
        expect(row(page, name).get_by_role("switch")).to_have_attribute("aria-checked", "false")
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", name="Delete 2 webhooks?")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Delete 2 webhooks").click()
    expect(row(page, "Bulk one")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 webhooks back.")).to_be_visible()
    expect(row(page, "Bulk one")).to_be_visible()


def test_a_deletion_is_undone_without_javascript(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(java_script_enabled=False)
    make(page, product, "Back soon")
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Back soon", exact=True)).to_be_visible()
