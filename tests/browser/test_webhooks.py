"""Webhooks and their drawer in a browser, with a real worker behind them."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.product import Product


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def test_a_toggle_swaps_itself_and_keeps_the_focus(page: Page) -> None:
    page.goto("/webhooks/")
    switch = row(page, "Warehouse").get_by_role("switch")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(switch).to_be_focused()
    expect(row(page, "Warehouse").get_by_role("button", name="Test")).to_be_disabled()
    page.reload()
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")


def test_a_test_shows_its_result_in_place_and_leads_to_its_log_line(page: Page) -> None:
    page.goto("/webhooks/")
    one = row(page, "Demo receiver")
    one.get_by_role("button", name="Test").click()
    expect(one.get_by_role("status").locator(".badge.delivered")).to_be_visible()
    one.get_by_role("link", name="View details").click()
    expect(page.locator("#drawer .attempt")).to_contain_text("200")
    expect(page).not_to_have_url(re.compile("/webhooks/$"))


def test_a_test_with_own_data_asks_before_it_discards_what_was_typed(
    page: Page, product: Product
) -> None:
    """The drawer has the form, and so has the page behind it."""
    page.goto(f"/webhooks/{product.demo.subscription_id}/test-with-data")
    behind, drawer = page.locator("main"), page.get_by_role("dialog")
    sample = behind.locator("[name=data]").input_value()
    behind.get_by_role("link", name="Logs").click()
    drawer.get_by_role("link", name="Test with your own data").click()
    event, box = drawer.locator("[name=event_type]"), drawer.locator("[name=data]")
    typed = '{"name": "Typed"}'
    box.fill(typed)
    page.once("dialog", lambda asked: asked.dismiss())
    event.select_option("booking.confirmed")
    expect(event).to_have_value("lead.captured")
    expect(box).to_have_value(typed)
    page.once("dialog", lambda asked: asked.accept())
    event.select_option("booking.confirmed")
    expect(box).not_to_have_value(typed)
    expect(event).to_have_value("booking.confirmed")
    expect(behind.locator("[name=data]")).to_have_value(sample)
    # Nothing was typed, so it does not ask; a question would be dismissed.
    event.select_option("lead.captured")
    expect(box).to_have_value(sample)
    box.fill(typed)
    drawer.get_by_role("button", name="Send test").click()
    expect(drawer.get_by_role("status").locator(".badge.delivered")).to_be_visible()
    expect(box).to_have_value(typed)


def test_the_drawer_has_an_address_and_closes_by_escape(page: Page) -> None:
    page.goto("/webhooks/")
    link = row(page, "Old CRM").get_by_role("link", name="Logs")
    link.click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_be_visible()
    page.wait_for_url("**/logs")
    page.keyboard.press("Escape")
    expect(drawer).not_to_be_visible()
    page.wait_for_url("**/live/webhooks/")
    expect(link).to_be_focused()


def test_back_closes_the_drawer_and_a_reload_keeps_its_page(page: Page) -> None:
    page.goto("/webhooks/")
    row(page, "Old CRM").get_by_role("link", name="Logs").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).not_to_be_visible()
    row(page, "Old CRM").get_by_role("link", name="Logs").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Logs of Old CRM").last).to_be_visible()


def test_the_drawer_tells_the_tries_and_refreshes_without_losing_the_place(page: Page) -> None:
    page.goto("/webhooks/")
    row(page, "Demo receiver").get_by_role("link", name="Logs").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Test").click()
    first = drawer.locator(".logged").first
    expect(first.locator(".badge").first).to_contain_text("delivered")
    first.get_by_role("link").click()
    expect(drawer.locator(".attempt")).to_contain_text("Attempt 1")
    opened = first.get_attribute("id")
    with page.expect_response("**/logs"):
        pass
    expect(drawer.locator(".attempt")).to_contain_text("Attempt 1")
    expect(drawer.locator(f"#{opened} .go")).to_have_attribute("aria-current", "true")


def test_closing_the_drawer_ends_its_refreshing(page: Page) -> None:
    page.goto("/webhooks/")
    row(page, "Old CRM").get_by_role("link", name="Logs").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert not [url for url in asked if "/logs" in url]


def test_a_webhook_is_made_tested_changed_and_deleted(page: Page, product: Product) -> None:
    page.goto("/webhooks/new")
    page.get_by_label("Name").fill("Made by hand")
    page.get_by_label("URL").fill(product.inbox)
    page.get_by_label("Search events").fill("lead.cap")
    assert page.get_by_label("lead.updated").is_hidden()
    page.get_by_label("lead.captured").check()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_label("Signing secret").input_value().startswith("whsec_")
    page.get_by_role("link", name="I have saved it").click()
    expect(page.locator("#logs .logged").first).to_contain_text("webhook.ping")
    expect(page.locator("#logs .logged .badge").first).to_contain_text("delivered")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("Renamed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Renamed", exact=True)).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Renamed was deleted.")).to_be_visible()


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(errors="422")
    page.goto("/webhooks/new")
    page.get_by_label("Name").fill("Half done")
    page.get_by_label("URL").fill("ftp://nowhere")
    page.get_by_role("button", name="Save").click()
    summary = page.get_by_role("alert").filter(has_text="Not saved")
    expect(summary).to_contain_text("2 errors")
    expect(page.get_by_label("Name")).to_have_value("Half done")
    expect(page.get_by_label("URL")).to_have_attribute("aria-invalid", "true")
    summary.get_by_role("link", name="URL").click()
    expect(page.get_by_label("URL")).to_be_focused()


def test_a_request_that_fails_says_so_and_offers_again(open_page: Callable[..., Page]) -> None:
    page = open_page(errors="Failed")
    page.goto("/webhooks/")
    page.route("**/test", lambda route: route.abort())
    one = row(page, "Demo receiver")
    one.get_by_role("button", name="Test").click()
    toast = page.get_by_role("alert").filter(has_text="No response")
    expect(toast).to_be_visible()
    page.unroute("**/test")
    toast.get_by_role("button", name="Try again").click()
    expect(one.get_by_role("status").locator(".badge.delivered")).to_be_visible()


def test_live_and_test_are_two_worlds(page: Page) -> None:
    page.goto("/webhooks/")
    mode = page.get_by_role("navigation", name="Mode")
    expect(mode).to_have_count(1)
    mode.get_by_role("link", name="Test").click()
    expect(page.get_by_text("Test mode: separate from live")).to_be_visible()
    expect(row(page, "Warehouse")).to_have_count(0)
    page.wait_for_url("**/test/webhooks/")
    mode.get_by_role("link", name="Live").click()
    expect(row(page, "Warehouse")).to_be_visible()
    page.wait_for_url("**/live/webhooks/")
