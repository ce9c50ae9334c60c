"""An endpoint that fails and comes back: Retry now, and Recover for what it missed."""

import re

import requests
from playwright.sync_api import Page, expect

from tests.browser.forms import submit
from tests.browser.product import LEAD, Product
from tests.support.servers import PATIENCE, wait_until


def endpoint(page: Page, name: str) -> str:
    """A webhook that sends to an inbox of its own; the inbox's page."""
    page.goto("/test-webhook/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create inbox").click()
    page.wait_for_url(re.compile(r"/test-webhook/\w"))
    inbox = page.url
    page.get_by_role("link", name="Create a webhook that sends here").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("lead.captured").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="I have saved it").click()
    expect(page.locator("#logs .logged .badge").first).to_contain_text("delivered")
    return inbox


def answer(page: Page, inbox: str, status: int) -> None:
    page.goto(inbox)
    page.locator("#answer > summary").click()
    page.get_by_label("Status").fill(str(status))
    submit(page.get_by_role("button", name="Save response"))


def send_leads(product: Product, count: int) -> None:
    for _ in range(count):
        requests.post(
            f"{product.url}/api/v1/events",
            json=LEAD,
            headers={"Authorization": f"Bearer {product.demo.api_key}"},
            timeout=PATIENCE,
        ).raise_for_status()


def test_a_delivery_that_waits_is_retried_now(page: Page, product: Product) -> None:
    inbox = endpoint(page, "Comes back")
    answer(page, inbox, 500)
    send_leads(product, 1)
    page.goto("/webhooks/")
    row = page.get_by_role("row").filter(has_text="Comes back")
    row.get_by_role("link", name="Logs").click()
    drawer = page.get_by_role("dialog")
    line = drawer.locator(".logged").first
    expect(line.locator(".badge").first).to_contain_text("retrying")

    answer(page, inbox, 200)
    page.goto("/webhooks/")
    row.get_by_role("link", name="Logs").click()
    line.get_by_role("link").click()
    expect(drawer).to_contain_text("Retry now makes attempt 2 at once.")
    drawer.get_by_role("button", name="Retry now").click()
    expect(drawer).to_contain_text("Retrying now.")
    expect(drawer.locator(".attempt")).to_have_count(2)
    expect(drawer.get_by_text("It arrived. Replay sends it a second time.")).to_be_visible()


def test_what_was_missed_after_a_410_is_sent(page: Page, product: Product) -> None:
    inbox = endpoint(page, "Gone for a while")
    answer(page, inbox, 410)
    send_leads(product, 1)
    page.goto("/webhooks/")
    row = page.get_by_role("row").filter(has_text="Gone for a while")
    switch = row.get_by_role("switch")
    is_off = row.get_by_role("switch", checked=False)
    wait_until(lambda: bool(page.reload()) and is_off.is_visible(), every=0.2)
    expect(row).to_contain_text("410 Gone")
    send_leads(product, 3)

    answer(page, inbox, 200)
    page.goto("/webhooks/")
    switch.click()
    expect(row).to_contain_text("It missed 3 events while it was off.")
    row.get_by_role("link", name="Send what never arrived").click()
    heading = "Replay 1 delivery and send 3 missed events?"
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    progress = page.locator("#progress")
    expect(progress).to_contain_text("1 of 1 sent again")
    expect(progress).to_contain_text("3 missed events sent for the first time")

    page.goto("/webhooks/")
    row.get_by_role("link", name="Logs").click()
    lines = page.get_by_role("dialog").locator(".logged")
    # The ping, the refused one, its replay, and the three.
    expect(lines).to_have_count(6)
    expect(lines.locator(".go > .badge.delivered")).to_have_count(5)
    expect(lines.filter(has_text="recovery")).to_have_count(3)
    expect(lines.filter(has_text="Replayed")).to_have_count(1)
