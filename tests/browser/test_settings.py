"""Rarer tasks: new secrets, keys, copies, notifications, recovery, checking a signature."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import requests
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.browser.product import Product
from tests.browser.test_accessibility import findings
from tests.support.servers import PATIENCE, wait_until

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PROGRAM = "hookline on ada-laptop"
EVENT = {"type": "message.sent", "data": {"text": "hello"}}


def test_a_secret_is_rotated_with_the_overlap_in_sight(page: Page) -> None:
    page.goto("/webhooks/")
    page.get_by_role("link", name="Warehouse", exact=True).click()
    page.get_by_role("link", name="New secret").click()
    page.get_by_label("Old secret expires").select_option(label="in 3 days")
    page.get_by_role("button", name="Create new secret").click()
    expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    expect(page.get_by_label("Signing secret")).to_have_value(copied)
    for language in ("Python", "Node", "Go", "PHP", "Ruby"):
        expect(page.locator("summary", has_text=language)).to_be_visible()
    page.get_by_role("link", name="I have saved it").click()
    expect(page.get_by_text("The old secret also signs until in 2 days")).to_be_visible()


def test_a_key_opens_the_api_until_it_is_revoked(page: Page, product: Product) -> None:
    page.goto("/api-keys/")
    page.get_by_text("New live key").click()
    page.get_by_label("Name").fill("From a browser")
    scope = page.get_by_label("events:write", exact=True)
    expect(scope).to_be_hidden()
    page.get_by_label("Only these scopes").check()
    scope.check()
    page.get_by_label("Expires").select_option(label="in 90 days")
    page.get_by_role("button", name="Create live key").click()
    token = page.get_by_label("API key").input_value()
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    page.get_by_role("link", name="I have saved it").click()

    def report() -> int:
        return page.request.post("/api/v1/events", data=json.dumps(EVENT), headers=bearer).status

    row = page.get_by_role("row").filter(has_text="From a browser")
    expect(row).to_contain_text("never")
    expect(row).to_contain_text("events:write")
    assert report() == 202
    wait_until(lambda: bool(page.reload()) and row.get_by_text("from 127.0.0.1").is_visible(), 15)
    row.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("From a browser was revoked")).to_be_visible()
    assert report() == 401


def test_a_copy_of_an_action_is_off_until_it_is_switched_on(page: Page) -> None:
    page.goto("/actions/")
    page.get_by_role("button", name="Duplicate New lead to the CRM").click()
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_label("Name").fill("New lead to the newsletter")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Switched off")).to_be_visible()
    page.goto("/actions/")
    switch = page.get_by_role("switch", name="New lead to the newsletter is on")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")


def test_the_bell_counts_down_as_notifications_are_read(page: Page) -> None:
    page.goto("/notifications/")
    unread = page.get_by_role("button", name="Mark as read")
    waiting = unread.count()
    assert waiting
    unread.first.click()
    expect(unread).to_have_count(waiting - 1)
    bell = page.get_by_role("link", name=re.compile("^Notifications"))
    left = f"Notifications, {waiting - 1} unread" if waiting > 1 else "Notifications"
    expect(bell).to_have_accessible_name(left)


def test_the_bell_opens_over_the_page_and_names_it(page: Page) -> None:
    page.goto("/webhooks/")
    behind = page.title()
    page.get_by_role("link", name=re.compile("^Notifications")).click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name="Notifications")).to_be_visible()
    expect(page).to_have_title(re.compile("^Notifications · "))
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(page).to_have_title(behind)


def test_what_failed_since_a_moment_is_recovered(page: Page) -> None:
    page.goto("/deliveries/")
    page.get_by_role("link", name="Recover missed deliveries").click()
    page.get_by_label("When").select_option("")
    page.get_by_label("Since").fill("2020-01-01T00:00")
    page.get_by_label("Until").fill("2020-01-02T00:00")
    page.get_by_role("button", name="Update count").click()
    expect(page.get_by_role("heading", name="Replay 0 deliveries?")).to_be_visible()
    expect(page.get_by_role("button", name="Replay", exact=True)).to_have_count(0)
    page.get_by_label("Until").fill("")
    page.get_by_role("button", name="Update count").click()
    expect(page.get_by_role("heading", name=re.compile("Replay [1-9]"))).to_be_visible()
    expect(page).to_have_url(re.compile("missing=1"))


def test_a_signature_is_checked_by_hand(open_page: Callable[..., Page]) -> None:
    page = open_page(errors="422")
    body, now = json.dumps(EVENT), datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    page.goto("/tools/signature")
    page.get_by_label("Signing secret").fill(SECRET)
    page.get_by_label("Headers").fill("\n".join(f"{k}: {v}" for k, v in headers.items()))
    page.get_by_label("Body").fill(body)
    page.get_by_role("button", name="Check").click()
    result = page.get_by_role("region", name="Result")
    expect(result.locator(".badge")).to_have_text(re.compile("^✓ *verified"))
    page.get_by_label("Body").fill(body + " ")
    page.get_by_role("button", name="Check").click()
    expect(result.locator(".badge")).to_have_text(re.compile("not verified"))
    expect(page.get_by_label("Signing secret")).to_have_value(SECRET)


def test_the_audit_log_goes_by_the_clock_of_the_browser_and_is_exported(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(timezone_id="America/New_York")
    page.goto("/audit-log/")
    page.get_by_text("More", exact=True).click()
    expect(page.locator("#zone-name")).to_have_text("America/New_York")
    an_hour_ago = datetime.now(ZoneInfo("America/New_York")) - timedelta(hours=1)
    page.get_by_label("From").fill(f"{an_hour_ago:%Y-%m-%dT%H:%M}")
    page.get_by_label("Target").fill("Demo receiver")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="Webhook created")).to_have_count(1)
    page.get_by_label("Until").fill(f"{an_hour_ago:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_text("No entries match these filters.")).to_be_visible()
    page.get_by_label("Until").fill("")
    page.get_by_role("button", name="Filter", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    lines = download.value.path().read_text().splitlines()
    assert [line for line in lines if "webhook.created" in line]
    assert not [line for line in lines if "member.joined" in line]


def test_a_program_is_approved_and_gets_its_key(page: Page, product: Product) -> None:
    api = f"{product.url}/api/v1/device"
    begun = requests.post(f"{api}/authorization", json={"client": PROGRAM}, timeout=PATIENCE).json()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/device/")
    assert findings(page) == []
    page.get_by_label("Code").fill(begun["user_code"].replace("-", " ").lower())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text(begun["user_code"], exact=True)).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value(PROGRAM)
    assert findings(page) == []
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    page.get_by_label("Organisation and mode").select_option(label="Demo, test")
    page.get_by_label("Read only").check()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Approved")).to_be_visible()
    assert findings(page) == []
    body = {"device_code": begun["device_code"]}
    got = requests.post(f"{api}/token", json=body, timeout=PATIENCE).json()
    assert "webhooks:read" in got["scope"].split()
    assert "webhooks:write" not in got["scope"].split()
