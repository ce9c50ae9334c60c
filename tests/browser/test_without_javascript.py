"""Every task that can work with plain forms and links does."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page(java_script_enabled=False)


def test_a_webhook_is_made_tested_and_switched(page: Page, product: Product) -> None:
    page.goto("/webhooks/new")
    page.get_by_label("Name").fill("Without JavaScript")
    page.get_by_label("URL").fill(product.inbox)
    page.get_by_label("lead.captured").check()
    page.get_by_role("button", name="Add condition").click()
    expect(page.get_by_label("Field", exact=True)).to_have_count(2)
    expect(page.get_by_label("Name")).to_have_value("Without JavaScript")
    page.get_by_label("Field", exact=True).first.fill("lead.email")
    page.get_by_role("button", name="Check recent events").click()
    expect(page.locator("#preview-result")).to_contain_text("100 of the last 100")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("switch").click()
    expect(page.get_by_text("Switched off").first).to_be_visible()
    page.get_by_role("switch").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()


def test_asking_what_matches_while_editing_goes_on_editing(page: Page) -> None:
    page.goto("/webhooks/")
    page.get_by_role("link", name="Edit Warehouse").click()
    page.get_by_role("button", name="Check recent events").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit Warehouse")


def test_logs_deliveries_and_a_replay_have_pages_of_their_own(page: Page) -> None:
    page.goto("/webhooks/")
    page.get_by_role("row").filter(has_text="Old CRM").get_by_role("link", name="Logs").click()
    page.locator(".logged", has_text="503").first.get_by_role("link").click()
    expect(page.get_by_role("group", name="Response")).to_contain_text("Service Unavailable")
    page.goto("/deliveries/?status=delivered")
    page.locator("input[name=delivery_id]").first.check()
    page.get_by_role("button", name="Replay selected").click()
    expect(page.locator("#progress")).to_be_visible()
