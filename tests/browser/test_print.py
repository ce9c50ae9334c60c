"""On paper there is what one reads, and nothing to press."""

from playwright.sync_api import Page, expect

PRESSED = "nav, button:not(.switch), .button, select, input, dialog, #brushed"


def test_pages_are_printed_without_what_one_presses(page: Page) -> None:
    page.goto("/deliveries/?status=failed")
    delivery = page.locator(".go").first.get_attribute("href")
    assert delivery
    page.emulate_media(media="print")
    for path in (delivery, "/", "/webhooks/", "/docs/api"):
        page.goto(path)
        expect(page.locator(f":is({PRESSED}):visible")).to_have_count(0)
    page.goto(delivery)
    expect(page.locator(".pane .attempt").first).to_be_visible()
    expect(page.locator("#deliveries")).to_be_hidden()
