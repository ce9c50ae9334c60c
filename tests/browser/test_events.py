"""Events: one sent by hand arrives, and each subscription shows why it fired or not."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_an_event_sent_by_hand_arrives_and_is_explained(page: Page) -> None:
    page.goto("/events/new")
    page.get_by_label("Event", exact=True).select_option("booking.confirmed")
    expect(page.get_by_label("Data")).to_have_value(re.compile(r"^\{"))
    page.get_by_role("button", name="Send event").click()
    expect(page.get_by_text("Event accepted")).to_be_visible()
    expect(page.locator(".logged", has_text="Demo receiver")).to_be_visible()
    why = page.locator("section", has=page.get_by_role("heading", name="Why"))
    expect(why).to_contain_text("✓ sent")
    expect(why).to_contain_text("not subscribed to booking.confirmed")


def test_broken_data_is_refused_beside_the_field(open_page: Callable[..., Page]) -> None:
    page = open_page(errors="422")
    page.goto("/events/new")
    page.get_by_label("Data").fill("{broken")
    page.get_by_role("button", name="Send event").click()
    expect(page.get_by_label("Data")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Data")).to_have_value("{broken")
