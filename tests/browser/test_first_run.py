"""Someone new to the product sets it up, breaks it, understands why, fixes it and replays."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.forms import submit
from tests.browser.product import Product


def test_from_nothing_to_a_signed_delivery_and_back_from_a_failure(
    page: Page, product: Product
) -> None:
    page.goto("/test-webhook/")
    page.get_by_label("Name").fill("My server")
    page.get_by_role("button", name="Create inbox").click()
    page.wait_for_url(re.compile(r"/test-webhook/\w"))
    inbox = page.url
    page.get_by_role("link", name="Create a webhook that sends here").click()

    sends_to = f"{product.url}/test-webhook/{inbox.rpartition('/')[2]}"
    assert page.get_by_label("URL").input_value() == sends_to
    page.get_by_label("Name").fill("My first webhook")
    page.get_by_label("lead.captured").check()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_label("Signing secret").input_value().startswith("whsec_")
    expect(page.get_by_text("Verify signatures")).to_be_visible()
    expect(page.locator(".outcome .badge.delivered")).to_be_visible()

    page.goto(inbox)
    expect(page.locator("#requests")).to_contain_text("webhook.ping")
    expect(page.locator("#requests")).to_contain_text("signature verified")

    page.locator("#answer > summary").click()
    page.get_by_label("Status").fill("500")
    page.get_by_role("textbox", name="Body").fill('{"problem": "out of coffee"}')
    page.get_by_role("button", name="Save response").click()

    page.goto("/webhooks/")
    row = page.get_by_role("row").filter(has_text="My first webhook")
    row.get_by_role("button", name="Test").click()
    expect(row.get_by_role("status").locator(".badge.failed")).to_be_visible()
    row.get_by_role("link", name="View details").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".verdict")).to_contain_text("500")
    expect(drawer.get_by_role("group", name="Response")).to_contain_text("out of coffee")
    page.keyboard.press("Escape")
    page.wait_for_url("**/webhooks/")

    page.goto(inbox)
    submit(page.get_by_role("button", name="Respond with 200 again"))
    page.goto("/webhooks/")
    row.get_by_role("link", name="Logs").click()
    drawer.locator(".logged").filter(has_text="failed").first.click()
    drawer.get_by_role("button", name="Replay").click()
    expect(drawer.locator(".outcome .badge.delivered")).to_be_visible()


def test_requests_show_in_the_inbox_as_they_come(page: Page) -> None:
    page.goto("/test-webhook/")
    page.get_by_role("link", name="Demo receiver").click()
    page.wait_for_url(re.compile(r"/test-webhook/\w"))
    watching = page.context.new_page()
    watching.goto(page.url)
    page.goto("/webhooks/")
    row = page.get_by_role("row").filter(has_text="Demo receiver")
    row.get_by_role("button", name="Test").click()
    newest = watching.locator("#requests .card, #requests li").first
    expect(newest).to_contain_text("Maya Lindqvist")
    expect(newest).to_contain_text("signature verified")


@pytest.mark.parametrize("kind", ["webhook", "action"])
def test_by_oneself_three_clicks_after_the_log_in_lead_to_a_verified_signature(
    page: Page, kind: str
) -> None:
    """In test mode, where nothing was made yet; the clicks are counted."""
    page.get_by_role("navigation", name="Mode").get_by_role("link", name="Test").click()
    steps, clicks = page.locator("#first-steps"), 0
    if kind == "action":
        steps.get_by_role("link", name="With an action").click()
        clicks += 1
    expect(steps).to_contain_text("Create an action" if kind == "action" else "Create a webhook")
    expect(steps).to_contain_text(re.compile("[01] of 4 steps done"))
    for number, button in enumerate(
        ("Open a test receiver", f"Create the {kind}", "Send the sample"), 1
    ):
        # Another test may have left a receiver that nothing sends to.
        if number > 1 or steps.get_by_role("button", name=button).is_visible():
            steps.get_by_role("button", name=button).click()
        clicks += 1
        expect(steps).to_contain_text(re.compile(f"[{number}-4] of 4 steps done"))
    expect(steps).to_contain_text("signature verified")
    assert clicks <= 5
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert Axe().run(page).response["violations"] == []
    steps.get_by_role("link", name="Look at the request").click()
    expect(page.locator("main")).to_contain_text("signature verified")

    page.goto(f"/{kind}s/")
    page.locator("[data-choice]").check()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name=f"Delete 1 {kind}").click()
    expect(page.get_by_text(f"No {kind}s in test mode yet")).to_be_visible()


def test_with_the_demo_one_click_after_the_log_in_is_enough(page: Page) -> None:
    page.goto("/first-steps/")
    steps = page.locator("#first-steps")
    expect(steps).to_contain_text(re.compile("[24] of 4 steps done"))
    if steps.get_by_role("button", name="Send the sample").is_visible():
        steps.get_by_role("button", name="Send the sample").click()
    expect(steps).to_contain_text("signature verified")
