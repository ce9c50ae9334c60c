"""What goes wrong around a page: other tabs, lost sessions, impatient clicks, reloads."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.product import Product

CLICK_AND_CLICK_AGAIN = "button => { button.click(); setTimeout(() => button.click(), 20); }"


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def fill(page: Page, product: Product, name: str) -> None:
    page.goto("/webhooks/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("URL").fill(product.inbox)
    page.get_by_label("lead.captured").check()


def test_an_impatient_click_and_a_reload_make_no_second_webhook(
    page: Page, product: Product
) -> None:
    fill(page, product, "Only once")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.get_by_role("button", name="Save").evaluate(CLICK_AND_CLICK_AGAIN)
    expect(page.get_by_label("Signing secret")).to_be_visible()
    # What the form will do is asked for by a POST, too.
    assert sum(one.startswith("POST") and one.endswith("/new") for one in sent) == 1
    page.reload()
    expect(page.get_by_text("was shown once")).to_be_visible()
    page.goto("/webhooks/")
    expect(row(page, "Only once")).to_have_count(1)


def test_two_tabs_in_two_modes_save_each_their_form(page: Page, product: Product) -> None:
    fill(page, product, "Of the live tab")
    other = page.context.new_page()
    other.goto("/webhooks/")
    other.get_by_role("navigation", name="Mode").get_by_role("link", name="Test").click()
    other.wait_for_url("**/test/webhooks/")
    fill(other, product, "Of the test tab")
    for tab, mode, name in ((page, "live", "Of the live tab"), (other, "test", "Of the test tab")):
        tab.get_by_role("button", name="Save").click()
        expect(tab.get_by_label("Signing secret")).to_be_visible()
        tab.get_by_role("link", name="I have saved it").click()
        expect(tab.get_by_role("heading", name=name, exact=True)).to_be_visible()
        tab.wait_for_url(f"**/{mode}/webhooks/whk_*")

    in_test = urlsplit(other.url)
    page.reload()  # now this tab, in live mode, is where the person was last
    page.goto(f"/webhooks/{in_test.path.rpartition('/')[2]}")
    expect(page.get_by_role("heading", name="Of the test tab", exact=True)).to_be_visible()
    expect(page.get_by_text("You are now in test mode.")).to_be_visible()
    expect(page).to_have_url(other.url)

    page.get_by_role("navigation", name="Mode").get_by_role("link", name="Live").click()
    page.wait_for_url("**/live/webhooks/")
    expect(row(page, "Of the live tab")).to_have_count(1)
    expect(row(page, "Of the test tab")).to_have_count(0)
    for tab, name in ((other, "Of the test tab"), (page, "Of the live tab")):
        tab.get_by_role("link", name=re.compile(f"^Delete( {name})?$")).click()
        tab.get_by_role("button", name="Delete").click()
        expect(tab.get_by_text(f"{name} was deleted.")).to_be_visible()


def test_what_is_gone_opens_no_empty_drawer(
    open_page: Callable[..., Page], product: Product
) -> None:
    page = open_page(errors="404|401")
    fill(page, product, "Soon gone")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="I have saved it").click()
    other = page.context.new_page()
    other.goto(page.url + "/delete")
    page.goto("/webhooks/")
    other.get_by_role("button", name="Delete").click()
    expect(other.get_by_text("Soon gone was deleted.")).to_be_visible()
    row(page, "Soon gone").get_by_role("link", name="Logs").click()
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("This no longer exists")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    page.wait_for_url("**/live/webhooks/")
    page.context.clear_cookies()
    row(page, "Demo receiver").get_by_role("button", name="Test").click()
    expect(toast).to_contain_text("You have been logged out")
    toast.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
