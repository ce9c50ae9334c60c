"""A digest: its fields appear, the preview shows in its frame, one is mailed, then it is saved."""

from playwright.sync_api import Page, expect

from tests.browser.product import Product


def test_a_digest_is_seen_before_it_is_made(page: Page, product: Product) -> None:
    page.goto("/actions/new")
    page.get_by_label("Name").fill("Every hour")
    page.get_by_label("send an e-mail").check()
    page.get_by_label("To", exact=True).fill("ada@example.com")
    hour = page.get_by_label("At", exact=True)
    expect(hour).to_be_hidden()
    page.get_by_label("How often").select_option("weekly")
    expect(hour).to_be_visible()
    expect(page.get_by_label("On", exact=True)).to_be_visible()
    page.get_by_label("Time zone").select_option("Asia/Kathmandu")
    page.get_by_text("Preview", exact=True).click()
    frame = page.frame_locator("iframe[name=digest-preview]")
    page.get_by_role("button", name="Show preview").click()
    expect(frame.get_by_text("(Asia/Kathmandu)")).to_be_visible()
    expect(frame.get_by_text("Sent by the action “Every hour”")).to_be_visible()
    page.get_by_role("button", name="Send to me").click()
    expect(frame.get_by_text("in the outbox")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Every hour")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("How often")).to_have_value("weekly")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Kathmandu")
